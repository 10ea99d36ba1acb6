// SPDX-License-Identifier: Apache-2.0
#pragma once
// A scheduler that learns, at work in virtual time.

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {

/// What comes of one attempt.
struct Met {
  Met(mail::Verdict verdict)
      : verdict{std::move(verdict)} {}  // NOLINT(google-explicit-constructor)
  Met(mail::Verdict verdict, mail::Health health, mail::Duration takes)
      : verdict{std::move(verdict)}, health{health}, takes{takes} {}

  mail::Verdict verdict;
  mail::Health health = mail::Health::well;
  mail::Duration takes = 1s;
  std::string host;     // of one name,
  std::string address;  // met there, or not

  Met& at(std::string name, std::string where) {
    host = std::move(name);
    address = std::move(where);
    return *this;
  }
};

/// Nobody answered.
inline Met no_answer(mail::Duration takes) {
  return {mail::Verdict{}, mail::Health::unreachable, takes};
}

/// A queue beside a scheduler that learns, and receivers that decide when an attempt begins.
class Backlog {
 public:
  using Answer = std::function<Met(const mail::DeliveryRequest&, mail::WallTime)>;

  explicit Backlog(Answer answer) : answer_{std::move(answer)} {}

  void come(int messages, const std::string& sender = "ann", int at_site = 1) {
    for (int i = 0; i < messages; ++i) {
      mail::DeliveryRequest made = letter(++last_id_, sender, at_site);
      made.accepted = now_;
      made.recipients.front().due = now_;
      wait(std::move(made));
    }
  }

  void come_to_one_mailbox(int messages) {
    const mail::Address mailbox = letter(++last_id_).recipients.front().address;
    for (int i = 0; i < messages; ++i) {
      mail::DeliveryRequest made = letter(++last_id_);
      made.accepted = now_;
      made.recipients.front().address = mailbox;
      made.recipients.front().due = now_;
      wait(std::move(made));
    }
  }

  void pass(mail::Duration length) {
    const mail::WallTime end = now_ + length;
    for (int steps = 0; steps < 5'000'000; ++steps) {
      work();
      const mail::WallTime next = next_moment();
      if (next > end) break;
      now_ = std::max(next, now_ + 1ms);
    }
    now_ = end;
  }

  int attempts() { return std::exchange(attempts_, 0); }
  [[nodiscard]] int delivered() const { return delivered_; }
  [[nodiscard]] mail::WallTime now() const { return now_; }
  [[nodiscard]] std::size_t waiting() const {
    std::size_t all = 0;
    for (const auto& [destination, lane] : waiting_) all += lane.size();
    return all;
  }

 private:
  struct Flight {
    mail::DeliveryRequest request;
    Met met;
    mail::WallTime began;
  };
  /// By when it is due, and by who came first.
  using Lane = std::map<std::pair<mail::WallTime, std::int64_t>, mail::DeliveryRequest>;

  void wait(mail::DeliveryRequest request) {
    Lane& lane = waiting_[request.destination.text()];
    const std::pair key{request.recipients.front().due, ++last_place_};
    lane.emplace(key, std::move(request));
  }

  mail::WallTime next_moment() {
    mail::WallTime next = mail::WallTime::max();
    if (!flying_.empty()) next = flying_.begin()->first;
    if (const auto wake = scheduler_.next_wakeup(now_)) next = std::min(next, *wake);
    if (scheduler_.appetite() == 0) return next;
    const std::vector<std::string> closed = scheduler_.except(now_);
    for (const auto& [destination, lane] : waiting_) {
      if (lane.empty() || is_one_of(closed, destination)) continue;
      next = std::min(next, lane.begin()->first.first);
    }
    return next;
  }

  void work() {
    while (!flying_.empty() && flying_.begin()->first <= now_) land();
    for (int i = 0; i < 20; ++i) {
      give_back();
      const bool claimed = claim();
      const auto ready = scheduler_.take_ready(now_);
      for (const mail::DeliveryRequest& one : ready) {
        Flight flight{one, answer_(one, now_), now_};
        const mail::WallTime lands = now_ + flight.met.takes;
        flying_.emplace(lands, std::move(flight));
      }
      if (!claimed && ready.empty()) break;
    }
    give_back();
  }

  bool claim() {
    const std::vector<std::string> early = scheduler_.take_early();
    const std::vector<std::string> closed = scheduler_.except(now_);
    std::size_t most = std::min(scheduler_.appetite(), scheduler_.lane_appetite());
    bool any = false;
    for (; most > 0; --most) {
      Lane* first = nullptr;
      for (auto& [destination, lane] : waiting_) {
        if (lane.empty() || is_one_of(closed, destination)) continue;
        const bool goes = lane.begin()->first.first <= now_ || is_one_of(early, destination);
        if (goes && (first == nullptr || lane.begin()->first < first->begin()->first))
          first = &lane;
      }
      if (first == nullptr) break;
      scheduler_.add(std::move(first->extract(first->begin()).mapped()), now_);
      any = true;
    }
    return any;
  }

  static bool is_one_of(const std::vector<std::string>& names, const std::string& destination) {
    return std::ranges::find(names, destination) != names.end();
  }

  void give_back() {
    for (Shed& one : scheduler_.shed(now_)) {
      one.request.recipients.front().due = one.next_attempt;
      wait(std::move(one.request));
    }
  }

  void land() {
    auto [request, met, began] = std::move(flying_.extract(flying_.begin()).mapped());
    ++attempts_;
    const auto advice = scheduler_.finished(request, told(request, met, began), now_);
    if (met.verdict.kind == mail::Kind::delivered) ++delivered_;
    if (advice.empty() || !advice.front().next_attempt) return;
    mail::DueRecipient& recipient = request.recipients.front();
    recipient.attempts += advice.front().counted ? 1 : 0;
    recipient.knocks = advice.front().knocks;
    recipient.due = *advice.front().next_attempt;
    wait(std::move(request));
  }

  static mail::DeliveryReport told(const mail::DeliveryRequest& request, const Met& met,
                                   mail::WallTime began) {
    if (met.host.empty()) return report(request, met.verdict, began, met.health);
    return answered(request, met.verdict, met.host, met.address, began, met.health);
  }

  static SchedulerPolicy learning() {
    SchedulerPolicy policy;
    policy.learning.emplace();
    return policy;
  }

  Answer answer_;
  Scheduler scheduler_{learning()};
  mail::WallTime now_ = kNoon;
  std::map<std::string, Lane> waiting_;
  std::multimap<mail::WallTime, Flight> flying_;
  std::int64_t last_id_ = 0;
  std::int64_t last_place_ = 0;
  int attempts_ = 0;
  int delivered_ = 0;
};

}  // namespace tenax::scheduler
