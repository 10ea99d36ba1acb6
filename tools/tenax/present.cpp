// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/present.h"

#include <array>
#include <utility>

#include "mail/reply.h"

#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

using mail::RecipientState;

constexpr std::array<const char*, 8> kAgeColumns{"<5m",  "<20m", "<1h", "<4h",
                                                 "<12h", "<1d",  "<3d", "3d+"};

std::string totals(const queue::Summary& summary) {
  if (summary.recipients == 0) return "The queue is empty.\n";
  std::string text =
      counted(summary.messages, "message") + ", " + counted(summary.recipients, "recipient") +
      ": " + std::to_string(summary.waiting) + " waiting (" + std::to_string(summary.deferred) +
      " deferred), " + std::to_string(summary.leased) + " in delivery, " +
      std::to_string(summary.held) + " held; " + octets(summary.octets) + "\n";
  return text;
}

std::string coming(const Overview& overview) {
  const mail::WallTime now = overview.now;
  std::string text;
  if (overview.summary.oldest) {
    text += "oldest: accepted " + relative(*overview.summary.oldest, now);
    if (overview.oldest_ends) text += ", given up at " + moment(*overview.oldest_ends);
    if (overview.oldest_held) text += ", does not expire while it is held";
    text += "\n";
  }
  if (overview.summary.next_attempt) {
    const mail::WallTime next = *overview.summary.next_attempt;
    text += "next attempt: " +
            (next <= now ? "due now" : relative(next, now) + ", at " + moment(next)) + "\n";
  }
  return text;
}

/// Failures beyond the notices of an hour.
std::string owed(const queue::Summary& summary, mail::WallTime now) {
  std::string text = "digests: " + counted(summary.owed, "failure") + " to tell " +
                     counted(summary.owed_senders, "sender") + " of";
  if (summary.next_digest) {
    text += *summary.next_digest <= now ? ", due now" : ", from " + moment(*summary.next_digest);
  }
  return text + "\n";
}

std::string dropped_sentence(std::int64_t dropped) {
  return "drop folder: " + counted(dropped, "message") + (dropped == 1 ? " waits" : " wait") +
         " for tenaxd to take " + (dropped == 1 ? "it" : "them") + " in\n";
}

std::vector<std::string> numbers(const std::string& name, const queue::DestinationRow& row,
                                 const std::string& next) {
  std::vector<std::string> cells{name, std::to_string(row.recipients), std::to_string(row.held),
                                 std::to_string(row.leased)};
  for (const std::int64_t count : row.by_age) cells.push_back(std::to_string(count));
  cells.push_back(next);
  return cells;
}

const scheduler::LaneView* lane_of(const DaemonState& daemon, const std::string& destination) {
  if (!daemon.view) return nullptr;
  for (const scheduler::LaneView& lane : daemon.view->lanes) {
    if (lane.destination.text() == destination) return &lane;
  }
  return nullptr;
}

std::string parking(const scheduler::LaneView& lane, mail::WallTime now) {
  return "parked, tried again " + relative(*lane.parked_until, now) + " (after " +
         counted(lane.failures, "failure") + " in a row)";
}

std::string closing(const scheduler::LaneView& lane, mail::WallTime now) {
  const std::string text = "takes no more for now, ";
  return *lane.door_until > now ? text + "tried again " + relative(*lane.door_until, now)
                                : text + "one message asks whether it does";
}

std::string destinations_table(const Overview& overview, std::size_t width) {
  std::vector<Table::Column> columns{
      {"DESTINATION"}, {"TOTAL", true}, {"HELD", true}, {"BUSY", true}};
  for (const char* age : kAgeColumns) columns.push_back({age, true});
  columns.push_back({"NEXT"});
  Table table{std::move(columns)};
  for (const queue::DestinationRow& row : overview.summary.destinations) {
    const std::string next = row.next_attempt ? relative(*row.next_attempt, overview.now) : "-";
    table.row(numbers(mail::printable(row.destination, 255), row, next));
    if (!row.last_text.empty()) table.remark(mail::printable(row.last_text));
    if (row.stormed > 0) {
      table.remark(counted(row.stormed, "recipient") +
                   " held: it suddenly refuses most mail (storm_after)");
      table.remark("tenax release, expire or remove, each with --destination, goes on");
    }
    const scheduler::LaneView* lane = lane_of(overview.daemon, row.destination);
    if (lane != nullptr && lane->parked_until) table.remark(parking(*lane, overview.now));
    if (lane != nullptr && lane->door_until) table.remark(closing(*lane, overview.now));
  }
  std::string text = table.text(width);
  if (overview.more_destinations > 0) {
    text += "more destinations are not shown; --json shows up to 10000\n";
  }
  return text;
}

std::string tries(const queue::RecipientRow& row, mail::WallTime now) {
  if (row.state == RecipientState::leased) return "in delivery";
  if (row.state == RecipientState::waiting && row.next_attempt) {
    return relative(*row.next_attempt, now);
  }
  return "-";
}

std::string last_words(const queue::RecipientRow& row) {
  if (!row.damage.empty()) return "damaged: " + mail::printable(row.damage);
  return row.last ? mail::printable(row.last->text) : std::string{};
}

std::vector<std::string> where_it_is(const queue::RecipientRow& row, mail::WallTime now) {
  return {row.message.text(), std::string{to_string(row.state)}, age(row.accepted, now),
          std::to_string(row.attempts), tries(row, now)};
}

std::vector<Table::Column> columns_of_where() {
  return {{"ID"}, {"STATE"}, {"AGE", true}, {"TRIES", true}, {"NEXT"}};
}

Table in_lines(const Listing& listing) {
  std::vector<Table::Column> columns = columns_of_where();
  for (const char* title : {"SENDER", "RECIPIENT", "LAST REPLY"}) columns.push_back({title});
  Table table{std::move(columns)};
  for (const queue::RecipientRow& row : listing.rows) {
    std::vector<std::string> cells = where_it_is(row, listing.now);
    for (std::string cell : {shown(row.sender), shown(row.address), last_words(row)}) {
      cells.push_back(std::move(cell));
    }
    table.row(std::move(cells));
  }
  return table;
}

/// For a terminal that would cut the recipient off.
Table in_two_lines(const Listing& listing) {
  Table table{columns_of_where()};
  for (const queue::RecipientRow& row : listing.rows) {
    table.row(where_it_is(row, listing.now));
    const std::string words = last_words(row);
    table.remark(shown(row.address) + " from " + shown(row.sender) +
                 (words.empty() ? "" : ": " + words));
  }
  return table;
}

}  // namespace

std::string shown(const mail::ReversePath& path) { return mail::printable(mail::to_path(path)); }
std::string shown(const mail::Address& address) { return mail::printable(address.text()); }

std::string sentence(const DaemonState& daemon) {
  switch (daemon.life) {
    case DaemonState::Life::down: return "tenaxd is not running: nothing is being delivered\n";
    case DaemonState::Life::unknown:
      return "whether tenaxd runs is not known: " + mail::printable(daemon.trouble, 300) + "\n";
    case DaemonState::Life::up: break;
  }
  if (!daemon.view) return "tenaxd is running\n";
  const engine::EngineView& view = *daemon.view;
  std::string text = "tenaxd is running (pid " + std::to_string(view.pid) + ", version " +
                     mail::printable(view.version, 60) + ", since " + moment(view.started) +
                     "): " + counted(view.in_flight, "delivery") + " under way" +
                     (view.paused ? "; paused by its configuration\n" : "\n");
  return text;
}

std::string present(const Overview& overview, std::size_t width) {
  const queue::Summary& summary = overview.summary;
  std::string text = totals(summary) + coming(overview);
  if (summary.delivered_last_day + summary.failed_last_day > 0) {
    text += "last 24 hours: " + counted(summary.delivered_last_day, "recipient") + " delivered, " +
            std::to_string(summary.failed_last_day) + " failed\n";
  }
  if (summary.owed > 0) text += owed(summary, overview.now);
  if (overview.dropped.value_or(0) > 0) text += dropped_sentence(*overview.dropped);
  text += sentence(overview.daemon);
  if (!summary.destinations.empty()) text += "\n" + destinations_table(overview, width);
  return text;
}

std::string present(const Listing& listing, std::size_t width) {
  if (listing.rows.empty()) return "nothing found\n";
  const Table whole = in_lines(listing);
  const bool cut = width > 0 && whole.text(0).find("  LAST REPLY") > width;
  std::string text = (cut ? in_two_lines(listing) : whole).text(width);
  if (listing.cut) {
    text += "only the first " + counted(static_cast<std::int64_t>(listing.rows.size()), "line") +
            "; there are more (--limit)\n";
  }
  return text;
}

std::string present(const Changed& changed) {
  constexpr std::array<const char*, 7> kDone{"",        "made due now", "held",     "released",
                                             "removed", "given up",     "forgotten"};
  const bool forgets = changed.verb == engine::ControlVerb::forget;
  std::string text = counted(changed.operated.changed, forgets ? "site" : "recipient") + " " +
                     kDone[static_cast<std::size_t>(changed.verb)] + "\n";
  if (changed.operated.leased > 0) {
    const bool removed = changed.verb == engine::ControlVerb::remove;
    text += std::to_string(changed.operated.leased) + " in delivery right now" +
            (removed ? ": what has begun may still arrive\n" : ": not changed\n");
  }
  if (!changed.by_daemon) text += "tenaxd is not running: done in the queue itself\n";
  return text;
}

std::string present(const DestinationView& view, std::size_t width) {
  const mail::WallTime now = view.listing.now;
  std::string text = mail::printable(view.destination, 300) + "\n";
  if (view.lane) {
    const scheduler::LaneView& lane = *view.lane;
    text += "lane: " + std::to_string(lane.in_flight) + " of at most " +
            counted(lane.window, "session") + " in use, " +
            counted(static_cast<std::int64_t>(lane.waiting), "recipient") + " next in line\n";
    if (lane.parked_until) text += "lane: " + parking(lane, now) + "\n";
    if (lane.paced_until && *lane.paced_until > now) {
      text += "lane: the next one " + relative(*lane.paced_until, now) + ", by its rate\n";
    }
  } else if (view.daemon.life == DaemonState::Life::up && view.daemon.view) {
    text += "lane: none; nothing is under way there\n";
  }
  if (view.daemon.life != DaemonState::Life::up) text += sentence(view.daemon);
  if (!view.rules.empty()) {
    text += "rules: " + mail::printable(view.rules, 1000) + "; from " +
            mail::printable(view.rules_from, 300) + "\n";
  }
  if (view.row) {
    const queue::DestinationRow& row = *view.row;
    text += "queue: " + counted(row.recipients, "recipient") + ", " + std::to_string(row.held) +
            " held, " + std::to_string(row.leased) + " in delivery";
    if (row.oldest) text += "; oldest accepted " + relative(*row.oldest, now);
    if (row.next_attempt) text += "; next attempt " + relative(*row.next_attempt, now);
    text += "\n";
    if (!row.last_text.empty()) text += "last: " + mail::printable(row.last_text) + "\n";
  }
  if (view.site) text += present(*view.site, now);
  return text + "\n" + present(view.listing, width);
}

std::string present(const std::vector<queue::Violation>& violations) {
  if (violations.empty()) return "every promise holds\n";
  std::string text;
  for (const queue::Violation& violation : violations) {
    text += mail::printable(violation.promise) + ": " + mail::printable(violation.where) + "\n";
  }
  return text + counted(static_cast<std::int64_t>(violations.size()), "violation") + "\n";
}

std::size_t body_offset(std::string_view contents) {
  if (contents.starts_with("\r\n")) return 2;  // an empty header section
  const std::size_t end = contents.find("\r\n\r\n");
  return end == std::string_view::npos ? contents.size() : end + 4;
}

std::string printable_lines(std::string_view contents) {
  std::string text;
  while (!contents.empty()) {
    const std::size_t end = contents.find('\n');
    std::string_view line = contents.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    // Header lines fold with tabs; a tab moves nothing but the cursor to the right.
    for (;;) {
      const std::size_t tab = line.find('\t');
      text += mail::printable(line.substr(0, tab), 16 * 1024);
      if (tab == std::string_view::npos) break;
      text += '\t';
      line.remove_prefix(tab + 1);
    }
    text += '\n';
    contents.remove_prefix(end == std::string_view::npos ? contents.size() : end + 1);
  }
  return text;
}

}  // namespace tenax::cli
