// SPDX-License-Identifier: Apache-2.0
// Ten thousand deferred messages at one destination do not make ten thousand attempts a cycle.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "tests/scheduler/memory_world.h"

namespace tenax::scheduler {
namespace {

/// A queue beside a scheduler that learns, and one receiver that answers each attempt in a second.
class Backlog {
 public:
  using Answer = std::function<mail::Verdict(const mail::DeliveryRequest&, mail::WallTime)>;

  explicit Backlog(Answer answer) : answer_{std::move(answer)} {}

  void come(int messages, const std::string& sender = "ann") {
    for (int i = 0; i < messages; ++i) {
      mail::DeliveryRequest made = letter(++last_id_, sender);
      made.accepted = now_;
      made.recipients.front().due = now_;
      waiting_.emplace(now_, std::move(made));
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
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  mail::WallTime next_moment() {
    mail::WallTime next = mail::WallTime::max();
    if (!flying_.empty()) next = flying_.begin()->first;
    if (const auto wake = scheduler_.next_wakeup(now_)) next = std::min(next, *wake);
    if (scheduler_.except(now_).empty() && scheduler_.appetite() > 0 && !waiting_.empty()) {
      next = std::min(next, waiting_.begin()->first);
    }
    return next;
  }

  void work() {
    while (!flying_.empty() && flying_.begin()->first <= now_) land();
    for (int i = 0; i < 20; ++i) {
      give_back();
      const bool claimed = claim();
      const auto ready = scheduler_.take_ready(now_);
      for (const mail::DeliveryRequest& one : ready) flying_.emplace(now_ + 1s, one);
      if (!claimed && ready.empty()) break;
    }
    give_back();
  }

  bool claim() {
    const bool early = !scheduler_.take_early().empty();
    if (!scheduler_.except(now_).empty()) return false;
    std::size_t most = std::min(scheduler_.appetite(), scheduler_.lane_appetite());
    bool any = false;
    while (most > 0 && !waiting_.empty() && (early || waiting_.begin()->first <= now_)) {
      scheduler_.add(std::move(waiting_.extract(waiting_.begin()).mapped()), now_);
      --most;
      any = true;
    }
    return any;
  }

  void give_back() {
    for (Shed& one : scheduler_.shed(now_)) {
      one.request.recipients.front().due = one.next_attempt;
      waiting_.emplace(one.next_attempt, std::move(one.request));
    }
  }

  void land() {
    mail::DeliveryRequest request = std::move(flying_.extract(flying_.begin()).mapped());
    const mail::Verdict verdict = answer_(request, now_);
    ++attempts_;
    const auto advice = scheduler_.finished(request, report(request, verdict, now_ - 1s), now_);
    if (verdict.kind == mail::Kind::delivered) ++delivered_;
    if (advice.empty() || !advice.front().next_attempt) return;
    mail::DueRecipient& recipient = request.recipients.front();
    recipient.attempts += advice.front().counted ? 1 : 0;
    recipient.knocks = advice.front().knocks;
    recipient.due = *advice.front().next_attempt;
    waiting_.emplace(recipient.due, std::move(request));
  }

  static SchedulerPolicy learning() {
    SchedulerPolicy policy;
    policy.learning.emplace();
    return policy;
  }

  Answer answer_;
  Scheduler scheduler_{learning()};
  mail::WallTime now_ = kNoon;
  std::multimap<mail::WallTime, mail::DeliveryRequest> waiting_;
  std::multimap<mail::WallTime, mail::DeliveryRequest> flying_;
  std::int64_t last_id_ = 0;
  int attempts_ = 0;
  int delivered_ = 0;
};

bool is_news(const mail::DeliveryRequest& request) {
  return request.envelope.sender->local_part() == "news";
}

TEST(RetryBudget, WhoIsRefusedWhileOthersAreTakenIsAskedForByOneAndDelaysNobody) {
  int refused = 0;
  mail::Duration longest{0};
  Backlog backlog{[&](const mail::DeliveryRequest& one, mail::WallTime now) {
    if (is_news(one)) {
      ++refused;
      return refusal("4.7.0 this content looks odd");
    }
    longest = std::max(longest, now - one.accepted);
    return delivery();
  }};
  for (int i = 0; i < 20; ++i) {
    backlog.come(1);
    backlog.pass(1min);
  }
  longest = {};
  backlog.come(10'000, "news");
  for (int hour = 0; hour < 12; ++hour) {
    refused = 0;
    for (int i = 0; i < 60; ++i) {
      backlog.come(1);
      backlog.pass(1min);
    }
    EXPECT_LE(refused, hour == 0 ? 60 : 5) << hour;
  }
  EXPECT_LE(longest, 5s);
}

TEST(RetryBudget, ASenderThatIsTakenAgainIsFree) {
  bool odd = true;
  Backlog backlog{[&](const mail::DeliveryRequest& one, mail::WallTime) {
    return is_news(one) && odd ? refusal("4.7.0 this content looks odd") : delivery();
  }};
  backlog.come(20);
  backlog.pass(10min);
  backlog.come(10'000, "news");
  backlog.pass(6h);
  EXPECT_EQ(backlog.delivered(), 20);
  odd = false;
  backlog.pass(4h);
  EXPECT_EQ(backlog.delivered(), 10'020);
}

TEST(RetryBudget, WhereEverybodyIsRefusedOneAsksForAll) {
  bool unwell = false;
  Backlog backlog{[&](const auto&, mail::WallTime) {
    return unwell ? refusal("4.5.1 unable to process") : delivery();
  }};
  for (const char* sender : {"ann", "news"}) backlog.come(50, sender);
  backlog.pass(1h);
  unwell = true;
  for (const char* sender : {"ann", "bob", "news"}) backlog.come(3'000, sender);
  (void)backlog.attempts();
  for (int hour = 0; hour < 24; ++hour) {
    backlog.pass(1h);
    EXPECT_LE(backlog.attempts(), hour == 0 ? 100 : 10) << hour;
  }
  unwell = false;
  backlog.pass(8h);
  EXPECT_EQ(backlog.delivered(), 9'100);
}

TEST(RetryBudget, WhereNobodyWasEverTakenAFifthAsksInACycleAtMost) {
  Backlog backlog{[](const auto&, mail::WallTime) { return refusal("4.7.1 try again later"); }};
  backlog.come(10'000);
  backlog.pass(2h);  // each knocks once: that may start a greylister's clock
  (void)backlog.attempts();
  for (int cycle = 0; cycle < 4; ++cycle) {
    backlog.pass(2h * (1 << cycle));
    EXPECT_LE(backlog.attempts(), 2'000) << cycle;
  }
}

}  // namespace
}  // namespace tenax::scheduler
