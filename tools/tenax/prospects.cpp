// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/prospects.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "engine/destinations.h"

namespace tenax::cli {

namespace {

using mail::RecipientState;

constexpr std::size_t kMostForetold = 200;

/// Whoever learns looks at more than the schedule does.
bool same_past(const queue::RecipientRow& a, const queue::RecipientRow& b, bool learns) {
  const auto past = [](const queue::RecipientRow& row) {
    return std::tie(row.state, row.attempts, row.next_attempt, row.next_notice, row.stormed);
  };
  if (past(a) != past(b)) return false;
  if (!learns) return true;
  const auto text = [](const queue::RecipientRow& row) {
    return row.last ? row.last->text : std::string{};
  };
  return std::tie(a.destination, a.knocks) == std::tie(b.destination, b.knocks) &&
         text(a) == text(b);
}

bool is_tried(const queue::RecipientRow& row) {
  return row.state == RecipientState::waiting || row.state == RecipientState::leased;
}

scheduler::Outlook outlook_of(const queue::RecipientRow& row, mail::WallTime now) {
  scheduler::Outlook outlook{.message = row.message,
                             .accepted = row.accepted,
                             .attempts = row.attempts,
                             .next_attempt = row.next_attempt,
                             .next_notice = row.next_notice};
  if (row.state == RecipientState::leased) outlook.next_attempt = now;
  if (row.state == RecipientState::held) outlook.next_attempt.reset();
  // Of what is held by hand no sender hears.
  if (row.state == RecipientState::held && !row.stormed) outlook.next_notice.reset();
  return outlook;
}

using RetryOf = std::function<const scheduler::RetryPolicy&(const queue::RecipientRow&)>;

/// Groups without their forecasts.
std::vector<Prospect> grouped(const queue::MessageDetails& message, const RetryOf& retry_of,
                              bool learns) {
  std::vector<Prospect> open;
  for (const queue::RecipientRow& row : message.recipients) {
    if (mail::is_final(row.state)) continue;
    const auto like = std::ranges::find_if(open, [&](const Prospect& other) {
      const queue::RecipientRow& one = other.recipients.front();
      return same_past(one, row, learns) && &retry_of(one) == &retry_of(row);
    });
    if (like != open.end()) {
      like->recipients.push_back(row);
    } else {
      open.push_back({{row}, {}});
    }
  }
  return open;
}

/// Of a pause nobody knows the end: only what is under way goes on.
void pause(std::vector<Prospect>& open) {
  for (Prospect& one : open) {
    std::vector<scheduler::Coming>& attempts = one.forecast.attempts;
    const bool under_way = one.recipients.front().state == RecipientState::leased;
    attempts.resize(std::min<std::size_t>(attempts.size(), under_way ? 1 : 0));
    one.forecast.more = false;
  }
}

/// False: nobody learns.
bool foretold(std::vector<Prospect>& open, const RetryOf& retry_of,
              const scheduler::Overrides& overrides, mail::WallTime now, const Foretell& foretell) {
  std::vector<scheduler::Role> roles;
  for (const Prospect& one : open) {
    const queue::RecipientRow& row = one.recipients.front();
    if (is_tried(row) && roles.size() < kMostForetold) roles.push_back(role_of(row, now));
  }
  std::optional<std::vector<scheduler::Rehearsal>> told = foretell(roles);
  if (!told) return false;
  std::size_t next = 0;
  for (Prospect& one : open) {
    const queue::RecipientRow& row = one.recipients.front();
    const scheduler::Outlook outlook = outlook_of(row, now);
    const bool known = is_tried(row) && next < told->size();
    scheduler::RetryPolicy policy = retry_of(row);
    const auto entry = engine::entry_of(overrides, row.destination, row.last);
    policy.learns = entry == nullptr || entry->learns;
    one.forecast = known ? scheduler::forecast(policy, outlook, std::move((*told)[next++]), now)
                         : scheduler::forecast(policy, outlook, now);
  }
  return true;
}

}  // namespace

scheduler::Role role_of(const queue::RecipientRow& row, mail::WallTime now) {
  const bool under_way = row.state == RecipientState::leased;
  return {.message = row.message,
          .sender = row.sender,
          .accepted = row.accepted,
          .destination = row.destination,
          .recipient = row.address,
          .attempts = row.attempts,
          .due = under_way ? now : row.next_attempt.value_or(now),
          .knocks = row.knocks,
          .insisted = row.insisted,
          .last = row.last};
}

Prospects prospects_of(const queue::MessageDetails& message, const scheduler::RetryPolicy& policy,
                       mail::WallTime now, const scheduler::Overrides& overrides,
                       const Foretell& foretell, bool paused) {
  const RetryOf retry_of = [&](const queue::RecipientRow& row) -> const scheduler::RetryPolicy& {
    return engine::retry_of(policy, overrides, row.destination, row.last);
  };
  Prospects prospects{.message = message.id,
                      .sender = message.envelope.sender,
                      .accepted = message.accepted,
                      .open = {},
                      .ended = 0,
                      .paused = paused,
                      .now = now};
  prospects.ended = static_cast<std::size_t>(std::ranges::count_if(
      message.recipients, [](const queue::RecipientRow& row) { return is_final(row.state); }));
  if (foretell && !paused) {
    prospects.open = grouped(message, retry_of, true);
    if (foretold(prospects.open, retry_of, overrides, now, foretell)) return prospects;
  }
  prospects.open = grouped(message, retry_of, false);
  for (Prospect& one : prospects.open) {
    const queue::RecipientRow& row = one.recipients.front();
    scheduler::RetryPolicy schedule = retry_of(row);
    schedule.learns = false;
    one.forecast = scheduler::forecast(schedule, outlook_of(row, now), now);
  }
  if (paused) pause(prospects.open);
  return prospects;
}

}  // namespace tenax::cli
