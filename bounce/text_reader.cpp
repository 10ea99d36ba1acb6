// SPDX-License-Identifier: Apache-2.0
#include "bounce/text_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "mail/ascii.h"
#include "mail/header.h"

#include "bounce/address_in_text.h"
#include "bounce/returned_mail.h"
#include "bounce/returned_marks.h"

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
constexpr std::size_t kLongestLine = 2000;
constexpr std::size_t kLinesOfOne = 40;     // a reply has hardly more
constexpr std::size_t kLongestSaid = 4000;  // what is looked at of one recipient's lines

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::vector<std::string_view> lines_of(std::string_view text, std::size_t most) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < most) {
    lines.push_back(next_line(text).substr(0, kLongestLine));
  }
  return lines;
}

std::string_view stripped(std::string_view text, std::string_view marks) {
  const std::size_t first = text.find_first_not_of(marks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(marks) - first + 1);
}

/// "----- Transcript of session follows -----"
bool is_bar(std::string_view line) {
  const std::string_view words = mail::trimmed(line);
  return words.starts_with("---") || words.starts_with("***") || words.starts_with("===") ||
         words.starts_with("___") || words.starts_with("|---");
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

bool announces_returned_mail(const std::vector<std::string_view>& lines, std::size_t at) {
  const std::string_view words = mail::trimmed(lines[at]);
  if (words.empty() || words.size() > 150) return false;
  const std::string lower = mail::to_lower(words);
  if (!returned_mail_marks().stand_in(lower)) return false;
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

/// What stands on the line beside its addresses.
bool only_addresses(std::string_view line, const std::vector<AddressSpan>& addresses) {
  std::size_t at = 0;
  for (const AddressSpan& one : addresses) {
    if (!only_marks(line.substr(at, one.first - at))) return false;
    at = one.end();
  }
  return only_marks(line.substr(at));
}

int strength_of(std::string_view line, const std::string& lower, const AddressSpan& one,
                const std::vector<AddressSpan>& all) {
  constexpr std::string_view kAround = " \t<\"'([{*-|#>";
  const std::string_view before = stripped(line.substr(0, one.first), kAround);
  const std::string_view behind = line.substr(one.end());
  const bool starts = before.empty();
  if (only_addresses(line, all)) return kAlone;
  const std::string_view tail = stripped(behind, " \t>\"')]}");
  if (starts && tail.starts_with(':')) return kAlone;
  if (starts && tail.starts_with('(')) return kLeads;  // "(expanded from ...)", "(user not found)"
  if (contact_words().stand_in(lower)) return kStranger;
  const std::string_view lead = std::string_view{lower}.substr(0, one.first);
  const std::size_t stop = lead.rfind(". ");
  const std::string_view sentence = stop == std::string_view::npos ? lead : lead.substr(stop);
  if (instead_words().stand_in(sentence)) return kStranger;
  if (starts) return kLeads;
  if (mail::equal_in_any_case(before, "from")) return kStranger;
  if (mail::equal_in_any_case(before, "to:") || mail::equal_in_any_case(before, "cc:")) {
    return kQuotedTo;
  }
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

void append(std::string& text, std::string_view line) {
  if (text.size() + line.size() + 1 > kLongestSaid) return;
  if (!text.empty()) text += '\n';
  text += line;
}

/// "550 ", "250-": whether it is a refusal or not.
bool begins_with_code(std::string_view line) {
  return line.size() > 3 && line[0] >= '2' && line[0] <= '5' && mail::is_digit(line[1]) &&
         mail::is_digit(line[2]) && (line[3] == ' ' || line[3] == '-');
}

/// What programs add of their own behind a server's words.
bool ends_a_story(std::string_view line) {
  return line.starts_with("I'm not going to try again") || line.starts_with("Giving up on ") ||
         mail::to_lower(line.substr(0, 16)) == "while talking to";
}

/// "mx.example.net responded 550 ..."
bool introduces_reply(std::string_view words) {
  constexpr std::array<std::string_view, 12> kVerbs = {
      "said",     "says",  "responded", "responds", "replied", "returned",
      "answered", "error", "response",  "reply",    "code",    "with",
  };
  const std::string word = mail::to_lower(words.substr(words.find_last_of(" \t") + 1));
  return std::find(kVerbs.begin(), kVerbs.end(), word) != kVerbs.end();
}

/// Is there a reply at `at`? "550 ", "550-5.1.1", behind what may stand before one.
bool reply_begins(std::string_view line, std::size_t at) {
  if (at + 3 > line.size() || (line[at] != '4' && line[at] != '5')) return false;
  if (!mail::is_digit(line[at + 1]) || line[at + 1] > '7' || !mail::is_digit(line[at + 2]))
    return false;
  if (at + 3 < line.size() && line[at + 3] != ' ' && line[at + 3] != '-') return false;
  const std::size_t before = line.substr(0, at).find_last_not_of(" \t");
  if (before == std::string_view::npos) return true;
  if (std::string_view{":=>(<[\"'|;*"}.find(line[before]) != std::string_view::npos) return true;
  if (before + 1 < at && introduces_reply(line.substr(0, before + 1))) return true;
  const std::string_view next = line.substr(std::min(at + 4, line.size()));
  return before + 1 < at && next.size() > 4 && (next[0] == '4' || next[0] == '5') &&
         next[1] == '.' && mail::is_digit(next[2]) && next[3] == '.';
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

std::string reply_in(std::string_view text) {
  while (!text.empty()) {
    std::string_view rest = text;
    const std::string_view line = next_line(rest);
    std::size_t at = 0;
    while (at < line.size() && !reply_begins(line, at)) ++at;
    if (at == line.size()) {
      text = rest;
      continue;
    }
    std::string reply{line.substr(at)};
    bool goes_on = reply.size() > 3 && reply[3] == '-';
    while (!rest.empty() && reply.size() < 1000) {
      const std::string_view more = stripped(next_line(rest), " \t");
      if (more.empty() || is_bar(more) || more.starts_with(">>>") || more.starts_with("<<<")) break;
      const bool coded = begins_with_code(more);
      if (coded && !goes_on) break;  // another reply
      if (ends_a_story(more)) break;
      if (coded) goes_on = more[3] == '-';
      reply.append(" ").append(more);
    }
    const bool bracketed = at > 0 && line.find('(') < at && reply.ends_with(')');
    if (bracketed) reply.pop_back();
    return reply;
  }
  return {};
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
  for (std::size_t i = 0; i < lines_.size() && occurrences_.size() < 4 * kMostTold; ++i) {
    const std::string_view line = lines_[i];
    const std::vector<AddressSpan> addresses = addresses_in(line);
    if (addresses.empty()) continue;
    const std::string lower = mail::to_lower(line);
    const bool goes_on = i > 0 && asks_to_write(lines_[i - 1]);
    for (const AddressSpan& one : addresses) {
      int strength = strength_of(line, lower, one, addresses);
      if (goes_on && strength == kLeads) strength = kStranger;
      Occurrence found{
          i,         mail::to_lower(one.in(line)),         std::string{one.in(line)}, strength,
          one.end(), only_marks(line.substr(0, one.first))};
      by_address_[found.address].push_back(occurrences_.size());
      occurrences_.push_back(std::move(found));
    }
  }
}

std::string_view TextReader::rest_of(const Occurrence& occurrence) const {
  const std::string_view line = lines_[occurrence.line];
  if (!occurrence.starts) return line;
  return stripped(line.substr(occurrence.end), " \t>\"')]}:");
}

Mention TextReader::tell(const Occurrence& first, int least) const {
  Mention mention{first.as_written, {}, {}};
  append(mention.said, rest_of(first));
  // Up to the line at which the next one's words begin.
  std::size_t stop = std::min(lines_.size(), first.line + kLinesOfOne);
  for (const Occurrence& other : occurrences_) {
    if (other.line <= first.line || other.strength < least || other.address == first.address)
      continue;
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
    if (strength(one) < least || !seen.emplace(one.address, true).second) continue;
    found.push_back(tell(one, least));
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
  if (found == by_address_.end()) return Mention{std::string{address}, {}, {}};
  const Occurrence* first = &occurrences_[found->second.front()];
  for (const std::size_t index : found->second) {
    if (occurrences_[index].strength > first->strength) first = &occurrences_[index];
  }
  return tell(*first, kAlone);
}

}  // namespace tenax::bounce
