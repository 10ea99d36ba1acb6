// SPDX-License-Identifier: Apache-2.0
#include "tools/mxsim/script.h"

#include <algorithm>
#include <charconv>
#include <istream>

#include "mail/ascii.h"

namespace tenax::mxsim {
namespace {

constexpr std::size_t kMaxMemory =
    100'000;  // keys per rule; a receiver that runs for weeks stays small

std::string trimmed(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  const auto end = text.find_last_not_of(" \t\r\n");
  return std::string{text.substr(start, end - start + 1)};
}

std::optional<Step> step_named(std::string_view word) {
  constexpr std::pair<std::string_view, Step> kSteps[] = {
      {"connect", Step::connect}, {"ehlo", Step::ehlo}, {"mail", Step::mail}, {"rcpt", Step::rcpt},
      {"data", Step::data},       {"dot", Step::dot},   {"rset", Step::rset}, {"quit", Step::quit}};
  for (const auto& [name, step] : kSteps) {
    if (name == word) return step;
  }
  return std::nullopt;
}

template <class Number>
std::optional<Number> number(std::string_view word) {
  Number value{};
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (problem != std::errc{} || end != word.data() + word.size() || value < Number{0})
    return std::nullopt;
  return value;
}

bool is_reply(std::string_view text) {
  return text.size() >= 3 && text[0] >= '2' && text[0] <= '5' && mail::is_digit(text[1]) &&
         mail::is_digit(text[2]) && (text.size() == 3 || text[3] == ' ');
}

mail::ParseError expected(std::string_view what, std::string_view got) {
  return {"expected " + std::string{what} + ", got \"" + std::string{got} + "\""};
}

mail::Parsed<Action> parse_rate(std::string_view rest) {
  Action action{.type = Action::Type::rate,
                .reply = "452 4.7.1 try later, too many messages",
                .length = {},
                .count = 0};
  const std::string_view word = mail::next_word(rest);
  const auto slash = word.find('/');
  if (slash == std::string_view::npos) return expected("a rate like 20/1h", word);
  const auto count = number<int>(word.substr(0, slash));
  std::string period{word.substr(slash + 1)};
  if (!period.empty() && !mail::is_digit(period.front())) period.insert(0, "1");
  const auto length = mail::parse_duration(period);
  if (!count || !length || length->count() == 0) return expected("a rate like 20/1h", word);
  action.count = *count;
  action.length = *length;
  if (const std::string reply = trimmed(rest); !reply.empty()) {
    if (!is_reply(reply)) return expected("a reply like 452 4.7.1 text", reply);
    action.reply = reply;
  }
  return action;
}

/// An action without words of its own is the end of its rule.
mail::Parsed<Action> parse_bare(Action::Type type, std::string_view rest) {
  if (const std::string more = trimmed(rest); !more.empty()) {
    return expected("the end of the line", more);
  }
  return Action{.type = type, .reply = {}, .length = {}, .count = 0};
}

mail::Parsed<Action> parse_action(std::string_view verb, std::string_view rest) {
  using Type = Action::Type;
  if (verb == "hangup") return parse_bare(Type::hangup, rest);
  if (verb == "silence") return parse_bare(Type::silence, rest);
  if (verb == "garbage") return parse_bare(Type::garbage, rest);
  if (verb == "rate") return parse_rate(rest);
  if (verb == "reply") {
    const std::string reply = trimmed(rest);
    if (!is_reply(reply)) return expected("a reply like 450 4.7.1 text", reply);
    return Action{.type = Type::reply, .reply = reply, .length = {}, .count = 0};
  }
  if (verb == "greylist" || verb == "delay") {
    const std::string_view word = mail::next_word(rest);
    const auto length = mail::parse_duration(word);
    if (!length) return expected("a length of time like 60s", word);
    Action action{.type = verb == "delay" ? Type::delay : Type::greylist,
                  .reply = {},
                  .length = *length,
                  .count = 0};
    const std::string more = trimmed(rest);
    if (action.type == Type::delay && !more.empty()) return expected("the end of the line", more);
    if (action.type == Type::greylist) {
      action.reply =
          trimmed(rest).empty() ? "450 4.7.1 greylisted, please try again later" : trimmed(rest);
      if (!is_reply(action.reply)) return expected("a reply like 450 4.7.1 text", action.reply);
    }
    return action;
  }
  return expected("reply, greylist, rate, delay, hangup, silence or garbage", verb);
}

}  // namespace

mail::Parsed<Rule> parse_rule(std::string_view line) {
  Rule rule;
  const std::string_view first = mail::next_word(line);
  const auto step = step_named(first);
  if (!step) return expected("connect, ehlo, mail, rcpt, data, dot, rset or quit", first);
  rule.step = *step;

  for (;;) {
    const std::string_view word = mail::next_word(line);
    if (word.empty()) return expected("an action", "the end of the line");
    if (word == "first" || word == "every") {
      const std::string_view value = mail::next_word(line);
      const auto count = number<int>(value);
      if (!count || *count == 0) return expected("a number", value);
      (word == "first" ? rule.first : rule.every) = *count;
    } else if (word == "chance") {
      const std::string_view value = mail::next_word(line);
      const auto chance = number<double>(value);
      if (!chance || *chance > 1.0) return expected("a number from 0 to 1", value);
      rule.chance = *chance;
    } else if (word.find_first_of("*@") != std::string_view::npos) {
      rule.pattern = word;
    } else {
      auto action = parse_action(word, line);
      if (!action) return action.error();
      rule.action = std::move(*action);
      return rule;
    }
  }
}

mail::Parsed<std::vector<Rule>> parse_rules(std::istream& lines) {
  std::vector<Rule> rules;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::string words = trimmed(line);
    if (words.empty() || words.front() == '#') continue;
    auto rule = parse_rule(words);
    if (!rule) return mail::ParseError{std::to_string(number) + ": " + rule.error().why};
    rules.push_back(std::move(*rule));
  }
  return rules;
}

bool matches(std::string_view pattern, std::string_view text) {
  const std::string p = mail::to_lower(pattern);
  const std::string t = mail::to_lower(text);
  std::size_t at = 0;
  std::size_t in = 0;
  std::size_t star = std::string::npos;
  std::size_t resume = 0;
  while (in < t.size()) {
    if (at < p.size() && p[at] == '*') {
      star = at++;
      resume = in;
    } else if (at < p.size() && p[at] == t[in]) {
      ++at;
      ++in;
    } else if (star != std::string::npos) {
      at = star + 1;
      in = ++resume;
    } else {
      return false;
    }
  }
  return p.find_first_not_of('*', at) == std::string::npos;
}

Script::Script(std::vector<Rule> rules, unsigned seed)
    : rules_{std::move(rules)}, memories_(rules_.size()), dice_{seed} {}

bool Script::applies(const Rule& rule, Memory& memory, const Occasion& occasion) {
  if (rule.step != occasion.step) return false;
  bool found = false;
  switch (rule.step) {
    case Step::rcpt:
    case Step::data:
    case Step::dot:
      found =
          std::any_of(occasion.recipients.begin(), occasion.recipients.end(),
                      [&](const std::string& address) { return matches(rule.pattern, address); });
      break;
    case Step::mail: found = matches(rule.pattern, occasion.sender); break;
    case Step::connect:
    case Step::ehlo:
    case Step::rset:
    case Step::quit: found = matches(rule.pattern, occasion.client); break;
  }
  if (!found) return false;
  const int seen = ++memory.seen;
  if (rule.first > 0 && seen > rule.first) return false;
  if (rule.every > 0 && seen % rule.every != 0) return false;
  return rule.chance >= 1.0 || std::uniform_real_distribution<>{0, 1}(dice_) < rule.chance;
}

void Script::greylist(const Rule& rule, Memory& memory, const Occasion& occasion,
                      mail::WallTime now, Conduct& conduct) {
  for (const std::string& recipient : occasion.recipients) {
    if (memory.first_seen.size() >= kMaxMemory) memory.first_seen.erase(memory.first_seen.begin());
    const std::string key =
        occasion.client + ' ' + occasion.sender + ' ' + mail::to_lower(recipient);
    const auto [entry, is_new] = memory.first_seen.emplace(key, now);
    if (now < entry->second + rule.action.length) conduct.reply = rule.action.reply;
  }
}

void Script::rate(const Rule& rule, Memory& memory, mail::WallTime now, Conduct& conduct) {
  std::erase_if(memory.accepted,
                [&](mail::WallTime when) { return when + rule.action.length <= now; });
  if (memory.accepted.size() >= static_cast<std::size_t>(rule.action.count)) {
    conduct.reply = rule.action.reply;
  } else {
    memory.accepted.push_back(now);
  }
}

Conduct Script::decide(const Occasion& occasion, mail::WallTime now) {
  Conduct conduct;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    if (!applies(rule, memories_[i], occasion)) continue;
    switch (rule.action.type) {
      case Action::Type::delay: conduct.delay += rule.action.length; break;
      case Action::Type::hangup: conduct.hangup = true; break;
      case Action::Type::silence: conduct.silence = true; break;
      case Action::Type::garbage: conduct.garbage = true; break;
      case Action::Type::reply: conduct.reply = rule.action.reply; break;
      case Action::Type::greylist: greylist(rule, memories_[i], occasion, now, conduct); break;
      case Action::Type::rate: rate(rule, memories_[i], now, conduct); break;
    }
    // A delay goes with whatever comes next; everything else is the answer.
    if (conduct.hangup || conduct.silence || conduct.garbage || conduct.reply) break;
  }
  return conduct;
}

}  // namespace tenax::mxsim
