// SPDX-License-Identifier: Apache-2.0
#include "tests/power/ledger.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tenax::power {

std::string name_of_notice(mail::QueueId id) { return "notice " + id.text(); }

void Ledger::submitted(const std::string& name, std::string contents, std::size_t recipients) {
  messages_[name] = {.contents = std::move(contents), .recipients = recipients};
}

void Ledger::acknowledged(const std::string& name) {
  std::optional<std::size_t>& step = messages_.at(name).acknowledged;
  if (!step) step = step_();
}

void Ledger::ended(mail::QueueId message, mail::RecipientId recipient, mail::RecipientState state) {
  if (!mail::is_final(state)) return;
  ended_.insert({recipient, {state, step_()}});
  Kept& kept = messages_.at(names_.at(message));
  if (++kept.ended == kept.recipients) kept.over = step_();
}

bool Ledger::may_be_forgotten(const Kept& kept, std::size_t step) const {
  return kept.over && *kept.over <= step && purged_ && *purged_ <= step;
}

std::size_t Ledger::acknowledged() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      messages_, [](const auto& message) { return message.second.acknowledged.has_value(); }));
}

std::size_t Ledger::promises(std::size_t step) const {
  const auto kept = std::ranges::count_if(messages_, [step](const auto& message) {
    return message.second.acknowledged && *message.second.acknowledged <= step;
  });
  const auto ended = std::ranges::count_if(
      ended_, [step](const auto& recipient) { return recipient.second.step <= step; });
  return static_cast<std::size_t>(kept + ended);
}

void Ledger::accepted(const engine::Accepted& fact) {
  // "<letter 7@example.org>" has the message's name in it.
  const std::string name = fact.message_id.substr(1, fact.message_id.find('@') - 1);
  names_[fact.message] = name;
  acknowledged(name);
}

void Ledger::attempted(const engine::Attempted& fact) {
  ended(fact.message, fact.recipient, fact.state);
}

void Ledger::entered(mail::QueueId notice) {
  const std::string name = name_of_notice(notice);
  names_[notice] = name;
  submitted(name, "", 1);
  acknowledged(name);
}

void Ledger::noticed(const engine::Noticed& fact) { entered(fact.notice); }

void Ledger::storm_told(const engine::StormTold& fact) {
  entered(fact.mail);
  ++storms_told_;
}

void Ledger::trouble(const engine::Trouble& fact) {
  throw std::runtime_error{fact.doing + ": " + fact.why};
}

}  // namespace tenax::power
