// SPDX-License-Identifier: Apache-2.0
#include "engine/control.h"

#include <sysexits.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mail/address.h"
#include "mail/printable.h"
#include "mail/reply.h"

#include "engine/next_hop.h"

namespace tenax::engine {

namespace {

constexpr std::array<std::pair<ControlVerb, std::string_view>, 9> kVerbs{{
    {ControlVerb::status, "status"},
    {ControlVerb::retry, "retry"},
    {ControlVerb::hold, "hold"},
    {ControlVerb::release, "release"},
    {ControlVerb::remove, "remove"},
    {ControlVerb::expire, "expire"},
    {ControlVerb::forget, "forget"},
    {ControlVerb::forecast, "forecast"},
    {ControlVerb::suppress, "suppress"},
}};

queue::Verb store_verb(ControlVerb verb) {
  switch (verb) {
    case ControlVerb::hold: return queue::Verb::hold;
    case ControlVerb::release: return queue::Verb::release;
    case ControlVerb::remove: return queue::Verb::remove;
    case ControlVerb::retry:
    case ControlVerb::status:
    case ControlVerb::forecast:
    case ControlVerb::expire:
    case ControlVerb::suppress:
    case ControlVerb::forget: break;
  }
  return queue::Verb::retry;
}

EngineView told(EngineView view, const std::string& destination) {
  std::vector<scheduler::LaneView>& lanes = view.lanes;
  if (!destination.empty()) {
    std::erase_if(lanes, [&destination](const scheduler::LaneView& lane) {
      return lane.destination.text() != destination;
    });
  }
  std::stable_sort(lanes.begin(), lanes.end(),
                   [](const scheduler::LaneView& a, const scheduler::LaneView& b) {
                     return std::pair{a.in_flight, a.waiting} > std::pair{b.in_flight, b.waiting};
                   });
  if (lanes.size() > kMostLanes) {
    lanes.erase(lanes.begin() + static_cast<std::ptrdiff_t>(kMostLanes), lanes.end());
  }
  return view;
}

}  // namespace

std::string_view to_string(ControlVerb verb) {
  for (const auto& [known, name] : kVerbs) {
    if (known == verb) return name;
  }
  return "status";
}

std::optional<ControlVerb> parse_control_verb(std::string_view text) {
  for (const auto& [verb, name] : kVerbs) {
    if (name == text) return verb;
  }
  return std::nullopt;
}

bool selects_everything(const queue::Selection& selection) {
  return selection.messages.empty() && selection.sender.empty() && selection.recipient.empty() &&
         selection.destination.empty() && selection.states.empty() && !selection.accepted_before &&
         !selection.accepted_after && selection.reply.empty();
}

std::optional<std::string> objection(const ControlRequest& request) {
  switch (request.verb) {
    case ControlVerb::status:
    case ControlVerb::forecast:
    case ControlVerb::retry:
    case ControlVerb::release:
    case ControlVerb::suppress:
    case ControlVerb::forget: return std::nullopt;  // can be undone, or does no harm
    case ControlVerb::hold:
    case ControlVerb::remove:
    case ControlVerb::expire: break;
  }
  if (request.everything || !selects_everything(request.selection)) return std::nullopt;
  return std::string{to_string(request.verb)} +
         " without an id or a filter concerns the whole queue: say --all if that is meant";
}

namespace {

/// Nothing is filtered by this: every other condition was a mistake.
std::optional<mail::Destination> only_destination(const queue::Selection& selection) {
  const auto destination = mail::Destination::parse(selection.destination);
  queue::Selection rest = selection;
  rest.destination.clear();
  if (!destination || !selects_everything(rest)) return std::nullopt;
  return *destination;
}

io::Async<ControlAnswer> forget(queue::Selection selection, Controls& controls) {
  const auto destination = only_destination(selection);
  if (!destination) co_return refused(EX_USAGE, "forget takes one destination and nothing else");
  const io::Result<bool> known = co_await controls.forget(*destination);
  if (!known) co_return refused(known.error());
  ControlAnswer answer;
  answer.operated.changed = *known ? 1 : 0;
  co_return answer;
}

/// Why this is no edit, or nullopt; its address gets the list's spelling.
std::optional<std::string> take_for_an_edit(queue::SuppressionEdit& edit) {
  if (edit.verb == queue::SuppressionVerb::returned) {
    if (edit.recipient.value > 0 && !edit.cause.empty()) return std::nullopt;
    return "what came back needs a recipient and a cause";
  }
  const auto address = mail::Address::parse(edit.address);
  if (!address) return "\"" + mail::printable(edit.address, 100) + "\": " + address.error().why;
  edit.address = queue::suppression_key(*address);
  return std::nullopt;
}

io::Async<ControlAnswer> suppress(std::vector<queue::SuppressionEdit> edits, std::string by,
                                  Controls& controls) {
  if (edits.empty() || edits.size() > kMostEdits) {
    co_return refused(EX_USAGE, "suppress takes 1 to " + std::to_string(kMostEdits) + " edits");
  }
  for (queue::SuppressionEdit& edit : edits) {
    const std::optional<std::string> wrong = take_for_an_edit(edit);
    if (wrong) co_return refused(EX_DATAERR, *wrong);
  }
  const io::Result<queue::Operated> done =
      co_await controls.suppress(std::move(edits), std::move(by));
  if (!done) co_return refused(done.error());
  ControlAnswer answer;
  answer.operated = *done;
  co_return answer;
}

}  // namespace

io::Async<ControlAnswer> carry_out(ControlRequest request, std::string by, Controls& controls) {
  const std::optional<std::string> why_not = objection(request);
  if (why_not) co_return refused(EX_USAGE, *why_not);
  const auto next_hop = mail::Destination::parse(request.selection.destination);
  if (next_hop) request.selection.destination = by_its_key(*next_hop).text();

  ControlAnswer answer;
  if (request.verb == ControlVerb::status) {
    answer.engine = told(controls.view(), request.selection.destination);
    const auto destination = mail::Destination::parse(request.selection.destination);
    const auto shared =
        destination && answer.engine->lanes.empty() ? controls.lane(*destination) : std::nullopt;
    if (shared) answer.engine->lanes.push_back(*shared);
    const std::vector<mail::QueueId>& messages = request.selection.messages;
    if (!messages.empty()) {
      std::vector<UnderWay> found = controls.under_way(messages);
      if (found.size() > kMostUnderWay) found.resize(kMostUnderWay);
      answer.engine->under_way = std::move(found);
    }
    co_return answer;
  }
  if (request.verb == ControlVerb::forget) {
    ControlAnswer forgotten = co_await forget(std::move(request.selection), controls);
    co_return forgotten;
  }
  if (request.verb == ControlVerb::suppress) {
    ControlAnswer edited = co_await suppress(std::move(request.edits), std::move(by), controls);
    co_return edited;
  }
  if (request.verb == ControlVerb::forecast) {
    answer.rehearsals = controls.rehearse(request.roles, request.limit);
    co_return answer;
  }
  if (request.verb == ControlVerb::expire) {
    const io::Result<queue::Operated> ended =
        co_await controls.expire(std::move(request.selection), std::move(by));
    if (!ended) co_return refused(ended.error());
    answer.operated = *ended;
    co_return answer;
  }
  queue::Operation operation{.verb = store_verb(request.verb),
                             .selection = std::move(request.selection),
                             .now = {},
                             .by = std::move(by)};
  const io::Result<queue::Operated> done = co_await controls.operate(std::move(operation));
  if (!done) co_return refused(done.error());
  answer.operated = *done;
  co_return answer;
}

int exit_code(const io::Error& error) {
  if (error.is(io::Errc::not_found)) return EX_NOINPUT;
  if (error.is(io::Errc::denied) || error.is(io::Errc::unfit)) return EX_NOPERM;
  if (error.is(io::Errc::busy) || error.is(io::Errc::disk_full) || error.is(io::Errc::timed_out) ||
      error.is(io::Errc::cancelled)) {
    return EX_TEMPFAIL;
  }
  if (error.is(io::Errc::refused) || error.is(io::Errc::closed) || error.is(io::Errc::reset) ||
      error.is(io::Errc::unreachable)) {
    return EX_UNAVAILABLE;
  }
  if (error.is(io::Errc::protocol) || error.is(io::Errc::line_too_long)) return EX_PROTOCOL;
  return EX_IOERR;
}

ControlAnswer refused(int code, std::string_view why) {
  ControlAnswer answer;
  answer.code = code;
  answer.error = mail::printable(why, 500);
  return answer;
}

ControlAnswer refused(const io::Error& error) {
  return refused(exit_code(error), io::to_string(error));
}

}  // namespace tenax::engine
