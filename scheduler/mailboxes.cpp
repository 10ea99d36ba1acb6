// SPDX-License-Identifier: Apache-2.0
#include "scheduler/mailboxes.h"

#include <algorithm>
#include <cmath>

#include "scheduler/moment.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// How its messages ask in turn, and how each of them comes back: the gaps are a geometric row
/// whose first so many add up to the lifetime.
struct Patience {
  ProbePace pace;
  double growth;
  int gaps;
};

const Patience& patience_for(MailboxTrouble trouble) {
  static constexpr Patience kFull{{minutes{10}, 0.1, hours{2}}, 1.35, 14};
  static constexpr Patience kBusy{{minutes{1}, 0.25, hours{1}}, 2, 12};
  static constexpr Patience kUnknown{{minutes{10}, 0.4, hours{8}}, 2, 10};
  switch (trouble) {
    case MailboxTrouble::full: return kFull;
    case MailboxTrouble::busy: return kBusy;
    case MailboxTrouble::unknown: break;
  }
  return kUnknown;
}

constexpr mail::Duration kAsking = minutes{5};
constexpr mail::Duration kFreedLately = hours{1};

}  // namespace

void Mailboxes::refused(std::uint64_t mailbox, MailboxTrouble trouble, mail::WallTime when,
                        mail::WallTime now) {
  const auto [found, fresh] = mailboxes_.try_emplace(mailbox);
  if (fresh) {
    found->second.place = order_.insert(order_.end(), mailbox);
  } else {
    order_.splice(order_.end(), order_, found->second.place);
  }
  found->second.freed.reset();
  found->second.refusing.failed(when, now, patience_for(trouble).pace);
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

mail::Duration cheap_patience(int attempts, MailboxTrouble trouble, mail::Duration lifetime) {
  const auto& [pace, growth, gaps] = patience_for(trouble);
  const double sum = (std::pow(growth, gaps) - 1) / (growth - 1);
  const double first = static_cast<double>(lifetime.count()) / sum;
  const double gap = first * std::pow(growth, std::clamp(attempts - 1, 0, 60));
  return mail::Duration{
      static_cast<mail::Duration::rep>(std::min(gap, static_cast<double>(lifetime.count())))};
}

}  // namespace tenax::scheduler
