// SPDX-License-Identifier: Apache-2.0
#include "queue/filter.h"

#include "queue/address_key.h"

namespace tenax::queue {

Filter::Filter(const Selection& selection) {
  if (!selection.messages.empty()) {
    std::string ids;
    for (const mail::QueueId id : selection.messages) {
      ids += (ids.empty() ? "[" : ",") + std::to_string(id.value);
    }
    // Else everybody who waits is looked at for their sake.
    tables_ =
        "message m CROSS JOIN recipient r INDEXED BY recipient_of_message "
        "ON r.message_id = m.id";
    require("m.id IN (SELECT value FROM json_each(" + place(ids + "]") + "))");
  }
  bool only_open = true;
  std::string states;
  for (const mail::RecipientState state : selection.states) {
    only_open = only_open && !mail::is_final(state);
    states += (states.empty() ? "'" : ", '") + std::string{mail::to_string(state)} + "'";
  }
  if (!states.empty()) require("r.state IN (" + states + ")");
  if (only_open) require("r.ended IS NULL");  // what the index of the open ones asks for
  if (selection.sender == "<>") {
    require("m.sender IS NULL");
  } else if (!selection.sender.empty()) {
    address("m.sender", selection.sender);
  }
  if (!selection.recipient.empty()) address("r.forward_path", selection.recipient);
  if (!selection.destination.empty()) {
    require("r.destination = " + place(selection.destination) + " COLLATE NOCASE");
  }
  if (selection.accepted_before) {
    require("m.accepted < " + place(mail::to_millis(*selection.accepted_before)));
  }
  if (selection.accepted_after) {
    require("m.accepted > " + place(mail::to_millis(*selection.accepted_after)));
  }
  if (!selection.reply.empty()) {
    require(
        "instr(lower((SELECT a.text FROM answer a WHERE a.recipient_id = r.id"
        " ORDER BY a.id DESC LIMIT 1)), lower(" +
        place(selection.reply) + ")) > 0");
  }
  if (condition_.empty()) condition_ = "1";
}

void Filter::require(const std::string& condition) {
  condition_ += (condition_.empty() ? "" : " AND ") + condition;
}

std::string Filter::place(std::string text) {
  std::string name = ":s" + std::to_string(values_.size());
  values_.push_back({name, std::move(text), 0, true});
  return name;
}

std::string Filter::place(std::int64_t number) {
  std::string name = ":s" + std::to_string(values_.size());
  values_.push_back({name, {}, number, false});
  return name;
}

// "@example.net" is everybody there; else the whole address. NOCASE folds ASCII only, as mail does.
// A domain that can be spelled in other ways is looked for in all of them.
void Filter::address(std::string column, const std::string& wanted) {
  const std::string key = address_key(wanted);
  const bool by_key = has_other_spellings(key);
  const std::string value = place(by_key ? key : wanted);
  if (by_key) column = "address_key(" + column + ")";
  if (wanted.starts_with('@')) {
    require("substr(" + column + ", -length(" + value + ")) = " + value + " COLLATE NOCASE");
  } else {
    require(column + " = " + value + " COLLATE NOCASE");
  }
}

void Filter::bind(Statement& statement) const {
  for (const Value& value : values_) {
    const int place = statement.place_of(value.name.c_str());
    if (value.is_text) {
      statement.bind(place, value.text);
    } else {
      statement.bind(place, value.number);
    }
  }
}

}  // namespace tenax::queue
