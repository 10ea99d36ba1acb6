// SPDX-License-Identifier: Apache-2.0
#include "scheduler/window.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "scheduler/moment.h"

namespace tenax::scheduler {

namespace {

// After a fault of our own the destination is not to blame, but the next message would most likely
// meet the same fault: a queue of a hundred thousand must not be burnt through in a minute.
constexpr mail::Duration kFirstRest = std::chrono::seconds{1};
constexpr mail::Duration kLongestRest = std::chrono::minutes{1};

mail::Duration grown(mail::Duration first, double growth, int steps, mail::Duration longest) {
  using Seconds = std::chrono::duration<double>;
  const Seconds length = Seconds{first} * std::pow(growth, steps);
  const Seconds capped = std::min(length, Seconds{longest});
  return std::max(mail::Duration{0}, std::chrono::duration_cast<mail::Duration>(capped));
}

int first_size(const LanePolicy& policy) { return std::max(policy.first_window, 1); }

int longest_size(const LanePolicy& policy) {
  return std::max(policy.longest_window, first_size(policy));
}

}  // namespace

Window::Window(const LanePolicy& policy) : size_{first_size(policy)} {}

bool Window::allows(mail::WallTime now) const {
  if (paused(now) || parked(now)) return false;
  // The canary flies alone: what was under way when the lane was parked has to come home first, or
  // its failure could not be told from the canary's.
  if (parked_until_) return in_flight_ == 0;
  return in_flight_ < size_;
}

bool Window::allows_last_chance(mail::WallTime now) const {
  return !paused(now) && in_flight_ == 0;
}

void Window::ended(mail::Health health, mail::WallTime now, const LanePolicy& policy) {
  assert(in_flight_ > 0);
  --in_flight_;
  switch (health) {
    case mail::Health::well: succeeded(policy); break;
    case mail::Health::broke_off: broke_off(now, policy); break;
    case mail::Health::refused_by_host:
    case mail::Health::unreachable:
    case mail::Health::unresolved: failed(now, policy); break;
    case mail::Health::ours: pause(now); break;
  }
}

/// Once it may be the message; again, with nothing taken in between, it is the host.
void Window::broke_off(mail::WallTime now, const LanePolicy& policy) {
  if (std::exchange(broke_off_, true)) return failed(now, policy);
  if (in_flight_ == 0 && !parked(now)) parked_until_.reset();  // the canary was heard
}

void Window::succeeded(const LanePolicy& policy) {
  failures_ = 0;
  broke_off_ = false;
  straggling_ = 0;
  parkings_ = 0;
  pauses_ = 0;
  paused_until_.reset();
  parked_until_.reset();  // the size is 1 then, and grows from there
  if (++successes_ < size_) return;
  successes_ = 0;
  size_ = std::min(size_ + 1, longest_size(policy));
}

void Window::failed(mail::WallTime now, const LanePolicy& policy) {
  pauses_ = 0;
  paused_until_.reset();
  if (straggling_ > 0) {
    --straggling_;
    return;
  }
  straggling_ = in_flight_;
  successes_ = 0;
  ++failures_;
  size_ = std::max(1, size_ / 2);
  // A last chance that failed inside the parking tells nothing new.
  if (parked(now)) return;
  if (parked_until_ || failures_ >= policy.failures_to_park) park(now, policy);
}

void Window::pause(mail::WallTime now) {
  if (straggling_ > 0) --straggling_;
  if (paused(now)) return;  // several under way at once met the same fault
  paused_until_ = now + grown(kFirstRest, 2.0, pauses_, kLongestRest);
  ++pauses_;
}

void Window::park(mail::WallTime now, const LanePolicy& policy) {
  parking_ = grown(policy.first_parking, policy.parking_growth, parkings_, policy.longest_parking);
  parked_until_ = now + parking_;
  ++parkings_;
  size_ = 1;
}

void Window::unpark(mail::WallTime now) {
  paused_until_.reset();
  if (parked(now)) parked_until_ = now;
}

void Window::shift(mail::Duration step) {
  move_along(parked_until_, step);
  move_along(paused_until_, step);
}

void Window::adopt(const LanePolicy& before, const LanePolicy& after) {
  if (knows_nothing(before)) size_ = first_size(after);
  size_ = std::min(size_, longest_size(after));
}

std::optional<mail::WallTime> Window::opens(mail::WallTime now) const {
  std::optional<mail::WallTime> when;
  if (parked(now)) when = parked_until_;
  if (paused(now)) when = std::max(when, paused_until_);
  return when;
}

bool Window::knows_nothing(const LanePolicy& policy) const {
  return size_ == first_size(policy) && failures_ == 0 && !broke_off_ && !parked_until_ &&
         !paused_until_;
}

}  // namespace tenax::scheduler
