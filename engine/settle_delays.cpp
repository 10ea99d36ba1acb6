// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "engine/destinations.h"
#include "engine/notice_order.h"
#include "engine/settle.h"
#include "scheduler/forecast.h"

namespace tenax::engine {

namespace {

using bounce::NoticeKind;
using mail::RecipientState;

constexpr std::size_t kForecastShown = 5;
// Recipients of one message; of the others the notice tells the date that the queue has.
constexpr std::size_t kRehearsed = 20;

std::optional<mail::WallTime> next_of(const scheduler::Forecast& forecast) {
  if (forecast.attempts.empty()) return std::nullopt;
  return forecast.attempts.front().when;
}

scheduler::Role role_of(const queue::NoticeDue& due, const queue::NoticeDue::Recipient& recipient) {
  return {.message = due.message,
          .sender = due.envelope.sender,
          .accepted = due.accepted,
          .destination = recipient.destination,
          .recipient = recipient.address,
          .attempts = recipient.attempts,
          .due = recipient.next_attempt.value_or(due.accepted),
          .knocks = recipient.knocks,
          .last = recipient.last};
}

}  // namespace

Draft settle_delays(const queue::NoticeDue& due, const Terms& terms, mail::WallTime now,
                    const Rehearse& rehearse) {
  Draft draft;
  draft.wording = terms.wording;
  draft.notices_per_hour = terms.notices_per_hour;
  draft.settlement.message = due.message;

  bounce::Order order =
      notice_order(NoticeKind::delayed, due.message, due.envelope, due.accepted, terms, now);
  bounce::Order held = order;
  held.held = true;
  bounce::Order paused = held;
  paused.paused = true;
  for (const queue::NoticeDue::Recipient& recipient : due.recipients) {
    // Counted on from now, not from when this one was due: a daemon that was down over two of them
    // tells the sender once.
    const mail::WallTime from = std::max(now, recipient.due);
    scheduler::RetryPolicy retry =
        retry_of(terms.retry, terms.overrides, recipient.destination, recipient.last);
    const auto entry = entry_of(terms.overrides, recipient.destination, recipient.last);
    retry.learns = rehearse && (entry == nullptr || entry->learns);
    const auto next_notice = scheduler::next_delay_notice(retry, due.accepted, from);
    draft.settlement.marks.push_back({recipient.id, next_notice});

    // Held by the operator's own hand: they know why they say nothing.
    const bool stormed = recipient.state == RecipientState::held && recipient.stormed;
    if (recipient.state != RecipientState::waiting && !stormed) continue;
    if (!bounce::eligible(NoticeKind::delayed, due.envelope, due.origin, recipient.notify)) {
      continue;
    }
    if (stormed || terms.paused) {  // no date could be given
      draft.settlement.marks.back().told = true;
      (stormed ? held : paused)
          .subjects.push_back({.id = recipient.id,
                               .address = recipient.address,
                               .original = recipient.original,
                               .verdict = recipient.last,
                               .attempts = recipient.attempts,
                               .last_attempt = {},
                               .next_attempt = {},
                               .retry_until = {}});
      continue;
    }
    const scheduler::Outlook outlook{due.message, due.accepted, recipient.attempts,
                                     recipient.next_attempt, next_notice};
    scheduler::Forecast forecast = scheduler::forecast(retry, outlook, now, kForecastShown);
    const bool whole = !retry.learns || order.subjects.size() < kRehearsed;
    if (retry.learns && whole) {
      scheduler::Rehearsal told = foretell(role_of(due, recipient), terms.retry, entry.get(), now,
                                           kForecastShown, rehearse);
      forecast = scheduler::forecast(retry, outlook, std::move(told), now);
    }
    draft.settlement.marks.back().told = true;
    order.subjects.push_back({.id = recipient.id,
                              .address = recipient.address,
                              .original = recipient.original,
                              .verdict = recipient.last,
                              .attempts = recipient.attempts,
                              .last_attempt = {},
                              .next_attempt = next_of(forecast),
                              .retry_until = forecast.end});
    if (!whole || forecast.attempts.empty()) continue;
    const bool sooner =
        order.coming_attempts.empty() || next_of(forecast) < order.coming_attempts.front();
    if (!sooner) continue;
    order.coming_attempts.clear();
    for (const scheduler::Coming& one : forecast.attempts)
      order.coming_attempts.push_back(one.when);
  }
  if (!order.subjects.empty()) draft.orders.push_back(std::move(order));
  if (!held.subjects.empty()) draft.orders.push_back(std::move(held));
  if (!paused.subjects.empty()) draft.orders.push_back(std::move(paused));
  return draft;
}

}  // namespace tenax::engine
