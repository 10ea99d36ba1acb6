// SPDX-License-Identifier: Apache-2.0
#include "bounce/text_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "mail/ascii.h"
#include "mail/header.h"

#include "bounce/address_in_text.h"
#include "bounce/reply_in_text.h"
#include "bounce/returned_mail.h"
#include "bounce/returned_marks.h"
#include "bounce/text_lines.h"

namespace tenax::bounce {

namespace {

// How surely an address is one that failed, by where it stands.
constexpr int kAlone = 100;    // on a line of its own, or in front of a colon
constexpr int kLeads = 80;     // its line begins with it
constexpr int kLabelled = 60;  // "error delivering your mail to <bob@example.net>"
constexpr int kInReply = 50;   // in a server's words
constexpr int kQuotedTo = 40;  // "To: bob@example.net", of the mail that is told of
constexpr int kInPassing = 20;
constexpr int kStranger = 5;  // whom to ask, or who wrote

constexpr std::size_t kMostLines = 4000;
constexpr std::size_t kMostOfALine = 2000;
constexpr std::size_t kLinesOfOne = 40;     // a reply has hardly more
constexpr std::size_t kLongestSaid = 4000;  // what is looked at of one recipient's lines

std::vector<std::string_view> lines_of(std::string_view text, std::size_t most) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < most) {
    lines.push_back(next_line(text).substr(0, kMostOfALine));
  }
  return lines;
}

bool begins_with_name(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         mail::equal_in_any_case(line.substr(0, name.size()), name);
}

/// Fields that mail has because it travelled; a notice does not list them for people.
bool is_trace(std::string_view line) {
  constexpr std::array<std::string_view, 9> kNames = {
      "received",     "return-path",  "message-id", "dkim-signature", "mime-version",
      "content-type", "delivered-to", "x-mailer",   "received-spf",
  };
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view name) { return begins_with_name(line, name); });
}

/// Does the header section of a mail begin with this line?
bool begins_header(const std::vector<std::string_view>& lines, std::size_t at) {
  if (!mail::starts_field(lines[at])) return false;
  int fields = 0;
  int traces = 0;
  const std::size_t end = std::min(lines.size(), at + 40);
  for (std::size_t i = at; i < end && !mail::trimmed(lines[i]).empty(); ++i) {
    if (mail::is_blank(lines[i].front())) continue;
    if (!mail::starts_field(lines[i])) break;
    if (begins_with_name(lines[i], "reporting-mta") || begins_with_name(lines[i], "status") ||
        begins_with_name(lines[i], "final-recipient")) {
      return false;
    }
    ++fields;
    traces += is_trace(lines[i]) ? 1 : 0;
  }
  return (fields >= 3 && traces >= 2) || (fields >= 2 && begins_with_name(lines[at], "received"));
}

bool holds_reply(std::string_view line, std::size_t from = 0) {
  for (std::size_t at = from; at + 3 <= line.size(); ++at) {
    if (reply_begins(line, at)) return true;
  }
  return false;
}

bool announces_returned_mail(const std::vector<std::string_view>& lines, std::size_t at) {
  const std::string_view words = mail::trimmed(lines[at]);
  if (words.empty() || words.size() > 150) return false;
  const std::string lower = mail::to_lower(words);
  // "554 the mail server rejected message" is what a server said.
  if (!returned_mail_marks().stand_in(lower) || holds_reply(words)) return false;
  if (std::string_view{"-*=_|#"}.find(words.front()) != std::string_view::npos) return true;
  const bool introduces = lower.ends_with("follows.") || lower.ends_with("follow.") ||
                          lower.ends_with("follow") || lower.ends_with("follows") ||
                          lower.ends_with(":");
  for (std::size_t i = at + 1; i < std::min(lines.size(), at + 5); ++i) {
    const std::string_view line = mail::trimmed(lines[i]);
    if (!line.empty()) {
      return line.starts_with("---") || line.starts_with("From ") || begins_header(lines, i) ||
             (introduces && mail::starts_field(line));
    }
  }
  return introduces;
}

bool only_marks(std::string_view text) {
  return text.find_first_not_of(" \t<>\"'()[]{}*.,;:-|#") == std::string_view::npos;
}

/// "1)", "2.", "#3:" in front of what is listed.
bool is_number_of_list(std::string_view before) {
  if (before.starts_with('#')) before.remove_prefix(1);
  const std::string_view digits = before.substr(0, before.find_first_not_of("0123456789"));
  const std::string_view mark = before.substr(digits.size());
  return !digits.empty() && digits.size() <= 3 && (mark == ")" || mark == "." || mark == ":");
}

/// What stands on the line beside its addresses.
bool only_addresses(std::string_view line, const std::vector<AddressSpan>& addresses) {
  std::size_t at = 0;
  for (const AddressSpan& one : addresses) {
    const std::string_view gap = line.substr(at, one.first - at);
    const bool numbers = at == 0 && is_number_of_list(stripped(gap, " \t<"));
    if (!only_marks(gap) && !numbers) return false;
    at = one.end();
  }
  return only_marks(line.substr(at));
}

/// The line in lower case, with blanks for addresses: "contact@" and "user@" are no words.
std::string words_around(std::string_view line, const std::vector<AddressSpan>& addresses) {
  std::string lower = mail::to_lower(line);
  for (const AddressSpan& one : addresses) lower.replace(one.first, one.size, one.size, ' ');
  return lower;
}

int strength_of(std::string_view line, const std::string& lower, const AddressSpan& one,
                const std::vector<AddressSpan>& all) {
  constexpr std::string_view kAround = " \t<\"'([{*-|#>";
  const std::string_view before = stripped(line.substr(0, one.first), kAround);
  const std::string_view behind = line.substr(one.end());
  const bool starts = before.empty() || is_number_of_list(before);
  if (only_addresses(line, all)) return kAlone;
  const std::string_view tail = stripped(behind, " \t>\"')]}");
  if (starts && tail.starts_with(':')) return kAlone;
  if (starts && tail.starts_with('(')) return kLeads;  // "(expanded from ...)", "(user not found)"
  // Of a program that failed ("|/usr/bin/filter"), the only name.
  const std::string_view words = stripped(lower, " \t(");
  if (words.starts_with("expanded from") || words.starts_with("generated from")) return kInPassing;
  if (contact_words().stand_in(lower)) return kStranger;
  const std::string_view lead = std::string_view{lower}.substr(0, one.first);
  const std::size_t stop = lead.rfind(". ");
  const std::string_view sentence = stop == std::string_view::npos ? lead : lead.substr(stop);
  if (instead_words().stand_in(sentence)) return kStranger;
  if (starts) return kLeads;
  const std::string_view word = before.substr(before.find_last_of(" \t") + 1);  // npos + 1 is 0
  if (mail::equal_in_any_case(word, "from")) return kStranger;
  if (mail::equal_in_any_case(before, "to:") || mail::equal_in_any_case(before, "cc:")) {
    return kQuotedTo;
  }
  // "support@example.net" is to be asked, unless its sentence tells of a failure.
  const std::size_t begin = stop == std::string_view::npos ? 0 : stop;
  const std::string_view whole =
      std::string_view{lower}.substr(begin, lower.find(". ", one.end()) - begin);
  const bool desk = contact_words().stand_in(mail::to_lower(one.in(line)));
  if (desk && !failure_words().stand_in(whole)) return kStranger;
  if (recipient_labels().stand_in(lower)) return kLabelled;
  const bool code =
      mail::is_digit(before.front()) && before.size() >= 3 && mail::is_digit(before[2]);
  return code ? kInReply : kInPassing;
}

/// "For assistance forward this email to", and the address stands on the next line.
bool asks_to_write(std::string_view line) {
  const std::string lower = mail::to_lower(mail::trimmed(line));
  const std::string_view last = std::string_view{lower}.substr(lower.find_last_of(" \t") + 1);
  if (last != "to" && last != "at" && last != "contact" && last != "from") return false;
  return contact_words().stand_in(lower);
}

/// "Questions should go to the list's administrator\nat:", and the address stands below.
bool asks_above(const std::vector<std::string_view>& lines, std::size_t at) {
  std::string before;
  for (std::size_t i = at - std::min<std::size_t>(at, 4); i < at; ++i) {
    before.append(" ").append(mail::trimmed(lines[i]));
  }
  const std::string lower = mail::to_lower(before);
  const std::string_view words = stripped(lower, " :");
  return (words.ends_with(" at") || words.ends_with(" contact")) && contact_words().stand_in(words);
}

/// "Original address: ann@example.net", below the address that it led to.
bool tells_original(std::string_view line) {
  const std::string lower = mail::to_lower(stripped(line.substr(0, 80), " \t(").substr(0, 40));
  return lower.starts_with("original address") || lower.starts_with("original recipient") ||
         lower.starts_with("originally addressed to") || lower.starts_with("originally sent to");
}

/// "(expanded from <all@example.net>", "(ultimately generated from": what stands in front of it.
bool tells_source(std::string_view before) {
  const std::string_view words = stripped(before, " \t<(\"':");
  const std::string lower =
      mail::to_lower(words.substr(words.size() - std::min<std::size_t>(words.size(), 20)));
  return lower.ends_with("expanded from") || lower.ends_with("generated from");
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

/// "|/usr/bin/filter" and "/var/mail/bob": no address, but where mail for one went.
bool is_program_or_file(std::string_view line) {
  const std::string_view words = stripped(line, " \t<\"");
  return words.starts_with('|') || words.starts_with('/');
}

/// "<bob@example.net>: host mx.example.net said: 550", whose words go on below, indented further:
/// an address that begins a line there is one of the server's words.
class FoldedReply {
 public:
  void read(std::string_view line, const std::vector<AddressSpan>& addresses) {
    if (goes_on_to(line)) return;
    const bool inside = headed_ && !mail::trimmed(line).empty() && indent_of(line) > indent_;
    std::size_t from = 0;
    if (!inside) {
      headed_ = !addresses.empty() && only_marks(line.substr(0, addresses.front().first)) &&
                stripped(line.substr(addresses.front().end()), " \t>\"')]}").starts_with(':');
      if (!headed_) {
        replied_ = false;
        return;
      }
      indent_ = indent_of(line);
      from = addresses.front().end();
    }
    replied_ = holds_reply(line, from);
  }

  [[nodiscard]] bool goes_on_to(std::string_view line) const {
    return replied_ && !mail::trimmed(line).empty() && indent_of(line) > indent_;
  }

 private:
  bool headed_ = false;   // a line began with an address and a colon
  bool replied_ = false;  // and a reply began behind it
  std::size_t indent_ = 0;
};

void append(std::string& text, std::string_view line) {
  if (text.size() + line.size() + 1 > kLongestSaid) return;
  if (!text.empty()) text += '\n';
  text += line;
}

}  // namespace

std::string joined(std::string_view text, std::size_t limit) {
  std::string line;
  while (!text.empty() && line.size() < limit) {
    const std::string_view words = stripped(next_line(text), " \t\r");
    if (words.empty()) continue;
    if (!line.empty()) line += ' ';
    line += words;
  }
  if (line.size() > limit) line.resize(limit);
  return line;
}

NoticeText part_notice(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text, kMostLines);
  NoticeText notice;
  std::size_t at = 0;
  for (; at < lines.size(); ++at) {
    notice.announced = announces_returned_mail(lines, at);
    if (notice.announced) break;
    if (begins_header(lines, at)) break;
    notice.text += lines[at];
    notice.text += '\n';
  }
  for (; at < lines.size(); ++at) {
    if (begins_header(lines, at)) break;
    if (mail::starts_field(lines[at]) && !mail::trimmed(lines[at]).ends_with(':') &&
        !is_bar(lines[at]))
      break;
  }
  for (; at < lines.size() && !mail::trimmed(lines[at]).empty(); ++at) {
    notice.returned_header += lines[at];
    notice.returned_header += '\n';
  }
  for (std::size_t more = 0; at < lines.size() && more < kLinesOfOne; ++at, ++more) {
    notice.behind += lines[at];
    notice.behind += '\n';
  }
  return notice;
}

TextReader::TextReader(std::string_view text) : lines_{lines_of(text, kMostLines)} {
  FoldedReply folded;
  for (std::size_t i = 0; i < lines_.size() && occurrences_.size() < 4 * kMostTold; ++i) {
    const std::string_view line = lines_[i];
    const std::vector<AddressSpan> addresses = addresses_in(line);
    const bool in_reply = folded.goes_on_to(line);
    folded.read(line, addresses);
    if (addresses.empty()) continue;
    const std::string lower = words_around(line, addresses);
    const bool goes_on = i > 0 && asks_to_write(lines_[i - 1]);
    std::size_t behind = 0;  // the address before, on this line
    for (const AddressSpan& one : addresses) {
      int strength = strength_of(line, lower, one, addresses);
      if (goes_on && strength == kLeads) strength = kStranger;
      if (in_reply) strength = std::min(strength, kInReply);
      if (strength == kAlone && asks_above(lines_, i)) strength = kStranger;
      Occurrence found{i,
                       mail::to_lower(one.in(line)),
                       std::string{one.in(line)},
                       strength,
                       one.end(),
                       only_marks(line.substr(0, one.first)),
                       led_to(i, line.substr(behind, one.first - behind))};
      behind = one.end();
      if (found.led_to && occurrences_[*found.led_to].address == found.address) {
        found.led_to.reset();
      }
      if (!found.led_to && led_to_program(i, line.substr(0, one.first))) found.strength = kAlone;
      if (found.led_to) sources_.emplace(occurrences_[*found.led_to].address, found.as_written);
      by_address_[found.address].push_back(occurrences_.size());
      occurrences_.push_back(std::move(found));
    }
  }
}

/// Which occurrence above, or on the same line, is where mail for an address on line `at` went to.
std::optional<std::size_t> TextReader::led_to(std::size_t at, std::string_view before) const {
  if (occurrences_.empty()) return std::nullopt;
  std::size_t next = occurrences_.size();
  if (tells_original(lines_[at]) && occurrences_.back().line + 1 == at) return next - 1;
  const bool broken = at > 0 && only_marks(before);
  if (!tells_source(broken ? lines_[at - 1] : before)) return std::nullopt;
  const std::size_t top = at - std::min(at, kLinesOfOne);
  for (std::size_t line = at; line + 1 > top; --line) {
    const std::string_view words = mail::trimmed(lines_[line]);
    if (words.empty() || is_bar(words)) return std::nullopt;
    for (; next > 0 && occurrences_[next - 1].line == line; --next) {
      const Occurrence& one = occurrences_[next - 1];
      if (one.starts && !one.led_to) return next - 1;
    }
    // Of a program that failed, or of nobody that we know.
    const bool heads = line < at && indent_of(lines_[line]) < indent_of(lines_[at]);
    if (heads || is_program_or_file(words)) return std::nullopt;
    if (line == 0) break;
  }
  return std::nullopt;
}

/// Does an address on line `at` have a program in its place, which stands there or right above?
bool TextReader::led_to_program(std::size_t at, std::string_view before) const {
  if (!tells_source(before)) return false;
  return is_program_or_file(before) || (at > 0 && is_program_or_file(lines_[at - 1]));
}

void TextReader::tell_source(Mention& mention) const {
  const auto found = sources_.find(mail::to_lower(mention.address));
  if (found == sources_.end()) return;
  mention.led_to = std::exchange(mention.address, found->second);
}

std::string_view TextReader::rest_of(const Occurrence& occurrence) const {
  const std::string_view line = lines_[occurrence.line];
  if (!occurrence.starts) return line;
  return stripped(line.substr(occurrence.end), " \t>\"')]}:");
}

Mention TextReader::tell(const Occurrence& first, int least) const {
  Mention mention{first.as_written, {}, {}, {}};
  if (first.led_to) mention.led_to = occurrences_[*first.led_to].as_written;
  append(mention.said, rest_of(first));
  // Up to the line at which the next one's words begin.
  std::size_t stop = std::min(lines_.size(), first.line + kLinesOfOne);
  for (const Occurrence& other : occurrences_) {
    const bool same = other.address == first.address || other.led_to;
    if (other.line <= first.line || other.strength < least || same) continue;
    // A list of addresses comes before what is said of all of them.
    if (joined(mention.said).empty() && other.strength == kAlone && other.line == first.line + 1)
      break;
    stop = std::min(stop, other.line);
    break;
  }
  std::size_t line = first.line + 1;
  for (; line < stop && !is_bar(lines_[line]); ++line) append(mention.said, lines_[line]);
  if (only_marks(mention.said)) mention.said.clear();
  for (const std::size_t index : by_address_.at(first.address)) {
    const Occurrence& other = occurrences_[index];
    if (other.line >= first.line && other.line < line) continue;
    if (other.strength <= kStranger) continue;
    append(mention.elsewhere, rest_of(other));
    const std::size_t end = std::min(lines_.size(), other.line + 4);
    for (std::size_t i = other.line + 1; i < end; ++i) {
      const std::string_view more = mail::trimmed(lines_[i]);
      // Another reply is about another command, perhaps another recipient.
      if (more.empty() || is_bar(more) || more.starts_with(">>>") || reply_begins(more, 0)) break;
      const auto named = first_address_in(more);
      if (named && !mail::equal_in_any_case(*named, first.address)) break;
      append(mention.elsewhere, more);
    }
  }
  return mention;
}

std::vector<Mention> TextReader::mentions(const Strangers& strangers) const {
  const std::string author = mail::to_lower(strangers.author);
  const std::string notifier = mail::to_lower(strangers.notifier);
  const auto strength = [&](const Occurrence& one) {
    return one.address == author || one.address == notifier ? std::min(one.strength, kStranger)
                                                            : one.strength;
  };
  int best = 0;
  for (const Occurrence& one : occurrences_) best = std::max(best, strength(one));
  if (best <= kStranger) return {};
  int least = kInPassing;
  for (const int step : {kQuotedTo, kInReply, kLeads}) {
    if (best >= step) least = step;
  }
  std::vector<Mention> found;
  std::unordered_map<std::string_view, bool> seen;
  for (const Occurrence& one : occurrences_) {
    // It is told with the one that it led to.
    if (one.led_to && seen.contains(occurrences_[*one.led_to].address)) continue;
    if (strength(one) < least || !seen.emplace(one.address, true).second) continue;
    found.push_back(tell(one, least));
    tell_source(found.back());
    if (found.size() == kMostTold || least == kInPassing) break;
  }
  return found;
}

std::string_view TextReader::lone_name() const {
  bool introduced = false;
  for (const std::string_view line : lines_) {
    const std::string_view words = mail::trimmed(line);
    if (words.empty()) continue;
    const bool name =
        words.size() >= 2 && words.size() <= 64 &&
        std::all_of(words.begin(), words.end(), [](char c) {
          return mail::is_letter(c) || mail::is_digit(c) || c == '.' || c == '_' || c == '-';
        });
    if (introduced && name && !is_bar(words)) return words;
    introduced = words.ends_with(':');
  }
  return {};
}

bool TextReader::names(std::string_view address) const {
  return by_address_.contains(mail::to_lower(address));
}

bool TextReader::stands_alone(std::string_view address) const {
  const auto found = by_address_.find(mail::to_lower(address));
  if (found == by_address_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](std::size_t index) { return occurrences_[index].strength == kAlone; });
}

Mention TextReader::mention_of(std::string_view address) const {
  const auto found = by_address_.find(mail::to_lower(address));
  if (found == by_address_.end()) return Mention{std::string{address}, {}, {}, {}};
  const Occurrence* first = &occurrences_[found->second.front()];
  for (const std::size_t index : found->second) {
    if (occurrences_[index].strength > first->strength) first = &occurrences_[index];
  }
  Mention mention = tell(*first, kAlone);
  tell_source(mention);
  return mention;
}

}  // namespace tenax::bounce
