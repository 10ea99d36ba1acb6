// SPDX-License-Identifier: Apache-2.0
#include "scheduler/what_if.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace tenax::scheduler {

namespace {

constexpr double kStep = 1.005;

using Seconds = std::chrono::duration<double>;

mail::Duration in_millis(double millis) {
  return mail::Duration{static_cast<std::int64_t>(std::llround(millis))};
}

void count(Outcome& outcome, const Past& past, const Replayed& replayed) {
  outcome.attempts += replayed.attempts;
  const bool answered = replayed.end == Replayed::End::answered;
  if (answered && past.delivered) ++outcome.delivered;
  if (replayed.end == Replayed::End::expired) {
    ++outcome.expired;
    if (past.delivered) ++outcome.lost;
  }
  if (replayed.end == Replayed::End::open && past.expired) ++outcome.revived;
}

void count_recorded(Outcome& outcome, const Past& past) {
  outcome.attempts += static_cast<std::int64_t>(past.deferrals.size()) + (past.answer ? 1 : 0);
  if (past.delivered) ++outcome.delivered;
  if (past.expired) ++outcome.expired;
}

std::optional<mail::Duration> delay_of(const Past& past, const Replayed& replayed) {
  if (!past.delivered || replayed.end != Replayed::End::answered) return std::nullopt;
  return std::max(replayed.when - past.accepted, mail::Duration{0});
}

double mean_change(const Share& share) {
  if (share.delayed == 0 || share.other_delayed == 0) return 0.0;
  return std::abs(share.other_delay / static_cast<double>(share.other_delayed) -
                  share.recorded_delay / static_cast<double>(share.delayed));
}

}  // namespace

void Delays::add(mail::Duration delay) {
  ++count_;
  sum_ += static_cast<double>(delay.count());
  const double seconds = std::max(1.0, Seconds{delay}.count());
  const auto step = static_cast<std::size_t>(std::log(seconds) / std::log(kStep));
  ++steps_[std::min(step, kSteps - 1)];
}

mail::Duration Delays::mean() const {
  return count_ == 0 ? mail::Duration{0} : in_millis(sum_ / static_cast<double>(count_));
}

mail::Duration Delays::quantile(double part) const {
  const auto wanted = static_cast<std::int64_t>(std::ceil(part * static_cast<double>(count_)));
  std::int64_t seen = 0;
  for (std::size_t step = 0; step < kSteps; ++step) {
    seen += steps_[step];
    // The middle of a step, as its logarithm has it.
    if (seen > 0 && seen >= wanted) {
      return in_millis(1000.0 * std::pow(kStep, static_cast<double>(step) + 0.5));
    }
  }
  return mail::Duration{0};
}

WhatIf::WhatIf(Schedule in_force, Schedule other, Overrides overrides)
    : in_force_schedule_{std::move(in_force)},
      other_schedule_{std::move(other)},
      overrides_{std::move(overrides)} {}

/// Where the operator has said another schedule, that stays.
std::optional<Schedule> WhatIf::own_schedule(std::string_view destination) const {
  if (overrides_.empty()) return std::nullopt;
  const auto parsed = mail::Destination::parse(destination);
  const OverridePtr entry = parsed ? overrides_.find(*parsed, {}) : nullptr;
  if (!entry || entry->retry == in_force_schedule_.policy) return std::nullopt;
  return Schedule{.policy = entry->retry, .delays = {}};
}

Share* WhatIf::share_of(std::string_view destination) {
  const auto found = shares_.find(destination);
  if (found != shares_.end()) return &found->second;
  if (shares_.size() == kMostDestinations) {
    more_destinations_ = true;
    return nullptr;
  }
  return &shares_.try_emplace(std::string{destination}).first->second;
}

void WhatIf::add(std::string_view destination, const Past& past) {
  const std::optional<Schedule> own = own_schedule(destination);
  const Schedule& in_force = own ? *own : in_force_schedule_;
  const Schedule& other = own ? *own : other_schedule_;
  ++recipients_;
  const bool put_off = !past.deferrals.empty();
  if (put_off) ++put_off_;
  count_recorded(recorded_.outcome, past);
  if (put_off && past.delivered) {
    recorded_.delays.add(std::max(past.answer->finished - past.accepted, mail::Duration{0}));
  }
  const auto count_way = [&](Way& way, const Replayed& replayed) {
    count(way.outcome, past, replayed);
    const std::optional<mail::Duration> delay = delay_of(past, replayed);
    if (put_off && delay) way.delays.add(*delay);
  };
  count_way(replayed_, replay(in_force, past, door_of(past, Guess::middle)));
  for (const Guess guess : {Guess::best, Guess::worst}) {
    count_way(other_[static_cast<std::size_t>(guess)], replay(other, past, door_of(past, guess)));
  }
  const Replayed middle = replay(other, past, door_of(past, Guess::middle));
  count_way(other_[static_cast<std::size_t>(Guess::middle)], middle);

  Share* const share = share_of(destination);
  if (share == nullptr) return;
  ++share->recipients;
  if (put_off) ++share->put_off;
  count_recorded(share->recorded, past);
  count(share->other, past, middle);
  if (!put_off || !past.delivered) return;
  ++share->delayed;
  share->recorded_delay += static_cast<double>((past.answer->finished - past.accepted).count());
  if (const std::optional<mail::Duration> delay = delay_of(past, middle)) {
    ++share->other_delayed;
    share->other_delay += static_cast<double>(delay->count());
  }
}

std::vector<std::pair<std::string, Share>> WhatIf::most_changed(std::size_t most) const {
  std::vector<std::pair<std::string, Share>> changed;
  for (const auto& [name, share] : shares_) {
    if (share.put_off > 0) changed.emplace_back(name, share);
  }
  const auto more = [](const auto& a, const auto& b) {
    const std::int64_t first = std::abs(a.second.other.attempts - a.second.recorded.attempts);
    const std::int64_t second = std::abs(b.second.other.attempts - b.second.recorded.attempts);
    if (first != second) return first > second;
    const double first_delay = mean_change(a.second);
    const double second_delay = mean_change(b.second);
    return first_delay != second_delay ? first_delay > second_delay : a.first < b.first;
  };
  const std::size_t count = std::min(most, changed.size());
  const auto end = changed.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(changed.begin(), end, changed.end(), more);
  changed.erase(end, changed.end());
  return changed;
}

}  // namespace tenax::scheduler
