// SPDX-License-Identifier: Apache-2.0
// Random lives of a scheduler beside a ledger that knows where every request must be.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/scheduler/requests.h"
#include "tests/support/watched.h"

namespace tenax::scheduler {
namespace {

using mail::Health;

constexpr int kSites = 12;

class Life {
 public:
  explicit Life(std::uint64_t seed) : dice_{seed}, policy_{draw_policy()}, scheduler_{policy_} {}

  void run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      now_ += mail::Duration{static_cast<std::int64_t>(below(20'000))};
      act();
      check_bounds();
    }
    if (!testing::Test::HasFatalFailure()) settle_all();
  }

 private:
  struct Flight {
    std::int64_t id;
    int site;
    std::size_t recipients;
  };

  std::uint64_t below(std::uint64_t n) { return dice_() % n; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }

  SchedulerPolicy draw_policy() {
    SchedulerPolicy policy;
    policy.lane.first_window = 1 + static_cast<int>(below(3));
    policy.lane.longest_window = 1 + static_cast<int>(below(10));
    policy.lane.first_parking = mail::Duration{1000 + static_cast<int>(below(60'000))};
    policy.active_recipients = 50 + below(300);
    policy.lane_recipients = 20 + below(60);
    policy.sessions = 1 + below(20);
    policy.remembered_lanes = below(kSites);
    policy.lifetime = 2h;
    if (chance(50)) draw_overrides(policy);
    return policy;
  }

  /// Of some sites the operator says how fast and over how many sessions.
  void draw_overrides(SchedulerPolicy& policy) {
    policy.remembered_lanes = kSites;  // who is forgotten may begin anew
    std::vector<Override> entries;
    for (int n = 0; n < kSites; n += 3) {
      Override entry;
      entry.domains = {site(n).name()};
      entry.lane = policy.lane;
      entry.lane.longest_window = 1 + static_cast<int>(below(3));
      entry.lane.first_window = 1;
      entry.retry.lifetime = policy.lifetime;
      entry.recipients_per_transaction = 1000;
      entry.pace = PaceLimit{1 + static_cast<int>(below(20)),
                             mail::Duration{1000 + static_cast<int>(below(120'000))},
                             1 + static_cast<int>(below(5))};
      entries.push_back(std::move(entry));
    }
    policy.overrides = Overrides{std::move(entries)};
  }

  void act() {
    const std::uint64_t dart = below(100);
    if (dart < 35) {
      claim();
    } else if (dart < 60) {
      take();
    } else if (dart < 85) {
      finish();
    } else if (dart < 90) {
      shed();
    } else if (dart < 96) {
      step_clock();
    } else if (dart < 98) {
      scheduler_.unpark(chance(50) ? std::vector<std::string>{} : names(), now_);
    } else {
      reload();
    }
  }

  std::vector<std::string> names() { return {site(static_cast<int>(below(kSites))).text()}; }

  /// As the feed does: within the appetite, and not for what is excepted.
  void claim() {
    const std::size_t appetite = scheduler_.appetite();
    const std::vector<std::string> except = scheduler_.except(now_);
    const int where = static_cast<int>(below(kSites));
    if (std::ranges::count(except, site(where).text()) > 0) return;
    const std::size_t most = std::min(appetite, scheduler_.lane_appetite());
    if (most == 0) return;
    const auto ago = [this](std::uint64_t most_ms) {
      return now_ - mail::Duration{static_cast<std::int64_t>(below(most_ms))};
    };
    mail::DeliveryRequest made = request({.id = ++last_id_,
                                          .site = where,
                                          .attempts = static_cast<int>(below(3)),
                                          .due = ago(3'600'000),
                                          .accepted = ago(3 * 3'600'000),
                                          .recipients = 1 + static_cast<int>(below(most)),
                                          .from = draw_sender()});
    waiting_.emplace(last_id_, made);
    scheduler_.add(std::move(made), now_);
  }

  std::string draw_sender() {
    if (chance(10)) return {};
    return std::string(1, static_cast<char>('a' + below(5))) + "@" + (chance(50) ? "one" : "two") +
           ".example";
  }

  static bool fresh(const mail::DeliveryRequest& one) {
    return std::ranges::any_of(one.recipients, [](const auto& r) { return r.attempts == 0; });
  }

  void take() {
    std::set<int> started;
    for (const mail::DeliveryRequest& one : scheduler_.take_ready(now_)) {
      const auto found = waiting_.find(one.message.value);
      ASSERT_NE(found, waiting_.end()) << "given twice, or never added";
      ASSERT_EQ(found->second.recipients.size(), one.recipients.size());
      waiting_.erase(found);
      const bool parked = [&] {
        const LaneView view = view_of(scheduler_, site_of(one));
        return view.parked_until > now_;
      }();
      if (parked) {
        ASSERT_LE(one.accepted + policy_.lifetime, now_) << "started while parked";
      } else if (!fresh(one)) {
        const bool fresh_waits = std::ranges::any_of(waiting_, [&](const auto& other) {
          return other.second.destination == one.destination && fresh(other.second);
        });
        ASSERT_TRUE(!fresh_waits || fresh_in_a_row_[site_of(one)] >= 4)
            << "fresh mail stood behind deferred mail";
      }
      int& in_a_row = fresh_in_a_row_[site_of(one)];
      in_a_row = fresh(one) ? in_a_row + 1 : 0;
      flying_.push_back({one.message.value, site_of(one), one.recipients.size()});
      check_pace(one.destination);
      ++in_flight_[site_of(one)];
      started.insert(site_of(one));
    }
    for (const int where : started) {
      const LaneView view = view_of(scheduler_, where);
      ASSERT_LE(view.in_flight, view.window) << "the window was exceeded";
      ASSERT_EQ(view.in_flight, in_flight_[where]);
    }
    ASSERT_LE(flying_.size(), policy_.sessions);
  }

  /// In no time did more begin than the operator's rate allows.
  void check_pace(const mail::Destination& destination) {
    const OverridePtr entry = policy_.overrides.find(destination, {});
    if (!entry) return;
    std::vector<mail::WallTime>& begun = begun_[destination.text()];
    begun.push_back(now_);
    ASSERT_LE(view_of(scheduler_, std::stoi(destination.text().substr(4))).in_flight,
              entry->lane.longest_window);
    const PaceLimit& limit = *entry->pace;
    const std::size_t old = begun.size() > 200 ? begun.size() - 200 : 0;
    for (std::size_t first = old; first < begun.size(); ++first) {
      const auto time = static_cast<double>((now_ - begun[first]).count());
      const double most =
          limit.burst + time * limit.count / static_cast<double>(limit.period.count());
      ASSERT_LE(static_cast<double>(begun.size() - first), most + 1e-6) << "faster than its rate";
    }
  }

  static int site_of(const mail::DeliveryRequest& one) {
    return std::stoi(one.destination.text().substr(4));
  }

  void finish() {
    if (flying_.empty()) return;
    const std::size_t which = below(flying_.size());
    const Flight flight = flying_[which];
    flying_.erase(flying_.begin() + static_cast<std::ptrdiff_t>(which));
    --in_flight_[flight.site];
    // Some sites are dead, some living, some of both kinds.
    const std::uint64_t luck = static_cast<std::uint64_t>(flight.site) * 100 / kSites;
    Health health = chance(luck) ? Health::well : Health::unreachable;
    if (chance(5)) health = Health::refused_by_host;
    if (chance(5)) health = Health::ours;
    scheduler_.finished(site(flight.site), health, now_, chance(80) ? flight.recipients : 0);
  }

  void shed() {
    for (const Shed& one : scheduler_.shed(now_)) {
      ASSERT_EQ(waiting_.erase(one.request.message.value), 1U) << "shed what was not there";
      ASSERT_GT(one.next_attempt, now_);
      const LaneView view = view_of(scheduler_, site_of(one.request));
      if (view.parked_until > now_) {
        const mail::WallTime deadline = one.request.accepted + policy_.lifetime;
        ASSERT_GE(one.next_attempt, std::min(*view.parked_until, deadline));
      }
    }
  }

  void step_clock() {
    const mail::Duration step{static_cast<std::int64_t>(below(20'000'000)) - 10'000'000};
    scheduler_.clock_stepped(step);
    now_ += step;
    for (auto& [name, begun] : begun_) {
      for (mail::WallTime& when : begun) when += step;
    }
    for (auto& [id, one] : waiting_) one.accepted += step;
  }

  /// Kept to policies that no state of now contradicts.
  void reload() {
    policy_.lane.first_parking = mail::Duration{1000 + static_cast<int>(below(60'000))};
    policy_.sessions += below(3);
    if (policy_.overrides.empty()) policy_.remembered_lanes = below(kSites);
    scheduler_.adopt(policy_);
  }

  void check_bounds() {
    std::size_t waiting = 0;
    for (const auto& [id, one] : waiting_) waiting += one.recipients.size();
    std::size_t flying = 0;
    for (const Flight& flight : flying_) flying += flight.recipients;
    ASSERT_LE(waiting + flying, policy_.active_recipients);
    ASSERT_LE(scheduler_.appetite(), policy_.active_recipients - waiting - flying);
    ASSERT_EQ(scheduler_.in_flight(), flying_.size());
    std::size_t seen = 0;
    std::size_t idle = 0;
    for (const LaneView& view : scheduler_.lanes()) {
      ASSERT_LE(view.waiting, policy_.lane_recipients);
      seen += view.waiting;
      if (view.waiting == 0 && view.in_flight == 0) ++idle;
    }
    ASSERT_EQ(seen, waiting);
    ASSERT_LE(idle, policy_.remembered_lanes);
  }

  /// Nobody starves: with sites that answer again, all that waits is given out, and quickly.
  void settle_all() {
    for (int round = 0; round < 20'000 && (!waiting_.empty() || !flying_.empty()); ++round) {
      while (!flying_.empty()) {
        const Flight flight = flying_.back();
        flying_.pop_back();
        --in_flight_[flight.site];
        scheduler_.finished(site(flight.site), Health::well, now_, flight.recipients);
      }
      take();
      if (testing::Test::HasFatalFailure()) return;
      if (flying_.empty() && !waiting_.empty()) {
        const auto wake = scheduler_.next_wakeup(now_);
        ASSERT_TRUE(wake) << "something waits, nothing flies, and no moment is named";
        ASSERT_GT(*wake, now_);
        now_ = *wake;
      }
    }
    ASSERT_TRUE(waiting_.empty() && flying_.empty()) << "somebody starved";
    ASSERT_EQ(scheduler_.appetite(), policy_.active_recipients);
  }

  std::mt19937_64 dice_;
  SchedulerPolicy policy_;
  Scheduler scheduler_;
  mail::WallTime now_ = kNoon;
  std::int64_t last_id_ = 0;
  std::map<std::int64_t, mail::DeliveryRequest> waiting_;
  std::vector<Flight> flying_;
  std::map<int, int> in_flight_;
  std::map<int, int> fresh_in_a_row_;  // since deferred mail last went to that site
  std::map<std::string, std::vector<mail::WallTime>> begun_;  // where a rate holds
};

TEST(SchedulerProperty, NothingIsLostDoubledStarvedOrBeyondItsBounds) {
  for (std::uint64_t seed = 1; seed <= part_of(150U); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life{seed}.run(800);
    if (HasFatalFailure()) return;
  }
}

TEST(SchedulerProperty, AThousandDeadSitesDoNotKeepOneLivingSiteWaiting) {
  Scheduler scheduler{{.sessions = 50}};
  mail::WallTime now = kNoon;
  std::int64_t id = 0;
  for (int n = 1000; n < 2000; ++n) {
    for (int i = 0; i < 5; ++i) scheduler.add(request({.id = ++id, .site = n, .attempts = 1}), now);
  }
  int delivered = 0;
  for (int round = 0; round < 200; ++round) {
    scheduler.add(request({.id = ++id, .site = 1}), now);
    for (const mail::DeliveryRequest& one : scheduler.take_ready(now)) {
      const bool living = one.destination == site(1);
      delivered += living ? 1 : 0;
      const Health health = living ? Health::well : Health::unreachable;
      scheduler.finished(one.destination, health, now, 1);
    }
    ASSERT_EQ(delivered, round + 1);
    now += 1s;
  }
}

TEST(SchedulerProperty, TheSameLifeIsLivedTwice) {
  const auto live = [] {
    std::mt19937_64 dice{7};
    Scheduler scheduler{{.sessions = 5}};
    std::vector<std::int64_t> given;
    mail::WallTime now = kNoon;
    for (std::int64_t id = 1; id <= 2000; ++id) {
      now += 1s;
      scheduler.add(request({.id = id, .site = static_cast<int>(dice() % 40)}), now);
      for (const mail::DeliveryRequest& one : scheduler.take_ready(now)) {
        given.push_back(one.message.value);
        scheduler.finished(one.destination, dice() % 3 == 0 ? Health::well : Health::unreachable,
                           now, 1);
      }
      for (const Shed& one : scheduler.shed(now)) {
        given.push_back(-mail::to_millis(one.next_attempt));
      }
    }
    return given;
  };
  EXPECT_EQ(live(), live());
}

}  // namespace
}  // namespace tenax::scheduler
