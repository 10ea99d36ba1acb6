// SPDX-License-Identifier: Apache-2.0
#include "bounce/rule_reader.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "mail/ascii.h"
#include "mail/printable.h"

#include "bounce/rule_draft.h"
#include "bounce/rule_matcher.h"
#include "bounce/words.h"

namespace tenax::bounce::rules {

namespace {

using mail::is_digit;
using mail::trimmed;

using draft::Condition;
using draft::Phrase;
using draft::Rule;

constexpr int kShortGap = 3;  // ".."
constexpr int kLongGap = 9;   // "..."
constexpr std::size_t kMostElements = 12;
constexpr std::size_t kLongestBeginning = 63;  // as many bits as Table::lengths has

/// Why a line is none. Caught where its number is known.
struct Complaint {
  std::string why;
};

[[noreturn]] void complain(std::string_view what, std::string_view of = {}) {
  throw Complaint{std::string{what} + (of.empty() ? "" : " " + mail::printable(of, 80))};
}

/// Parts of `text` between `mark`, trimmed.
std::vector<std::string_view> parts(std::string_view text, char mark) {
  std::vector<std::string_view> found;
  while (true) {
    const std::size_t end = text.find(mark);
    found.push_back(trimmed(text.substr(0, end)));
    if (end == text.npos) return found;
    text.remove_prefix(end + 1);
  }
}

std::optional<Span> span_of(std::string_view text) {
  if (text == "x") return Span{};
  const std::size_t dash = text.find('-');
  const auto least = mail::parse_number(text.substr(0, dash), 999);
  const auto most = dash == text.npos ? least : mail::parse_number(text.substr(dash + 1), 999);
  if (!least || !most || *most < *least) return std::nullopt;
  return Span{*least, *most};
}

/// "552", "5xx", "4.7.1", "x.2.x"; nullopt when it is a word.
std::optional<CodePattern> code_in(std::string_view text) {
  if (text.empty() || (text[0] != 'x' && !is_digit(text[0]))) return std::nullopt;  // most are not
  CodePattern code;
  std::vector<std::string_view> digits = parts(text, '.');
  code.enhanced = digits.size() == 3;
  if (digits.size() == 1 && text.size() == 3 && (text[0] == '4' || text[0] == '5')) {
    digits = {text.substr(0, 1), text.substr(1, 1), text.substr(2, 1)};
  }
  if (digits.size() != 3) return std::nullopt;
  Span* const into[] = {&code.klass, &code.subject, &code.detail};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto digit = span_of(digits[i]);
    if (!digit) return std::nullopt;
    *into[i] = *digit;
  }
  return code;
}

class Reader {
 public:
  mail::Parsed<std::shared_ptr<const Table>> read(std::span<const RuleText> texts) {
    constexpr std::size_t kUsual = 4096;  // words, phrases
    table_.words.reserve(kUsual);
    phrases_.reserve(kUsual);
    for (const bool sets : {true, false}) {
      for (const RuleText& text : texts) {
        if (text.text.size() > kLongestRuleText) {
          return mail::ParseError{std::string{text.name} + ": longer than rules can be"};
        }
        if (auto error = lines_of(text, sets)) return *error;
      }
    }
    return pack(table_);
  }

 private:
  std::optional<mail::ParseError> lines_of(const RuleText& text, bool sets) {
    std::string_view rest = text.text;
    section_.clear();
    for (int number = 1; !rest.empty(); ++number) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.starts_with('#')) continue;
      // Behind a rule a comment has blanks around its mark.
      line = trimmed(line.substr(0, line.find(" # ")));
      if (line.empty()) continue;
      try {
        if (line[0] == '[') {
          section_ = line;
        } else if (line[0] == '@') {
          if (sets) set(line);
        } else if (!sets) {
          rule(line);
        }
      } catch (const Complaint& complaint) {
        return mail::ParseError{std::string{text.name} + ":" + std::to_string(number) + ": " +
                                complaint.why};
      }
    }
    return std::nullopt;
  }

  // --- words and sets ---------------------------------------------------------------------------

  Symbol new_symbol() {
    table_.leads.emplace_back();
    return static_cast<Symbol>(table_.leads.size() - 1);
  }

  Symbol symbol_in(ByText<Symbol>& texts, std::string_view text) {
    if (const auto known = texts.find(text); known != texts.end()) return known->second;
    const Symbol symbol = new_symbol();
    texts.emplace(std::string{text}, symbol);
    return symbol;
  }

  Symbol word(std::string_view text) {
    const std::size_t star = text.find('*');
    if (star == text.npos) return symbol_in(table_.words, text);
    if (star == 0 || star + 1 != text.size() || star > kLongestBeginning) {
      complain("a star stands behind the beginning of a word, not here:", text);
    }
    text.remove_suffix(1);
    table_.lengths[static_cast<unsigned char>(text[0])] |= std::uint64_t{1} << text.size();
    return symbol_in(table_.beginnings, text);
  }

  static bool is_placeholder(std::string_view text) {
    return text == kAnAddress || text == kAnIp || text == kAHost || text == kALink ||
           text == kANumber;
  }

  std::vector<Symbol> symbols_of(std::string_view text) {
    std::vector<Symbol> symbols;
    for (const std::string_view part : parts(text, ' ')) {
      if (part.empty()) continue;
      if (is_placeholder(part)) {
        symbols.push_back(word(part));
        continue;
      }
      if (std::ranges::all_of(part, [](char c) { return (c >= 'a' && c <= 'z') || c == '*'; })) {
        if (!is_empty_word(part)) symbols.push_back(word(part));  // most are as they will be
        continue;
      }
      for (const std::string& one : words_of_phrase(part)) symbols.push_back(word(one));
    }
    return symbols;
  }

  Symbol set_called(std::string_view name) {
    const auto known = sets_.find(name);
    if (known == sets_.end()) complain("no set is called", name);
    return known->second;
  }

  [[nodiscard]] bool is_in(Symbol member, Symbol set) const {
    if (member == set) return true;
    return std::ranges::any_of(table_.leads[member].sets,
                               [&](Symbol outer) { return is_in(outer, set); });
  }

  void join(Symbol set, std::vector<Symbol> member) {
    if (member.size() > 1) {
      table_.leads[member[0]].alternatives.push_back(
          static_cast<std::uint32_t>(table_.alternatives.size()));
      table_.alternatives.push_back({std::move(member), set});
    } else if (std::vector<Symbol>& sets = table_.leads[member[0]].sets;
               std::ranges::find(sets, set) == sets.end()) {
      sets.push_back(set);
    }
  }

  void add_members(Symbol set, std::string_view text, char mark) {
    for (const std::string_view member : parts(text, mark)) {
      if (member.starts_with('@')) {
        const Symbol other = set_called(member);
        if (is_in(set, other)) complain("a set cannot be in itself:", member);
        join(set, {other});
        continue;
      }
      std::string words{member};
      std::ranges::replace(words, '_', ' ');
      std::vector<Symbol> symbols = symbols_of(words);
      if (symbols.empty()) complain("says nothing:", member.empty() ? "," : member);
      join(set, std::move(symbols));
    }
  }

  /// "@user = user, mailbox, @account"; a later line with "+=" adds to it.
  void set(std::string_view line) {
    const std::size_t sign = line.find('=');
    if (sign == line.npos) complain("a set is written @name = words, words");
    const bool more = sign > 0 && line[sign - 1] == '+';
    const std::string_view name = trimmed(line.substr(0, more ? sign - 1 : sign));
    if (name.find(' ') != name.npos || name.size() < 2) complain("not a name of a set:", name);
    if (!more && sets_.contains(name)) complain("there is already a set called", name);
    const Symbol symbol = more ? set_called(name) : new_symbol();
    if (!more) sets_.emplace(name, symbol);
    add_members(symbol, line.substr(sign + 1), ',');
  }

  // --- phrases ----------------------------------------------------------------------------------

  /// "user|mail_box": a set without a name.
  Symbol any_of(std::string_view text) {
    if (const auto known = sets_.find(text); known != sets_.end()) return known->second;
    const Symbol symbol = new_symbol();
    sets_.emplace(text, symbol);
    add_members(symbol, text, '|');
    return symbol;
  }

  void elements_of(std::string_view text, Phrase& phrase) {
    int gap = 0;
    int gaps = 0;
    for (const std::string_view part : parts(text, ' ')) {
      if (part.empty()) continue;
      if (part == ".." || part == "...") {
        if (phrase.elements.size == 0 || gap != 0) complain("a gap stands between words");
        gap = part == ".." ? kShortGap : kLongGap;
        if (++gaps > kMostGaps) complain("too many gaps");
        continue;
      }
      std::vector<Symbol> symbols;
      if (part.find('|') != part.npos) {
        symbols = {any_of(part)};
      } else if (part.starts_with('@')) {
        symbols = {set_called(part)};
      } else {
        symbols = symbols_of(part);
      }
      for (const Symbol symbol : symbols) {
        table_.elements.push_back({symbol, std::exchange(gap, 0)});
        ++phrase.elements.size;
      }
    }
    if (gap != 0) complain("a gap stands between words");
    if (phrase.elements.size == 0) complain("says nothing:", text);
    if (phrase.elements.size > kMostElements) complain("too many words:", text);
  }

  std::uint32_t phrase(std::string_view text) {
    if (const auto known = phrases_.find(text); known != phrases_.end()) return known->second;
    Phrase phrase;
    phrase.elements.begin = static_cast<std::uint32_t>(table_.elements.size());
    std::string_view words = text;
    if (words.starts_with("link:")) {
      phrase.in_links = true;
      words.remove_prefix(5);
    }
    elements_of(words, phrase);
    const auto index = static_cast<std::uint32_t>(table_.phrases.size());
    table_.leads[table_.elements[phrase.elements.begin].symbol].phrases.push_back(index);
    table_.phrases.push_back(std::move(phrase));
    phrases_.emplace(text, index);
    return index;
  }

  // --- rules ------------------------------------------------------------------------------------

  Condition condition(std::string_view text) {
    Condition condition;
    if (text.starts_with('!')) {
      condition.not_so = true;
      text = trimmed(text.substr(1));
    }
    if (text.empty()) complain("a condition is missing");
    if (text.starts_with("at:")) {
      const auto stage = mail::parse_stage(text.substr(3));
      if (!stage) complain("there is no stage called", text.substr(3));
      condition.asks = Asks::stage;
      condition.stage = *stage;
      return condition;
    }
    for (const std::string_view one : parts(text, '|')) {
      if (const auto code = code_in(one)) condition.codes.push_back(*code);
    }
    if (!condition.codes.empty()) {
      if (condition.codes.size() != parts(text, '|').size()) complain("not only codes:", text);
      condition.asks = Asks::code;
      return condition;
    }
    for (std::size_t end = 0; end != text.npos;) {
      end = text.find(" | ");
      condition.phrases.push_back(phrase(trimmed(text.substr(0, end))));
      if (end != text.npos) text.remove_prefix(end + 3);
    }
    return condition;
  }

  static std::optional<bool> time_of(std::string_view word) {
    if (word == "temporary") return true;
    if (word == "permanent") return false;
    complain("either temporary or permanent, not", word);
  }

  Evidence evidence_of(const Rule& rule) const {
    if (section_.starts_with("[provider")) return Evidence::provider_code;
    Evidence strongest = Evidence::stage;
    for (const Condition& condition : rule.conditions) {
      if (condition.not_so) continue;
      const bool enhanced = !condition.codes.empty() && condition.codes[0].enhanced;
      const Evidence evidence = condition.asks == Asks::phrase  ? Evidence::wording
                                : condition.asks == Asks::stage ? Evidence::stage
                                : enhanced                      ? Evidence::enhanced_code
                                                                : Evidence::reply_code;
      strongest = std::max(strongest, evidence);
    }
    return strongest;
  }

  /// "always temporary: greylisted, rate-limited"
  bool always(std::string_view line) {
    if (!line.starts_with("always ")) return false;
    const std::size_t colon = line.find(':');
    if (colon == line.npos) complain("always temporary: causes");
    const auto temporary = time_of(trimmed(line.substr(7, colon - 7)));
    for (const std::string_view name : parts(line.substr(colon + 1), ',')) {
      table_.temporary[static_cast<std::size_t>(cause_called(name))] = temporary;
    }
    return true;
  }

  static Cause cause_called(std::string_view name) {
    const auto cause = parse_cause(name);
    if (!cause) complain("there is no cause called", name);
    return *cause;
  }

  /// "mailbox-full  552 & @mailbox .. full  = permanent"
  void rule(std::string_view line) {
    if (always(line)) return;
    if (table_.rules.size() >= kMostRules) complain("too many rules");
    const std::size_t end = std::min(line.find(' '), line.size());
    Rule rule;
    rule.cause = cause_called(line.substr(0, end));
    std::string_view when = trimmed(line.substr(end));
    rule.source = when;
    if (const std::size_t sign = when.rfind(" = "); sign != when.npos) {
      rule.temporary = time_of(trimmed(when.substr(sign + 3)));
      when = trimmed(when.substr(0, sign));
    }
    if (when.empty()) complain("when is it so?");
    for (const std::string_view one : parts(when, '&')) rule.conditions.push_back(condition(one));
    rule.evidence = evidence_of(rule);
    file(std::move(rule));
  }

  void file(Rule rule) {
    const auto index = static_cast<std::uint32_t>(table_.rules.size());
    const auto wakes = std::ranges::find_if(rule.conditions, [](const Condition& condition) {
      return condition.asks == Asks::phrase && !condition.not_so;
    });
    if (wakes == rule.conditions.end()) {
      table_.wordless.push_back(index);
    } else {
      for (const std::uint32_t one : wakes->phrases) table_.phrases[one].wakes.push_back(index);
    }
    table_.rules.push_back(std::move(rule));
  }

  draft::Table table_;
  std::unordered_map<std::string_view, Symbol> sets_;            // by "@name", or by "these|words"
  std::unordered_map<std::string_view, std::uint32_t> phrases_;  // as written
  std::string section_;
};

}  // namespace

mail::Parsed<std::shared_ptr<const Table>> read(std::span<const RuleText> texts) {
  return Reader{}.read(texts);
}

}  // namespace tenax::bounce::rules
