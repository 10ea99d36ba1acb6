// SPDX-License-Identifier: Apache-2.0
// A calendar that is corrected changes no decision: two lives of one seed, one of which is moved
// along by a year now and then, decide the same. A date that is not moved shows in
// what is decided, or in the lessons, which hold what a site taught.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <random>

#include "tests/scheduler/memory_world.h"
#include "tests/support/watched.h"

namespace tenax::scheduler {
namespace {

constexpr int kSites = 14;
constexpr int kNotLearning = 11;  // and those above: windows and parkings decide
constexpr mail::Duration kTwentyYears = std::chrono::hours{24 * 365 * 20};

/// A text with all its dates written as before the correction: they are the numbers that lie within
/// twenty years of ours.
std::string without_step(const std::string& text, mail::Duration step) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string word = text.substr(at, end - at);
    std::int64_t number = 0;
    const auto [stop, wrong] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool whole = wrong == std::errc{} && stop == word.data() + word.size();
    const mail::WallTime when = mail::from_millis(number);
    const bool date = whole && when > kNoon - kTwentyYears && when < kNoon + kTwentyYears;
    out += date ? std::to_string(mail::to_millis(when - step)) : word;
    if (end < text.size()) out += text[end];
    at = end + 1;
  }
  return out;
}

/// A queue and receivers as the dice want them; what the scheduler decides is written in a journal,
/// with dates as if the calendar had never been corrected.
class CorrectedLife {
 public:
  explicit CorrectedLife(std::uint64_t seed) : dice_{seed}, scheduler_{policy()} {}

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      now_ += mail::Duration{1 + below(chance(5) ? 20'000'000 : 300'000)};
      act();
      look();
    }
  }

  void correct(mail::Duration step) {
    scheduler_.clock_stepped(step);
    now_ += step;
    stepped_ += step;
    for (mail::DeliveryRequest& one : queue_) mail::shift(one, step);
    for (mail::DeliveryRequest& one : flying_) mail::shift(one, step);
    for (mail::WallTime& when : began_) when += step;
    write_lessons(1'000'000, false);  // what was written has the old dates
  }

  /// All that would be kept on disk.
  void write_down() { write_lessons(1'000'000, true); }

  [[nodiscard]] const std::vector<std::string>& journal() const { return journal_; }

 private:
  std::int64_t below(std::uint64_t n) { return static_cast<std::int64_t>(dice_() % n); }
  bool chance(std::uint64_t percent) { return dice_() % 100 < percent; }

  void write(const std::string& what, mail::WallTime when) {
    journal_.push_back(what + " at " + std::to_string(mail::to_millis(when - stepped_)));
  }
  void write(const std::string& what, std::optional<mail::WallTime> when) {
    when ? write(what, *when) : journal_.push_back(what + " never");
  }

  static SchedulerPolicy policy() {
    SchedulerPolicy policy;
    policy.learning = MemoryPolicy{};
    // Parkings that are waited for in memory: where mail comes back to is drawn from the date.
    policy.lane.first_parking = 5s;
    policy.lane.longest_parking = 15s;
    std::vector<Override> entries;
    for (int n = kNotLearning - 2; n < kSites; ++n) {
      Override entry;
      entry.domains = {site(n).name()};
      entry.lane = policy.lane;
      entry.retry.lifetime = policy.lifetime;
      entry.learns = n < kNotLearning;
      if (n % 2 == 1) entry.pace = PaceLimit{6, 10min, 2};
      entries.push_back(std::move(entry));
    }
    policy.overrides = Overrides{std::move(entries)};
    return policy;
  }

  void act() {
    const std::int64_t dart = below(100);
    if (dart < 18) {
      submit();
    } else if (dart < 40) {
      claim();
    } else if (dart < 65) {
      take();
    } else if (dart < 92) {
      land();
    } else if (dart < 97) {
      write_lessons(chance(50) ? 1000 : 3, false);
    } else {
      insist();
    }
  }

  void submit() {
    const int to = chance(35) ? 2 : static_cast<int>(below(kSites));
    const std::int64_t from = to % 5 == 2 && chance(60) ? 1 : below(4);
    mail::DeliveryRequest made = letter(++last_id_, "s" + std::to_string(from), to);
    const mail::Domain domain = mail::Domain::parse("example.net").value();
    made.recipients.front().address = mail::Address{"user" + std::to_string(below(40)), domain};
    made.accepted = now_ - mail::Duration{below(60'000'000)};
    made.recipients.front().due = now_;
    queue_.push_back(std::move(made));
  }

  /// Some of those that are due, and now and then one that is called.
  void claim() {
    const std::vector<std::string> early = scheduler_.take_early();
    for (const std::string& one : early) journal_.push_back("early " + one);
    const std::vector<std::string> except = scheduler_.except(now_);
    for (const std::string& one : except) journal_.push_back("except " + one);
    const auto goes = [&](const mail::DeliveryRequest& one) {
      const std::string name = one.destination.text();
      if (std::ranges::count(except, name) > 0) return false;
      return one.recipients.front().due <= now_ || std::ranges::count(early, name) > 0;
    };
    for (auto one = queue_.begin(); one != queue_.end();) {
      if (!goes(*one)) {
        ++one;
        continue;
      }
      scheduler_.add(std::move(*one), now_);
      one = queue_.erase(one);
    }
  }

  void take() {
    for (mail::DeliveryRequest& one : scheduler_.take_ready(now_)) {
      write("go " + name_of(one) + " first " + one.first_host, one.recipients.front().due);
      flying_.push_back(std::move(one));
      began_.push_back(now_);
    }
    // Not always at once: what came too early is moved along, too.
    if (chance(50)) return;
    for (Shed& one : scheduler_.shed(now_)) {
      write("back " + name_of(one.request), one.next_attempt);
      for (mail::DueRecipient& recipient : one.request.recipients) recipient.due = one.next_attempt;
      queue_.push_back(std::move(one.request));
    }
  }

  void land() {
    if (flying_.empty()) return;
    const auto at = below(flying_.size());
    mail::DeliveryRequest one = std::move(flying_[static_cast<std::size_t>(at)]);
    const mail::WallTime began = began_[static_cast<std::size_t>(at)];
    flying_.erase(flying_.begin() + at);
    began_.erase(began_.begin() + at);
    const mail::DeliveryReport told = answer(one, began);
    if (!scheduler_.learns_of(one.message, one.destination)) {
      scheduler_.landed(one.message, one.destination, told.health, now_);
      scheduler_.settled(one.message, one.destination, now_, one.recipients.size());
      return;
    }
    for (const Advice& advice : scheduler_.finished(one, told, now_)) {
      write("advice " + name_of(one) + " for " + std::string{to_string(advice.reason)} +
                (advice.counted ? " counted " : " free ") + std::to_string(advice.knocks.count),
            advice.next_attempt);
      if (!advice.next_attempt) continue;
      mail::DueRecipient& recipient = one.recipients.front();
      recipient.attempts += advice.counted ? 1 : 0;
      recipient.knocks = advice.knocks;
      recipient.due = *advice.next_attempt;
      if (recipient.knocks.count > 0) {
        write("first", recipient.knocks.first);
        write("last", recipient.knocks.last);
      }
      queue_.push_back(std::move(one));
      break;
    }
  }

  /// Sites have their ways, and their bad hours; so has our network.
  mail::DeliveryReport answer(const mail::DeliveryRequest& one, mail::WallTime began) {
    const int number = number_of(one);
    const std::int64_t hour = (now_ - stepped_).time_since_epoch() / 1h;
    const bool we_are_cut_off = hour % 23 < 2;
    const bool down = we_are_cut_off || (hour + number) % 11 == 0;
    mail::DeliveryReport told = report(one, verdict_of(number, one), began);
    told.finished = now_;
    if (down) {
      const bool by_name = number % 4 == 1 && !we_are_cut_off;
      told.health = by_name ? mail::Health::unresolved : mail::Health::unreachable;
      told.verdicts.front().verdict = mail::Verdict{};
    }
    told.mail_hosts = {"a" + std::to_string(number) + ".test", "b.test", "c.test"};
    for (const std::string& host : told.mail_hosts) {
      mail::HostTry tried;
      tried.host.name = host;
      tried.started = began;
      tried.stage = down || chance(40) ? mail::Stage::connect : mail::Stage::dot;
      told.tries.push_back(tried);
      if (tried.stage != mail::Stage::connect) break;
    }
    return told;
  }

  mail::Verdict verdict_of(int number, const mail::DeliveryRequest& one) {
    if (number % 5 == 2) {  // takes all but one sender
      const bool refused = one.envelope.sender->local_part() == "s1" && chance(90);
      return refused ? refusal("4.2.0 not now", 450) : delivery();
    }
    static constexpr std::array<std::string_view, 9> kSaid = {
        "4.7.1 please come back later",
        "4.7.1 Greylisted, please try again in 900 seconds",
        "4.2.2 mailbox full",
        "4.1.1 unverified address",
        "4.7.1 rate limit exceeded",
        "4.7.1 max 10 messages per hour",
        "4.3.2 system not accepting network messages",
        "too many connections",
        "4.2.0 not now",
    };
    if (chance(number % 3 == 0 ? 70 : 30)) return delivery();
    const bool as_usual = chance(60);
    const auto which = as_usual ? static_cast<std::size_t>(number) % kSaid.size()
                                : static_cast<std::size_t>(below(kSaid.size()));
    return refusal(std::string{kSaid[which]}, 450);
  }

  void write_lessons(std::size_t most, bool all) {
    for (const mail::Lesson& lesson : scheduler_.take_lessons(now_, most, all)) {
      write(lesson.key + "\n" + without_step(lesson.text, stepped_), lesson.learnt);
    }
  }

  void insist() {
    if (queue_.empty()) return;
    mail::DueRecipient& recipient = queue_.front().recipients.front();
    recipient.due = now_;
    recipient.insisted = true;
    if (chance(30)) scheduler_.unpark({queue_.front().destination.text()}, now_);
  }

  void look() {
    write("wakes", scheduler_.next_wakeup(now_));
    const auto lesson = scheduler_.next_lesson();
    // What a correction has written anew is due at once.
    if (lesson && *lesson > kNoon - kTwentyYears) write("lesson", lesson);
    for (const LaneView& view : scheduler_.lanes()) {
      const std::string lane = view.destination.text() + " " + std::to_string(view.window) + " " +
                               std::to_string(view.waiting) + " " + std::to_string(view.failures);
      write("parked " + lane, view.parked_until);
      write("paced", view.paced_until);
    }
  }

  static std::string name_of(const mail::DeliveryRequest& one) {
    return std::to_string(one.message.value);
  }
  static int number_of(const mail::DeliveryRequest& one) {
    for (int n = 0; n < kSites; ++n) {
      if (one.destination == site(n)) return n;
    }
    return kSites;
  }

  std::mt19937_64 dice_;
  Scheduler scheduler_;
  mail::WallTime now_ = kNoon;
  mail::Duration stepped_{0};
  std::int64_t last_id_ = 0;
  std::vector<mail::DeliveryRequest> queue_;
  std::vector<mail::DeliveryRequest> flying_;
  std::vector<mail::WallTime> began_;
  std::vector<std::string> journal_;
};

std::vector<std::string> life_corrected_by(mail::Duration step, std::uint64_t seed) {
  CorrectedLife life{seed};
  for (int round = 0; round < 8; ++round) {
    life.run(150);
    life.correct(round % 2 == 0 ? step : -step);
  }
  life.write_down();
  return life.journal();
}

TEST(Calendar, ACorrectionChangesNoDecision) {
  constexpr std::array<mail::Duration, 2> kSteps = {-24h * 365, 24h * 365};
  for (std::uint64_t seed = 1; seed <= part_of(40U); ++seed) {
    const std::vector<std::string> expected = life_corrected_by(0s, seed);
    for (const mail::Duration step : kSteps) {
      const std::vector<std::string> found = life_corrected_by(step, seed);
      const auto [here, there] = std::ranges::mismatch(expected, found);
      ASSERT_TRUE(here == expected.end() && there == found.end())
          << "seed " << seed << ", by " << mail::in_short(step) << ", line "
          << here - expected.begin()
          << "\nexpected: " << (here == expected.end() ? "the end" : *here)
          << "\nfound: " << (there == found.end() ? "the end" : *there);
    }
  }
}

}  // namespace
}  // namespace tenax::scheduler
