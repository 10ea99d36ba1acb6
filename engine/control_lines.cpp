// SPDX-License-Identifier: Apache-2.0
#include "engine/control_lines.h"

#include <algorithm>
#include <utility>

#include "mail/destination.h"
#include "mail/ids.h"
#include "mail/printable.h"
#include "mail/recipient.h"
#include "mail/reply.h"

#include "engine/control_json.h"
#include "engine/control_rehearsals.h"

namespace tenax::engine {

namespace {

using namespace control_json;

// kMostEdits of them fit into a request, however they are escaped.
constexpr std::size_t kMostEditText = 300;

json encoded(const queue::Selection& selection) {
  json object = json::object();
  for (const mail::QueueId id : selection.messages) object["messages"].push_back(id.text());
  if (!selection.sender.empty()) object["sender"] = selection.sender;
  if (!selection.recipient.empty()) object["recipient"] = selection.recipient;
  if (!selection.destination.empty()) object["destination"] = selection.destination;
  for (const mail::RecipientState state : selection.states) {
    object["states"].push_back(to_string(state));
  }
  if (selection.accepted_before) {
    object["accepted_before"] = mail::to_millis(*selection.accepted_before);
  }
  if (selection.accepted_after)
    object["accepted_after"] = mail::to_millis(*selection.accepted_after);
  if (!selection.reply.empty()) object["reply"] = selection.reply;
  return object;
}

std::vector<mail::QueueId> ids_in(const json& list, const std::string& name) {
  std::vector<mail::QueueId> ids;
  for (const json& id : list) {
    if (!id.is_string()) unreadable(name + " holds something that is no text");
    const auto parsed = mail::QueueId::parse(id.get_ref<const std::string&>());
    if (!parsed) unreadable(name + ": " + parsed.error().why);
    ids.push_back(*parsed);
  }
  return ids;
}

queue::Selection selection_in(const json& object) {
  if (!object.is_object()) unreadable("selection is not an object");
  only_these(object, {"messages", "sender", "recipient", "destination", "states", "accepted_before",
                      "accepted_after", "reply"});
  queue::Selection selection;
  if (const json* ids = list_at(object, "messages", kMaxSelectedIds)) {
    // An empty list would select everything where its writer meant nothing.
    if (ids->empty()) unreadable("messages is an empty list");
    selection.messages = ids_in(*ids, "messages");
  }
  selection.sender = text_at(object, "sender");
  selection.recipient = text_at(object, "recipient");
  selection.destination = text_at(object, "destination");
  if (const json* states = list_at(object, "states", 6)) {
    if (states->empty()) unreadable("states is an empty list");
    for (const json& name : *states) {
      if (!name.is_string()) unreadable("states holds something that is no text");
      const auto state = mail::parse_recipient_state(name.get_ref<const std::string&>());
      if (!state) unreadable("states holds no state of ours");
      selection.states.push_back(*state);
    }
  }
  selection.accepted_before = time_at(object, "accepted_before");
  selection.accepted_after = time_at(object, "accepted_after");
  selection.reply = text_at(object, "reply");
  return selection;
}

constexpr std::pair<queue::SuppressionVerb, std::string_view> kEdits[] = {
    {queue::SuppressionVerb::add, "add"},
    {queue::SuppressionVerb::remove, "remove"},
    {queue::SuppressionVerb::returned, "returned"},
};

json encoded(const queue::SuppressionEdit& edit) {
  json object = json::object();
  for (const auto& [verb, name] : kEdits) {
    if (verb == edit.verb) object["edit"] = name;
  }
  if (!edit.address.empty()) object["address"] = edit.address;
  if (edit.recipient.value != 0) object["recipient"] = edit.recipient.value;
  if (!edit.cause.empty()) object["cause"] = edit.cause;
  if (!edit.text.empty()) object["text"] = mail::printable(edit.text, kMostEditText);
  return object;
}

queue::SuppressionEdit edit_in(const json& object) {
  if (!object.is_object()) unreadable("an edit is not an object");
  only_these(object, {"edit", "address", "recipient", "cause", "text"});
  const std::string name = text_at(object, "edit");
  queue::SuppressionEdit edit;
  const auto known =
      std::ranges::find(kEdits, name, [](const auto& one) { return std::string{one.second}; });
  if (known == std::end(kEdits)) unreadable("unknown edit");
  edit.verb = known->first;
  edit.address = text_at(object, "address");
  edit.recipient = mail::RecipientId{count_at(object, "recipient")};
  edit.cause = text_at(object, "cause");
  edit.text = text_at(object, "text");
  return edit;
}

json encoded(const scheduler::LaneView& lane) {
  json object{{"destination", lane.destination.text()},
              {"window", lane.window},
              {"in_flight", lane.in_flight},
              {"waiting", lane.waiting},
              {"failures", lane.failures}};
  if (lane.parked_until) object["parked_until"] = mail::to_millis(*lane.parked_until);
  if (lane.paced_until) object["paced_until"] = mail::to_millis(*lane.paced_until);
  if (lane.door_until) object["door_until"] = mail::to_millis(*lane.door_until);
  if (lane.line > 0) object["line"] = lane.line;
  return object;
}

scheduler::LaneView lane_in(const json& object) {
  if (!object.is_object()) unreadable("a lane is not an object");
  const auto destination = mail::Destination::parse(text_at(object, "destination"));
  if (!destination) unreadable("a lane has no destination");
  return scheduler::LaneView{.destination = *destination,
                             .window = small_at(object, "window"),
                             .in_flight = small_at(object, "in_flight"),
                             .waiting = static_cast<std::size_t>(count_at(object, "waiting")),
                             .parked_until = time_at(object, "parked_until"),
                             .failures = small_at(object, "failures"),
                             .line = small_at(object, "line"),
                             .paced_until = time_at(object, "paced_until"),
                             .door_until = time_at(object, "door_until")};
}

json encoded(const std::vector<UnderWay>& under_way) {
  json list = json::array();
  for (const UnderWay& one : under_way) {
    list.push_back({{"message", one.message.text()},
                    {"recipient", one.recipient.value},
                    {"since", mail::to_millis(one.since)}});
  }
  return list;
}

UnderWay under_way_in(const json& object) {
  if (!object.is_object()) unreadable("under_way holds something that is no object");
  const auto message = mail::QueueId::parse(text_at(object, "message"));
  if (!message) unreadable("under_way: " + message.error().why);
  return {.message = *message,
          .recipient = mail::RecipientId{count_at(object, "recipient")},
          .since = time_at(object, "since").value_or(mail::WallTime{})};
}

json encoded(const EngineView& view) {
  json object{{"pid", view.pid},
              {"version", view.version},
              {"started", mail::to_millis(view.started)},
              {"in_flight", view.in_flight},
              {"paused", view.paused},
              {"lanes", json::array()}};
  for (const scheduler::LaneView& lane : view.lanes) object["lanes"].push_back(encoded(lane));
  if (view.under_way) object["under_way"] = encoded(*view.under_way);
  return object;
}

EngineView engine_in(const json& object) {
  if (!object.is_object()) unreadable("engine is not an object");
  EngineView view;
  view.pid = count_at(object, "pid");
  view.version = mail::printable(text_at(object, "version"), 60);
  view.started = time_at(object, "started").value_or(mail::WallTime{});
  view.in_flight = count_at(object, "in_flight");
  view.paused = flag_at(object, "paused");
  if (const json* lanes = list_at(object, "lanes", kMostLanes)) {
    for (const json& lane : *lanes) view.lanes.push_back(lane_in(lane));
  }
  if (const json* under_way = list_at(object, "under_way", kMostUnderWay)) {
    view.under_way.emplace();
    for (const json& one : *under_way) view.under_way->push_back(under_way_in(one));
  }
  return view;
}

std::string written(const json& object) {
  return object.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
}

}  // namespace

std::string encode_request(const ControlRequest& request) {
  json object{{"verb", to_string(request.verb)}, {"selection", encoded(request.selection)}};
  if (request.everything) object["all"] = true;
  if (request.verb == ControlVerb::forecast) {
    object["limit"] = request.limit;
    for (const scheduler::Role& role : request.roles) object["roles"].push_back(to_json(role));
  }
  for (const queue::SuppressionEdit& edit : request.edits) object["edits"].push_back(encoded(edit));
  return written(object);
}

mail::Parsed<ControlRequest> decode_request(std::string_view line) {
  try {
    const json object = object_in(line, kMaxRequestOctets);
    only_these(object, {"verb", "selection", "all", "roles", "limit", "edits"});
    const auto verb = parse_control_verb(text_at(object, "verb"));
    if (!verb) unreadable("unknown verb");
    ControlRequest request;
    request.verb = *verb;
    request.everything = flag_at(object, "all");
    const auto selection = object.find("selection");
    if (selection != object.end()) request.selection = selection_in(*selection);
    if (const json* roles = list_at(object, "roles", kMostRoles)) {
      for (const json& role : *roles) request.roles.push_back(role_from(role));
    }
    if (const json* edits = list_at(object, "edits", kMostEdits)) {
      for (const json& edit : *edits) request.edits.push_back(edit_in(edit));
    }
    if (object.contains("limit")) {
      const auto limit = static_cast<std::size_t>(count_at(object, "limit"));
      request.limit = std::min(limit, scheduler::kMostRehearsed);
    }
    return request;
  } catch (const Unreadable& problem) {
    return mail::ParseError{problem.what()};
  }
}

std::string encode_answer(const ControlAnswer& answer) {
  json object{{"code", answer.code}};
  if (answer.code != 0) {
    object["error"] = answer.error;
  } else if (answer.engine) {
    object["engine"] = encoded(*answer.engine);
  } else if (answer.rehearsals) {
    object["rehearsals"] = json::array();
    for (const auto& one : *answer.rehearsals) object["rehearsals"].push_back(to_json(one));
  } else {
    object["changed"] = answer.operated.changed;
    object["leased"] = answer.operated.leased;
    for (const mail::QueueId id : answer.operated.unknown) {
      object["unknown"].push_back(id.text());
    }
  }
  return written(object);
}

mail::Parsed<ControlAnswer> decode_answer(std::string_view line) {
  try {
    const json object = object_in(line, kMaxAnswerOctets);
    ControlAnswer answer;
    const std::optional<std::int64_t> code = number_at(object, "code");
    if (!code || *code < 0 || *code > 255) unreadable("no code");
    answer.code = static_cast<int>(*code);
    answer.error = mail::printable(text_at(object, "error"), kMaxText);
    answer.operated.changed = count_at(object, "changed");
    answer.operated.leased = count_at(object, "leased");
    if (const json* unknown = list_at(object, "unknown", kMaxSelectedIds)) {
      answer.operated.unknown = ids_in(*unknown, "unknown");
    }
    const auto engine = object.find("engine");
    if (engine != object.end()) answer.engine = engine_in(*engine);
    if (const json* rehearsals = list_at(object, "rehearsals", kMostRoles)) {
      answer.rehearsals.emplace();
      for (const json& one : *rehearsals) answer.rehearsals->push_back(rehearsal_from(one));
    }
    return answer;
  } catch (const Unreadable& problem) {
    return mail::ParseError{problem.what()};
  }
}

}  // namespace tenax::engine
