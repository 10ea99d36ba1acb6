// SPDX-License-Identifier: Apache-2.0
#include "scheduler/shares.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tenax::scheduler {

namespace {

// Of keys that wait for nothing now; only requests with more than one recipient leave debts.
constexpr std::size_t kMostDebts = 64;

}  // namespace

void Shares::enter(std::uint32_t key, std::uint64_t number) {
  Turn turn{present_ + 1, number, key};
  if (const auto debt = debts_.find(key); debt != debts_.end()) {
    turn.start = std::max(turn.start, debt->second);
    debts_.erase(debt);
  }
  [[maybe_unused]] const bool entered = starts_.emplace(key, turn).second;
  assert(entered);
  turns_.insert(turn);
}

void Shares::leave(std::uint32_t key) {
  const auto found = starts_.find(key);
  assert(found != starts_.end());
  const Turn turn = found->second;
  turns_.erase(turn);
  starts_.erase(found);
  remember_debt(turn);
}

void Shares::remember_debt(const Turn& turn) {
  if (turn.start <= present_ + 1) return;
  if (debts_.size() >= kMostDebts) {
    std::erase_if(debts_, [this](const auto& debt) { return debt.second <= present_ + 1; });
  }
  if (debts_.size() < kMostDebts) debts_.emplace(turn.key, turn.start);
}

void Shares::charge(std::uint32_t key, std::size_t recipients) {
  const auto found = starts_.find(key);
  assert(found != starts_.end());
  Turn& turn = found->second;
  turns_.erase(turn);
  // Its start, unless it goes before its turn (a last chance): the present never goes back.
  present_ = std::max(present_, turn.start);
  turn.start += recipients;
  turns_.insert(turn);
}

void SenderTurns::enter(Sender sender, std::uint64_t number) {
  if (empty()) {
    only_ = Only{sender, number};
    return;
  }
  if (table_ == nullptr) {
    table_ = std::make_unique<Table>();
    const Only first = *std::exchange(only_, std::nullopt);
    table_->domains.enter(first.sender.domain, first.number);
    table_->names[first.sender.domain].enter(first.sender.name, first.number);
  }
  Shares& names = table_->names[sender.domain];
  if (names.empty()) table_->domains.enter(sender.domain, number);
  names.enter(sender.name, number);
}

void SenderTurns::leave(Sender sender) {
  if (table_ == nullptr) {
    only_.reset();
    return;
  }
  const auto names = table_->names.find(sender.domain);
  names->second.leave(sender.name);
  if (!names->second.empty()) return;
  table_->names.erase(names);
  table_->domains.leave(sender.domain);
  if (table_->domains.empty()) table_.reset();
}

void SenderTurns::charge(Sender sender, std::size_t recipients) {
  if (table_ == nullptr) return;
  table_->domains.charge(sender.domain, recipients);
  table_->names.find(sender.domain)->second.charge(sender.name, recipients);
}

Sender SenderTurns::next() const {
  if (table_ == nullptr) return only_->sender;
  const std::uint32_t domain = table_->domains.next();
  return {domain, table_->names.find(domain)->second.next()};
}

Sender SenderTurns::last() const {
  if (table_ == nullptr) return only_->sender;
  const std::uint32_t domain = table_->domains.last();
  return {domain, table_->names.find(domain)->second.last()};
}

}  // namespace tenax::scheduler
