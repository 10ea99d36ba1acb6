// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/prospects.h"

#include <algorithm>
#include <tuple>

#include "engine/destinations.h"

namespace tenax::cli {

namespace {

bool same_past(const queue::RecipientRow& a, const queue::RecipientRow& b) {
  return std::tie(a.state, a.attempts, a.next_attempt, a.next_notice) ==
         std::tie(b.state, b.attempts, b.next_attempt, b.next_notice);
}

scheduler::Outlook outlook_of(const queue::RecipientRow& row, mail::WallTime now) {
  scheduler::Outlook outlook{.message = row.message,
                             .accepted = row.accepted,
                             .attempts = row.attempts,
                             .next_attempt = row.next_attempt,
                             .next_notice = row.next_notice};
  if (row.state == mail::RecipientState::leased) outlook.next_attempt = now;
  if (row.state == mail::RecipientState::held) outlook.next_attempt.reset();
  return outlook;
}

}  // namespace

Prospects prospects_of(const queue::MessageDetails& message, const scheduler::RetryPolicy& policy,
                       mail::WallTime now, const scheduler::Overrides& overrides) {
  const auto retry = [&](const queue::RecipientRow& row) -> const scheduler::RetryPolicy& {
    return engine::retry_of(policy, overrides, row.destination, row.last);
  };
  Prospects prospects{.message = message.id,
                      .sender = message.envelope.sender,
                      .accepted = message.accepted,
                      .open = {},
                      .ended = 0,
                      .now = now};
  for (const queue::RecipientRow& row : message.recipients) {
    if (mail::is_final(row.state)) {
      ++prospects.ended;
      continue;
    }
    const auto like =
        std::find_if(prospects.open.begin(), prospects.open.end(), [&](const Prospect& other) {
          const queue::RecipientRow& one = other.recipients.front();
          return same_past(one, row) && &retry(one) == &retry(row);
        });
    if (like != prospects.open.end()) {
      like->recipients.push_back(row);
      continue;
    }
    prospects.open.push_back({{row}, scheduler::forecast(retry(row), outlook_of(row, now), now)});
  }
  return prospects;
}

}  // namespace tenax::cli
