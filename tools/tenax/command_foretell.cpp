// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "engine/control_offline.h"
#include "engine/route.h"
#include "tools/tenax/commands.h"
#include "tools/tenax/prospects.h"
#include "tools/tenax/remarks.h"
#include "tools/tenax/why.h"

namespace tenax::cli::command {

namespace {

constexpr std::size_t kDestinationsChanged = 10;
constexpr std::size_t kMostLanesAskedFor = 50;

engine::ControlAnswer foretell_some(Call& call, engine::ControlRequest request, Source& source) {
  const engine::Config& config = call.config();
  const auto asked = engine::ask_daemon(config.control_socket(), request, kStatusPatience);
  if (asked && asked->code == 0) {
    source.kind = asked->rehearsals ? Source::Kind::daemon : Source::Kind::schedule;
    return *asked;
  }
  source.kind = config.learn ? Source::Kind::queue : Source::Kind::schedule;
  source.trouble = asked ? asked->error : io::to_string(asked.error());
  if (!asked && engine::nobody_there(asked.error())) source.trouble.clear();
  return engine::control_offline(config, request, call.around().operator_name);
}

/// What whoever learns will do with these, of each at most `limit` attempts; nullopt: the
/// schedule decides. Says in `source` who told it.
std::optional<std::vector<scheduler::Rehearsal>> foretell(Call& call,
                                                          const std::vector<scheduler::Role>& roles,
                                                          std::size_t limit, Source& source) {
  std::vector<scheduler::Rehearsal> all;
  std::size_t next = 0;
  do {
    engine::ControlRequest request;
    request.verb = engine::ControlVerb::forecast;
    request.limit = limit;
    for (; next < roles.size() && request.roles.size() < engine::kMostRoles; ++next) {
      request.roles.push_back(roles[next]);
    }
    const std::size_t asked = request.roles.size();
    engine::ControlAnswer answer = foretell_some(call, std::move(request), source);
    if (!answer.rehearsals || answer.rehearsals->size() != asked) return std::nullopt;
    std::ranges::move(*answer.rehearsals, std::back_inserter(all));
  } while (next < roles.size());
  return all;
}

/// Unasked only the busiest lanes are told of, each by one of the destinations that share it. Of a
/// list to thousands some will do.
void ask_for_its_lanes(Call& call, const queue::MessageDetails& message, DaemonState& state) {
  if (!state.view) return;
  std::set<std::string> destinations;
  for (const queue::RecipientRow& row : message.recipients) {
    if (!mail::is_final(row.state)) destinations.insert(row.destination.text());
  }
  for (const scheduler::LaneView& lane : state.view->lanes) {
    destinations.erase(lane.destination.text());
  }
  std::size_t asked = 0;
  for (const std::string& name : destinations) {
    if (++asked > kMostLanesAskedFor) return;
    queue::Selection only;
    only.destination = name;
    const DaemonState one = call.daemon(only);
    if (!one.view) return;
    if (one.view->lanes.empty()) continue;
    scheduler::LaneView& lane = state.view->lanes.emplace_back(one.view->lanes.front());
    if (const auto asked_for = mail::Destination::parse(name)) lane.destination = *asked_for;
  }
}

}  // namespace

int forecast(Call& call) {
  // While we are still root: it may not know the owner.
  queue::Selection asked;
  asked.messages = {call.only_id()};
  const DaemonState daemon = call.daemon(asked);
  const queue::MessageDetails message = call.only_message();
  const engine::PlannedConfig planned = engine::plan_of(call.config());
  const bool paused = daemon.view ? daemon.view->paused : call.config().paused;
  Source source;
  const Foretell ask = [&](const std::vector<scheduler::Role>& roles) {
    return foretell(call, roles, scheduler::kMostRehearsed, source);
  };
  Prospects prospects = prospects_of(message, planned.plan.terms.retry, call.now(),
                                     planned.plan.terms.overrides, ask, paused);
  prospects.source = source;
  prospects.remarks = remarks_of(message, planned.plan.terms.suppression, call.now());
  return call.say(prospects);
}

int why(Call& call) {
  // While we are still root: it may not know the owner.
  queue::Selection asked;
  asked.messages = {call.only_id()};
  DaemonState state = call.daemon(asked);
  const queue::MessageDetails message = call.only_message();
  ask_for_its_lanes(call, message, state);
  const engine::PlannedConfig planned = engine::plan_of(call.config());
  const Rules rules{planned.plan.terms.retry, call.config().sessions, planned.plan.terms.overrides};
  const CountBefore count = [&call](const queue::RecipientRow& row) {
    return must(call.queue().before(row.id, call.now()));
  };
  Source source;
  const Foretell ask = [&](const std::vector<scheduler::Role>& roles) {
    return foretell(call, roles, 1, source);
  };
  Reasons reasons = reasons_of(message, std::move(state), rules, call.now(), count, ask);
  reasons.remarks = remarks_of(message, planned.plan.terms.suppression, call.now());
  return call.say(reasons);
}

int what_if(Call& call) {
  const engine::Config& config = call.config();
  const engine::Terms terms = engine::plan_of(config).plan.terms;
  const scheduler::RetryPolicy& in_force = terms.retry;
  const std::optional<mail::Duration> since = mail::parse_duration(call.line().since);
  if (!since || *since == mail::Duration::zero()) {
    throw Failure{EX_USAGE, "--since: not a length of time: \"" + call.line().since + "\""};
  }
  const scheduler::Schedule now{.policy = in_force, .delays = {}};
  const scheduler::Schedule other = must(schedule_of(call.line().schedule, in_force));
  // Of older mail only what is still open is known, and that would not be a fair part of it.
  const mail::Duration reach = std::min(*since, config.history);
  engine::WhatIfAnswer answer = must(
      engine::what_if(call.queue(), now, other, terms.overrides, call.now() - reach, call.now()));
  WhatIfView view{.in_force = now,
                  .other = other,
                  .since = reach,
                  .since_cut = reach < *since,
                  .answer = std::move(answer),
                  .destinations = {}};
  view.destinations = view.answer.counted.most_changed(kDestinationsChanged);
  return call.say(view, call.around().width);
}

}  // namespace tenax::cli::command
