// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_map>

#include "mail/printable.h"

#include "engine/control_offline.h"
#include "engine/destinations.h"
#include "engine/next_hop.h"
#include "engine/orders.h"
#include "engine/route.h"
#include "tools/tenax/commands.h"
#include "tools/tenax/config_text.h"
#include "tools/tenax/why.h"

namespace tenax::cli::command {

namespace {

constexpr std::size_t kDestinationsShown = 50;
constexpr std::size_t kDestinationsInJson = 10'000;
constexpr std::size_t kMailqLimit = 100'000;
constexpr std::size_t kRecipientsLookedAt = 10'000;
constexpr std::size_t kContentsLimit = 1024UL * 1024 * 1024;

int show_contents(Call& call, mail::QueueId id) {
  if (call.line().raw && call.around().terminal) {
    throw Failure{EX_USAGE, "--raw does not write to a terminal: redirect it"};
  }
  io::Result<queue::ContentsRead> read =
      call.queue().contents(id, call.line().header ? 0 : kContentsLimit);
  if (!read && read.error().is(io::Errc::not_found)) {
    throw Failure{EX_NOINPUT, "the contents of " + id.text() + " are not in the queue"};
  }
  const queue::ContentsRead found = must(std::move(read));
  const std::string& contents = found.bytes;
  std::string_view part = contents;
  const std::size_t body = body_offset(contents);
  if (call.line().header) part = part.substr(0, body);
  if (call.line().body) part = part.substr(body);
  if (call.line().json) {
    call.out() << contents_as_json(id, part);
  } else if (call.line().raw) {
    call.out() << part;
  } else {
    call.out() << printable_lines(part);
  }
  if (found.damage.empty()) return EX_OK;
  call.around().error << "tenax: " << id.text() << " is not whole: " << found.damage << "\n";
  return EX_IOERR;
}

/// What the configuration says of it. Whose mail hosts are known to the daemon only is known by
/// who answered last.
void tell_rules(Call& call, const mail::Destination& name, DestinationView& view) {
  const engine::PlannedConfig planned = engine::plan_of(call.config());
  int line = view.lane ? view.lane->line : 0;
  if (line == 0) {
    const auto answered = std::ranges::find_if(
        view.listing.rows, [](const queue::RecipientRow& row) { return row.last.has_value(); });
    const std::optional<mail::Verdict> last =
        answered == view.listing.rows.end() ? std::nullopt : answered->last;
    const auto entry = engine::entry_of(planned.plan.terms.overrides, name, last);
    if (entry) line = entry->line;
  }
  const auto given =
      std::ranges::find(call.config().destinations, line, &engine::DestinationConfig::line);
  if (line == 0 || given == call.config().destinations.end()) return;
  view.rules = rules_text(*given);
  view.rules_from = call.config().file + ":" + std::to_string(line);
}

/// A lane as far as it opens by time.
std::optional<mail::WallTime> opens(const scheduler::LaneView& lane, mail::WallTime now) {
  const auto until = std::max({lane.parked_until, lane.door_until, lane.paced_until});
  return until && *until > now ? until : std::nullopt;
}

/// What is due waits all the same where the daemon says that nothing goes there now.
class Openings {
 public:
  Openings(const DaemonState& daemon, mail::WallTime now) : now_{now} {
    if (!daemon.view) return;
    for (const scheduler::LaneView& lane : daemon.view->lanes) {
      if (const auto when = opens(lane, now)) openings_.emplace(lane.destination.text(), *when);
    }
  }
  void heed(const std::string& destination, std::optional<mail::WallTime>& next) const {
    const auto found = openings_.find(destination);
    if (next && *next <= now_ && found != openings_.end()) next = found->second;
  }

 private:
  mail::WallTime now_;
  std::unordered_map<std::string, mail::WallTime> openings_;
};

void heed_lanes(Overview& overview) {
  const Openings openings{overview.daemon, overview.now};
  queue::Summary& summary = overview.summary;
  std::optional<mail::WallTime> first;
  for (queue::DestinationRow& row : summary.destinations) {
    openings.heed(row.destination, row.next_attempt);
    if (row.next_attempt) first = std::min(first.value_or(*row.next_attempt), *row.next_attempt);
  }
  if (overview.more_destinations == 0 && first) summary.next_attempt = first;
}

void heed_lanes(Listing& listing, const DaemonState& daemon) {
  const Openings openings{daemon, listing.now};
  for (queue::RecipientRow& row : listing.rows) {
    if (row.state != mail::RecipientState::waiting) continue;
    openings.heed(row.destination.text(), row.next_attempt);
  }
}

/// As `tenax why` says it.
void tell_end_of_the_oldest(Call& call, Overview& overview) {
  if (!overview.summary.oldest_message) return;
  queue::Selection selection;
  selection.messages = {*overview.summary.oldest_message};
  const auto rows = call.queue().list(selection, kRecipientsLookedAt);
  if (!rows || rows->empty()) return;  // what cannot be read hides no totals
  const engine::PlannedConfig planned = engine::plan_of(call.config());
  overview.oldest_ends = end_of(*rows, {planned.plan.terms.retry, 0, planned.plan.terms.overrides});
  overview.oldest_held = !overview.oldest_ends;
}

}  // namespace

int overview(Call& call) {
  Overview overview;
  overview.now = call.now();
  overview.state_directory = call.config().state;
  overview.daemon = call.daemon({});  // while we are still root: it may not know the owner
  queue::Reader* const queue = call.queue_or_nothing();
  const std::size_t most = call.line().json ? kDestinationsInJson : kDestinationsShown;
  if (queue != nullptr) overview.summary = must(queue->summary(call.now(), most + 1));
  std::vector<queue::DestinationRow>& rows = overview.summary.destinations;
  if (rows.size() > most) {
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(most), rows.end());
    overview.more_destinations = 1;
  }
  heed_lanes(overview);
  tell_end_of_the_oldest(call, overview);
  overview.dropped = call.dropped();
  return call.say(overview, call.around().width);
}

int list(Call& call) {
  const queue::Selection selection = must(selection_of(call.line().filters, call.now()));
  Listing listing = call.listing(selection, call.line().limit);
  const bool some_due = std::ranges::any_of(listing.rows, [&](const queue::RecipientRow& row) {
    return row.state == mail::RecipientState::waiting && row.next_attempt <= listing.now;
  });
  if (some_due) heed_lanes(listing, call.daemon({}));
  return call.say(listing, call.around().width);
}

int mailq(Call& call) {
  Listing waiting{.rows = {}, .cut = false, .now = call.now()};
  if (call.queue_or_nothing() != nullptr) waiting = call.listing({}, kMailqLimit);
  std::stable_sort(waiting.rows.begin(), waiting.rows.end(),
                   [](const queue::RecipientRow& a, const queue::RecipientRow& b) {
                     return a.message < b.message;
                   });
  if (call.line().json) {
    call.out() << mailq_as_json(waiting, call.dropped());
  } else {
    call.out() << present_as_mailq(waiting, call.dropped());
  }
  return EX_OK;
}

int show(Call& call) {
  if (call.line().header || call.line().body || call.line().raw)
    return show_contents(call, call.only_id());
  return call.say(call.only_message(), call.now());
}

int destination(Call& call) {
  const auto typed = mail::Destination::parse(call.line().name);
  if (!typed) throw Failure{EX_USAGE, typed.error().why};
  const mail::Destination name = engine::by_its_key(*typed);
  queue::Selection of;
  of.destination = name.text();
  if (call.line().forget) {
    return carry_out(call,
                     {.verb = engine::ControlVerb::forget, .selection = of, .everything = false});
  }
  DestinationView view;
  view.destination = name.text();
  view.daemon = call.daemon(of);
  if (view.daemon.view && !view.daemon.view->lanes.empty()) {
    view.lane = view.daemon.view->lanes.front();
  }
  const queue::Summary summary = must(call.queue().summary(call.now(), kDestinationsInJson));
  for (const queue::DestinationRow& row : summary.destinations) {
    if (row.destination == view.destination) view.row = row;
  }
  view.site = engine::known_site(must(call.queue().lessons()), name, call.now());
  view.listing = call.listing(of, call.line().limit);
  tell_rules(call, name, view);
  return call.say(view, call.around().width);
}

int check(Call& call) {
  const std::vector<queue::Violation> violations = must(call.queue().check(call.now()));
  call.say(violations);
  return violations.empty() ? EX_OK : 1;
}

int config(Call& call) {
  // Where we can be the daemon's user, we see the files the config names as it will.
  (void)engine::become_owner_of(call.config().state);
  const engine::Orders orders = engine::orders_of(call.loaded());
  const std::string toml = config_text(call.config());
  std::vector<std::string> problems;
  for (const engine::ConfigProblem& problem : orders.problems) {
    problems.push_back(mail::printable(problem.text(), 500));
  }
  if (call.line().json) {
    call.out() << config_as_json(call.config().file, toml, problems);
  } else {
    call.out() << toml;
    for (const std::string& problem : problems) call.around().error << "tenax: " << problem << "\n";
  }
  return problems.empty() ? EX_OK : EX_CONFIG;
}

}  // namespace tenax::cli::command
