// SPDX-License-Identifier: Apache-2.0
// The listing that sendmail -bp has printed for decades, in Postfix's dialect: one block for each
// message, the reason in parentheses above the recipients it concerns.

#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "mail/reply.h"

#include "tools/tenax/present.h"
#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

using mail::RecipientState;
using Rows = std::vector<queue::RecipientRow>;

/// "Tue Nov 24 02:26:00", local time and C locale, as mailq has it.
std::string arrival(mail::WallTime when) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  std::tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return mail::to_rfc3339(when);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s %s %2d %02d:%02d:%02d",
                kDays[static_cast<std::size_t>(parts.tm_wday)],
                kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_mday, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text.data();
}

/// "*": in delivery, "!": held, as Postfix marks them; for a message, what holds for one of its
/// recipients, delivery first.
char mark_of(Rows::const_iterator begin, Rows::const_iterator end) {
  char mark = ' ';
  for (auto row = begin; row != end; ++row) {
    if (row->state == RecipientState::leased) return '*';
    if (row->state == RecipientState::held) mark = '!';
  }
  return mark;
}

std::string reason_of(const queue::RecipientRow& row) {
  if (!row.damage.empty()) return "damaged: " + mail::printable(row.damage, 1000);
  return row.last ? mail::printable(row.last->text, 1000) : std::string{};
}

std::string block(Rows::const_iterator begin, Rows::const_iterator end) {
  std::array<char, 80> start{};
  const std::string id = begin->message.text() + mark_of(begin, end);
  std::snprintf(start.data(), start.size(), "%-16s %8lld %-20s ", id.c_str(),
                static_cast<long long>(begin->size), arrival(begin->accepted).c_str());
  const std::string sender = begin->sender ? shown(*begin->sender) : "MAILER-DAEMON";
  std::string text = start.data() + sender + "\n";
  std::string reason;
  for (auto row = begin; row != end; ++row) {
    const std::string its = reason_of(*row);
    if (its != reason && !its.empty()) text += "(" + its + ")\n";
    reason = its;
    text += std::string(47, ' ') + shown(row->address) + "\n";
  }
  return text + "\n";
}

}  // namespace

std::string present_as_mailq(const Listing& listing, std::optional<std::int64_t> dropped) {
  std::int64_t requests = dropped.value_or(0);
  if (listing.rows.empty() && requests == 0) return "Mail queue is empty\n";
  std::string text;
  if (!listing.rows.empty()) {
    text = "-Queue ID-       --Size-- ----Arrival Time---- -Sender/Recipient-------\n";
  }
  std::int64_t size = 0;
  const Rows& rows = listing.rows;
  for (auto begin = rows.begin(); begin != rows.end();) {
    auto end = begin;
    while (end != rows.end() && end->message == begin->message) ++end;
    text += block(begin, end);
    ++requests;
    size += begin->size;
    begin = end;
  }
  if (listing.cut) text += "(there are more)\n";
  if (dropped.value_or(0) > 0) text += "(" + in_the_drop_folder(*dropped) + " for tenaxd)\n";
  return text + "-- " + std::to_string((size + 1023) / 1024) + " Kbytes in " +
         std::to_string(requests) + (requests == 1 ? " Request.\n" : " Requests.\n");
}

}  // namespace tenax::cli
