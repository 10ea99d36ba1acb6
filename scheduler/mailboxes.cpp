// SPDX-License-Identifier: Apache-2.0
#include "scheduler/mailboxes.h"

#include <algorithm>
#include <cmath>

#include "scheduler/moment.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr ProbePace kFullPace{minutes{10}, 0.1, hours{2}};
constexpr ProbePace kUnknownPace{minutes{10}, 0.4, hours{8}};
constexpr mail::Duration kAsking = minutes{5};
constexpr mail::Duration kFreedLately = hours{1};
constexpr double kGrowthFull = 1.35;
constexpr double kGrowthUnknown = 2;

}  // namespace

void Mailboxes::refused(std::uint64_t mailbox, bool full, mail::WallTime when, mail::WallTime now) {
  const auto [found, fresh] = mailboxes_.try_emplace(mailbox);
  if (fresh) {
    found->second.place = order_.insert(order_.end(), mailbox);
  } else {
    order_.splice(order_.end(), order_, found->second.place);
  }
  found->second.freed.reset();
  found->second.refusing.failed(when, now, full ? kFullPace : kUnknownPace);
  if (mailboxes_.size() <= most_) return;
  mailboxes_.erase(order_.front());
  order_.pop_front();
}

bool Mailboxes::taken(std::uint64_t mailbox, mail::WallTime now) {
  const auto found = mailboxes_.find(mailbox);
  if (found == mailboxes_.end() || !found->second.refusing.under_way()) return false;
  found->second.refusing.ended();
  found->second.freed = now;
  return true;
}

void Mailboxes::asking(std::uint64_t mailbox, mail::WallTime now) {
  const auto found = mailboxes_.find(mailbox);
  if (found == mailboxes_.end() || !found->second.refusing.under_way()) return;
  found->second.refusing.ask_at(now + kAsking);
}

std::optional<mail::WallTime> Mailboxes::not_before(std::uint64_t mailbox) const {
  const auto found = mailboxes_.find(mailbox);
  if (found == mailboxes_.end() || !found->second.refusing.under_way()) return std::nullopt;
  return found->second.refusing.next_probe();
}

Mailboxes Mailboxes::only(std::uint64_t mailbox) const {
  Mailboxes one{most_};
  const auto found = mailboxes_.find(mailbox);
  if (found == mailboxes_.end()) return one;
  const auto place = one.order_.insert(one.order_.end(), mailbox);
  one.mailboxes_.emplace(mailbox, Mailbox{found->second.refusing, found->second.freed, place});
  return one;
}

bool Mailboxes::freed(std::uint64_t mailbox, mail::WallTime now) const {
  const auto found = mailboxes_.find(mailbox);
  return found != mailboxes_.end() && found->second.freed &&
         now < *found->second.freed + kFreedLately;
}

void Mailboxes::shift(mail::Duration step) {
  for (auto& [number, mailbox] : mailboxes_) {
    mailbox.refusing.shift(step);
    move_along(mailbox.freed, step);
  }
}

mail::Duration cheap_patience(int attempts, bool full, mail::Duration lifetime) {
  // The gaps are a geometric row whose first so many add up to the lifetime. A full mailbox may be
  // emptied at any time. One that is unknown mostly stays so; but many a server says that at first
  // only, while it asks another one or to see whether we come again.
  const double growth = full ? kGrowthFull : kGrowthUnknown;
  const double sum = (std::pow(growth, full ? 14 : 10) - 1) / (growth - 1);
  const double first = static_cast<double>(lifetime.count()) / sum;
  const double gap = first * std::pow(growth, std::clamp(attempts - 1, 0, 60));
  return mail::Duration{
      static_cast<mail::Duration::rep>(std::min(gap, static_cast<double>(lifetime.count())))};
}

}  // namespace tenax::scheduler
