// SPDX-License-Identifier: Apache-2.0
#include "bounce/person_text.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "mail/header.h"

#include "bounce/cause.h"
#include "bounce/explanation.h"
#include "bounce/lines.h"
#include "bounce/status_fields.h"

namespace tenax::bounce {

namespace {

using Kind = Line::Kind;

constexpr std::size_t kMostNamed = 100;  // recipients in words; the fields name all of them
constexpr std::size_t kMostComing = 5;
constexpr std::size_t kMostTried = 10;    // attempts in words, for each group of recipients
constexpr std::size_t kMostWords = 1000;  // octets of a server's answer
constexpr std::size_t kFewWords = 200;    // and where it is one of many

/// What we were about when the server answered.
std::string_view doing(mail::Stage stage) {
  using mail::Stage;
  switch (stage) {
    case Stage::resolve:
    case Stage::connect:
    case Stage::greeting: return "doing.connect";
    case Stage::ehlo: return "doing.ehlo";
    case Stage::starttls: return "doing.starttls";
    case Stage::auth: return "doing.auth";
    case Stage::mail: return "doing.mail";
    case Stage::rcpt: return "doing.rcpt";
    case Stage::data: return "doing.data";
    case Stage::body:
    case Stage::dot: return "doing.dot";
    case Stage::quit: return "doing.quit";
    case Stage::local: return "doing.local";
  }
  std::abort();
}

/// Sentences that share a paragraph.
class Sentences {
 public:
  void add(std::string sentence) {
    // Scripts without blanks have none between sentences either.
    if (!text_.empty() && !text_.ends_with("\u3002")) text_ += ' ';
    text_ += sentence;
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

/// Writes the words of one order.
class Writer {
 public:
  explicit Writer(const Order& order) : order_{order}, say_{phrases_of(order)} {}

  Page write(std::string_view encloses) && {
    add(Kind::paragraph, say_.fill("system", {{"name", order_.our_name}}));
    gap();
    opening();
    for_each_recipient();
    coming();
    closing(encloses);
    return std::move(page_);
  }

 private:
  void add(Kind kind, std::string text) { page_.push_back({kind, std::move(text)}); }
  void note(std::string text) { add(Kind::note, std::move(text)); }
  void gap() { page_.push_back({Kind::gap}); }

  void what_happened(const mail::Verdict& verdict) {
    const std::string host = host_of(verdict.host);
    const std::string words = words_of(verdict, kMostWords);
    if (verdict.reply && !verdict.reply->positive()) {
      const std::string_view then = say_.of(doing(verdict.stage));
      note(host.empty() ? say_.fill("said.nameless", {{"doing", then}})
                        : say_.fill("said", {{"host", host}, {"doing", then}}));
      add(Kind::quote, words);
    } else if (!words.empty()) {
      note(host.empty() ? words : say_.fill("at.host", {{"host", host}, {"words", words}}));
    }
    if (verdict.in_doubt) note(std::string{say_.of("in-doubt")});
  }

  void what_it_means(const mail::Verdict& verdict, bool temporary) {
    for (std::string& line : advice_on(verdict, temporary, say_)) note(std::move(line));
  }

  void what_was_tried(const Subject& subject, Sentences& into) {
    if (subject.attempts == 0) return into.add(std::string{say_.of("tried.none")});
    into.add(subject.attempts == 1
                 ? std::string{say_.of("tried.once")}
                 : say_.fill("tried.times", {{"n", std::to_string(subject.attempts)}}));
    if (!subject.last_attempt) return;
    into.add(say_.fill("tried.last", {{"date", say_.date(*subject.last_attempt)}}));
  }

  /// `quoted`: the last answer stands above already.
  void history(const Subject& subject, bool quoted) {
    if (subject.tried.size() < (quoted ? 2U : 1U)) return;
    const std::size_t count = std::min(subject.tried.size(), kMostTried);
    const auto all =
        std::max(static_cast<std::size_t>(std::max(subject.attempts, 0)), subject.tried.size());
    note(count == all ? std::string{say_.of("history")}
                      : say_.fill("history.last",
                                  {{"n", std::to_string(count)}, {"all", std::to_string(all)}}));
    for (std::size_t i = subject.tried.size() - count; i < subject.tried.size(); ++i) {
      const Tried& one = subject.tried[i];
      const std::string host = host_of(one.host);
      const std::string words = mail::printable(one.words, kFewWords);
      const std::string date = say_.date(one.when);
      add(Kind::quote,
          host.empty()
              ? say_.fill("attempt", {{"date", date}, {"words", words}})
              : say_.fill("attempt.host", {{"date", date}, {"host", host}, {"words", words}}));
    }
  }

  void what_comes(const Subject& subject) {
    Sentences tried;
    what_was_tried(subject, tried);
    if (subject.next_attempt) {
      const std::string date = say_.date(*subject.next_attempt);
      const mail::Duration ahead = *subject.next_attempt - order_.now;
      tried.add(ahead < std::chrono::minutes{1}
                    ? say_.fill("next", {{"date", date}})
                    : say_.fill("next.in", {{"date", date}, {"length", say_.length(ahead)}}));
    }
    note(std::move(tried).take());
    history(subject, subject.verdict.has_value());
    if (!subject.retry_until) return;
    note(say_.fill("give-up", {{"date", say_.date(*subject.retry_until)}}));
  }

  /// Nobody who reads this can do anything about it, and no date can be told.
  void held_back(const Subject& subject) {
    if (subject.verdict) {
      what_happened(*subject.verdict);
      note(meaning_of(*subject.verdict, order_.paused, say_));
    }
    note(std::string{say_.of(order_.paused ? "paused.why" : "held.why")});
    what_comes(subject);
  }

  void failure(const Subject& subject) {
    std::string end = ending_of(subject, say_);
    if (!end.empty()) {
      Sentences sentences;
      sentences.add(std::move(end));
      what_was_tried(subject, sentences);
      note(std::move(sentences).take());
    }
    const bool quoted = subject.verdict && subject.ended != Ended::by_operator;
    if (quoted) {
      what_happened(*subject.verdict);
      what_it_means(*subject.verdict, false);
    }
    history(subject, quoted);
  }

  void about(const Subject& subject) {
    switch (order_.kind) {
      case NoticeKind::delayed:
        if (order_.held) return held_back(subject);
        if (subject.verdict) {
          what_happened(*subject.verdict);
          what_it_means(*subject.verdict, true);
        }
        return what_comes(subject);
      case NoticeKind::failed: return failure(subject);
      case NoticeKind::delivered:
      case NoticeKind::cleared: break;
    }
    if (action_of(order_.kind, subject) == "delivered") {
      return note(std::string{say_.of("done.delivered")});
    }
    const std::string host = subject.verdict ? host_of(subject.verdict->host) : "";
    const bool asked = order_.kind == NoticeKind::delivered;
    note(say_.fill(asked ? "done.relayed" : "done.cleared", {{"host", host}}));
  }

  /// Recipients of whom the same is to be said, together, in the order of the first of each group.
  void for_each_recipient() {
    std::vector<std::pair<Page, Page>> groups;  // names, what is said
    const std::size_t named = std::min(order_.subjects.size(), kMostNamed);
    Page before = std::exchange(page_, {});
    for (std::size_t i = 0; i < named; ++i) {
      const Subject& subject = order_.subjects[i];
      about(subject);
      Page said = std::exchange(page_, {});
      auto group = std::ranges::find(groups, said, &std::pair<Page, Page>::second);
      if (group == groups.end()) {
        groups.emplace_back(Page{}, std::move(said));
        group = groups.end() - 1;
      }
      group->first.push_back({Kind::recipient, "<" + subject.address.text() + ">"});
    }
    page_ = std::move(before);
    for (auto& [names, said] : groups) {
      gap();
      page_.insert(page_.end(), names.begin(), names.end());
      page_.insert(page_.end(), said.begin(), said.end());
    }
    if (named == order_.subjects.size()) return;
    gap();
    const std::size_t rest = order_.subjects.size() - named;
    add(Kind::paragraph, rest == 1 ? std::string{say_.of("more.one")}
                                   : say_.fill("more", {{"n", std::to_string(rest)}}));
  }

  void opening() {
    const std::string title = subject_of(order_);
    const std::string date = say_.date(order_.accepted);
    const std::string message =
        title.empty() ? say_.fill("message.untitled", {{"date", date}})
                      : say_.fill("message.titled", {{"title", title}, {"date", date}});
    const auto open = [&](std::string_view key) {
      const std::string waited = say_.length(order_.now - order_.accepted);
      add(Kind::paragraph, say_.fill(key, {{"message", message}, {"length", waited}}));
    };
    switch (order_.kind) {
      case NoticeKind::delayed: return open(order_.held ? "opening.held" : "opening.delayed");
      case NoticeKind::failed:
        if (order_.double_bounce) {
          return add(Kind::paragraph,
                     say_.fill("opening.orphan", {{"title", title}, {"date", date}}));
        }
        return open(order_.subjects.size() == 1 ? "opening.failed.one" : "opening.failed.many");
      case NoticeKind::delivered:
        return open(all_delivered(order_) ? "opening.delivered" : "opening.relayed");
      case NoticeKind::cleared: return open("opening.cleared");
    }
    std::abort();
  }

  void coming() {
    if (order_.kind != NoticeKind::delayed || order_.coming_attempts.empty()) return;
    gap();
    add(Kind::paragraph, std::string{say_.of("coming")});
    const std::size_t count = std::min(order_.coming_attempts.size(), kMostComing);
    for (std::size_t i = 0; i < count; ++i) {
      add(Kind::entry, say_.date(order_.coming_attempts[i]));
    }
  }

  void closing(std::string_view encloses) {
    gap();
    const std::string what = encloses.empty() ? "nothing" : std::string{encloses};
    add(Kind::paragraph, std::string{say_.of("encloses." + what)});
    if (order_.postmaster.empty()) return;
    add(Kind::paragraph,
        say_.fill("questions", {{"postmaster", order_.postmaster}, {"id", order_.message.text()}}));
  }

  const Order& order_;
  const Phrases& say_;
  Page page_;
};

}  // namespace

std::string host_of(const mail::RemoteHost& host) {
  if (is_ip(host.name)) return "[" + host.name + "]";  // as the config names it
  if (host.name.empty()) return host.address.empty() ? "" : "[" + host.address + "]";
  return host.address.empty() ? host.name : host.name + " [" + host.address + "]";
}

std::string words_of(const mail::Verdict& verdict, std::size_t most) {
  if (!verdict.reply) return mail::printable(verdict.text, most);
  std::string words = std::to_string(verdict.reply->code);
  for (const std::string& line : verdict.reply->lines) words += ' ' + line;
  return mail::printable(words, most);
}

std::string ending_of(const Subject& subject, const Phrases& say) {
  switch (subject.ended) {
    case Ended::by_answer: return "";
    case Ended::by_operator: return std::string{say.of("ended.operator")};
    case Ended::by_rule: return std::string{say.of("ended.rule")};
    case Ended::in_time: return say.fill("ended.lifetime", {{"length", say.length(subject.given)}});
    case Ended::untried: return say.fill("ended.untried", {{"length", say.length(subject.given)}});
  }
  std::abort();
}

const Phrases& phrases_of(const Order& order) {
  static const PhrasesPtr english = built_in("en");
  return order.phrases ? *order.phrases : *english;
}

std::string subject_of(const Order& order) {
  const mail::Header header = mail::Header::parse(order.header);
  const mail::HeaderField* subject = header.find("Subject");
  return subject == nullptr ? "" : mail::decoded_for_people(subject->value, 200);
}

Page person_page(const Order& order, std::string_view encloses) {
  return Writer{order}.write(encloses);
}

}  // namespace tenax::bounce
