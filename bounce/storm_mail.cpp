// SPDX-License-Identifier: Apache-2.0
#include "bounce/storm_mail.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "mail/ascii.h"
#include "mail/printable.h"

#include "bounce/report.h"

namespace tenax::bounce {

namespace {

using Kind = Line::Kind;
using About = StormMail::About;

constexpr std::size_t kMostSaid = 3;
constexpr std::size_t kMostWords = 400;  // octets of an answer

/// Its words of which none has a digit behind the reply's own code and status.
std::string likeness(std::string_view text) {
  std::string like;
  for (std::size_t at = 0, n = 0; at < text.size(); ++n) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    like += n > 1 && std::ranges::any_of(word, mail::is_digit) ? std::string_view{"#"} : word;
    like += ' ';
    at = end + 1;
  }
  return like;
}

/// As a shell takes it for one word.
std::string quoted(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return mail::is_digit(c) || mail::is_letter(c) || c == '.' || c == '-' || c == '_' || c == ':';
  });
  if (plain) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return word + "'";
}

std::string_view title_key(About about) {
  switch (about) {
    case About::begun: return "title.storm";
    case About::goes_on: return "title.storm.again";
    case About::over: return "title.storm.over";
  }
  std::abort();
}

PhrasesPtr phrases_of(const StormMail& mail) {
  return mail.phrases ? mail.phrases : built_in("en");
}

std::string host_of(const StormMail& mail) { return mail::printable(mail.destination, 300); }

}  // namespace

std::vector<StormMail::Said> most_said(const std::vector<StormMail::Said>& said) {
  std::map<std::string, StormMail::Said> alike;
  for (const StormMail::Said& one : said) {
    const auto [place, fresh] = alike.try_emplace(likeness(one.text), one);
    if (!fresh) place->second.recipients += one.recipients;
  }
  std::vector<StormMail::Said> most;
  most.reserve(alike.size());
  for (auto& [like, one] : alike) most.push_back(std::move(one));
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& a, const auto& b) { return a.recipients > b.recipients; });
  if (most.size() > kMostSaid) most.resize(kMostSaid);
  return most;
}

Page storm_page(const StormMail& mail) {
  const PhrasesPtr phrases = phrases_of(mail);
  const Phrases& say = *phrases;
  const std::string host = host_of(mail);
  const std::string date = say.date(mail.began);
  Page page;
  const auto add = [&page](Kind kind, std::string text) {
    page.push_back({kind, std::move(text)});
  };
  add(Kind::paragraph, say.fill("system", {{"name", mail.our_name}}));
  add(Kind::gap, "");
  if (mail.about == About::over) {
    add(Kind::paragraph, say.fill("opening.storm.over", {{"host", host}, {"date", date}}));
    return page;
  }
  add(Kind::paragraph, say.fill("opening.storm", {{"host", host}, {"date", date}}));
  add(Kind::gap, "");
  add(Kind::paragraph, say.fill("storm.counts", {{"messages", std::to_string(mail.messages)},
                                                 {"senders", std::to_string(mail.senders)},
                                                 {"n", std::to_string(mail.recipients)}}));
  const std::vector<StormMail::Said> said = most_said(mail.said);
  if (!said.empty()) add(Kind::paragraph, say.fill("storm.replies", {{"host", host}}));
  for (const StormMail::Said& one : said) {
    add(Kind::quote, say.fill("storm.reply", {{"words", mail::printable(one.text, kMostWords)},
                                              {"n", std::to_string(one.recipients)}}));
  }
  add(Kind::gap, "");
  add(Kind::paragraph, std::string{say.of("storm.yours")});
  const std::string where = " --destination " + quoted(host);
  const std::pair<std::string_view, std::string> commands[] = {
      {"storm.look", "tenax list --state held" + where},
      {"storm.release", "tenax release" + where},
      {"storm.expire", "tenax expire" + where}};
  for (const auto& [key, command] : commands) {
    add(Kind::note, std::string{say.of(key)});
    add(Kind::quote, command);
  }
  add(Kind::gap, "");
  add(Kind::paragraph, std::string{say.of("storm.nothing")});
  return page;
}

Notice compose(const StormMail& mail) {
  const PhrasesPtr phrases = phrases_of(mail);
  const Frame frame{.notice = mail.notice,
                    .told = mail.told,
                    .from_domain = mail.from_domain,
                    .subject = phrases->fill(title_key(mail.about), {{"host", host_of(mail)}}),
                    .answers = {},
                    .now = mail.now,
                    .boundary_token = mail.boundary_token,
                    .language = std::string{phrases->tag()},
                    .html = mail.html};
  return letter(frame, storm_page(mail));
}

}  // namespace tenax::bounce
