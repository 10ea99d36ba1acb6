// SPDX-License-Identifier: Apache-2.0
// What a decision of the scheduler costs and what a recipient weighs in it, from ten thousand
// recipients to a million; and whether a destination that never answers holds up another one. No
// wire, no disk, and time is a number: what is measured is the scheduler alone.

#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <limits>
#include <new>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "mail/time.h"

#include "scheduler/scheduler.h"
#include "tests/scheduler/requests.h"

namespace {

// What is alive on the heap, as the allocator rounds it.
std::int64_t heap_octets = 0;

}  // namespace

void* operator new(std::size_t size) {
  void* const got = std::malloc(size);
  if (got == nullptr) throw std::bad_alloc{};
  heap_octets += static_cast<std::int64_t>(malloc_usable_size(got));
  return got;
}

void operator delete(void* what) noexcept {
  if (what == nullptr) return;
  heap_octets -= static_cast<std::int64_t>(malloc_usable_size(what));
  std::free(what);
}

void operator delete(void* what, std::size_t) noexcept { operator delete(what); }

namespace {

using namespace tenax;
using namespace std::chrono_literals;
using mail::Health;
using scheduler::kNoon;
using Clock = std::chrono::steady_clock;

double nanos_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

/// This program's own: others share the machine.
double cpu_nanos() {
  timespec spent{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e9 + static_cast<double>(spent.tv_nsec);
}

double at_part(std::vector<double>& of, double part) {
  const auto where = static_cast<std::ptrdiff_t>(static_cast<double>(of.size() - 1) * part);
  std::nth_element(of.begin(), of.begin() + where, of.end());
  return of[static_cast<std::size_t>(where)];
}

/// Limits are the claim's business; here all that there is lies in the scheduler.
scheduler::SchedulerPolicy roomy() {
  scheduler::SchedulerPolicy policy;
  policy.active_recipients = policy.lane_recipients = 10'000'000;
  return policy;
}

struct Cost {
  double add = 0;       // all in nanoseconds
  double decision = 0;  // mean
  double late = 0;      // of a thousand decisions the dearest, by the wall's clock
  double octets = 0;    // per recipient, with its request
  double own = 0;       // and without
};

/// Every tenth destination is dead and every third message has been tried before.
Cost one_life(std::int64_t recipients) {
  const int sites = static_cast<int>(recipients / 10);
  const auto dead = [](int site) { return site % 10 == 3; };
  const std::int64_t empty = heap_octets;
  std::vector<mail::DeliveryRequest> requests;
  requests.reserve(static_cast<std::size_t>(recipients));
  std::size_t living = 0;
  // A stride that meets all destinations in no order: neighbours in memory are no neighbours in
  // mail.
  for (std::int64_t id = 1; id <= recipients; ++id) {
    const int site = static_cast<int>(id * 7'919 % sites);
    const int attempts = id % 3 == 0 ? static_cast<int>(id % 5) + 1 : 0;
    requests.push_back(scheduler::request({.id = id,
                                           .site = site,
                                           .attempts = attempts,
                                           .due = kNoon - mail::Duration{id * 104'729 % 3'600'000},
                                           .accepted = kNoon - 4h}));
    if (!dead(site)) ++living;
  }
  const std::int64_t contents =
      heap_octets - empty -
      static_cast<std::int64_t>(requests.capacity() * sizeof(mail::DeliveryRequest));

  Cost cost;
  scheduler::Scheduler scheduler{roomy()};
  double began = cpu_nanos();
  for (mail::DeliveryRequest& one : requests) scheduler.add(std::move(one), kNoon);
  cost.add = (cpu_nanos() - began) / static_cast<double>(recipients);
  std::vector<mail::DeliveryRequest>{}.swap(requests);
  cost.octets = static_cast<double>(heap_octets - empty) / static_cast<double>(recipients);
  cost.own = cost.octets - static_cast<double>(contents) / static_cast<double>(recipients) -
             sizeof(mail::DeliveryRequest);

  // As the daemon: a session ends, what may start now starts, and it asks when to look again.
  std::deque<mail::DeliveryRequest> under_way;
  std::vector<double> each;
  each.reserve(living * 2);
  mail::WallTime now = kNoon;
  std::size_t done = 0;
  std::size_t given = 0;
  const auto take = [&] {
    for (mail::DeliveryRequest& one : scheduler.take_ready(now)) {
      under_way.push_back(std::move(one));
      ++given;
    }
  };
  take();
  given = 0;
  began = cpu_nanos();
  while (done < living) {
    if (under_way.empty()) {
      const auto wakeup = scheduler.next_wakeup(now);
      if (!wakeup) std::abort();  // living mail that nobody will ever be asked for
      now = std::max(*wakeup, now + mail::Duration{1});
      take();
      continue;
    }
    const mail::DeliveryRequest landing = std::move(under_way.front());
    under_way.pop_front();
    const int site = std::stoi(landing.destination.text().substr(4));
    if (done % 16 == 0) now += mail::Duration{1};
    const auto start = Clock::now();
    scheduler.finished(landing.destination, dead(site) ? Health::unreachable : Health::well, now,
                       1);
    std::vector<mail::DeliveryRequest> ready = scheduler.take_ready(now);
    (void)scheduler.next_wakeup(now);
    each.push_back(nanos_since(start));
    for (mail::DeliveryRequest& one : ready) {
      under_way.push_back(std::move(one));
      ++given;
    }
    if (!dead(site)) ++done;
  }
  cost.decision = (cpu_nanos() - began) / static_cast<double>(given);
  cost.late = at_part(each, 0.999);
  return cost;
}

/// The middle of some lives: in the first one the processor is cold and the heap has to grow.
Cost cost_of(std::int64_t recipients) {
  const int lives = recipients <= 10'000 ? 21 : recipients <= 100'000 ? 5 : 3;
  std::vector<Cost> all;
  for (int i = 0; i < lives; ++i) all.push_back(one_life(recipients));
  std::ranges::sort(all, std::less{}, &Cost::decision);
  return all[all.size() / 2];
}

void costs() {
  std::printf(
      "A tenth of as many destinations, every tenth of them dead; 500 sessions. A decision is a "
      "session's end,\nthe next one's start and the time of the next look.\n\n"
      "recipients      add    decision   1 in 1,000   memory per recipient\n");
  constexpr std::int64_t kMost = 1'000'000;
  std::vector<Cost> all;
  for (std::int64_t n = 10'000; n <= kMost; n *= 10) {
    const Cost cost = all.emplace_back(cost_of(n));
    std::printf("%10lld %5.0f ns %8.0f ns %9.1f us   %.0f octets, %.0f without its request\n",
                static_cast<long long>(n), cost.add, cost.decision, cost.late / 1000, cost.octets,
                cost.own);
  }
  // From ten to a hundred thousand it leaves the processor's caches, which no log n knows of; so
  // the last step is judged. log n grows by a fifth there; what grows as n or as its root by 10
  // or 3.2.
  const double logs = std::log(double{kMost}) / std::log(double{kMost} / 10);
  const auto judged = [&](const char* what, double Cost::*of) {
    const double last = all[2].*of / all[1].*of;
    std::printf("%-10s %.2f times from 10,000 to 100,000, %.2f times from there to 1,000,000: %s\n",
                what, all[1].*of / all[0].*of, last,
                last <= 2 * logs ? "as O(log n)" : "FASTER than O(log n)");
  };
  std::printf("\n");
  judged("decision", &Cost::decision);
  judged("memory", &Cost::octets);
}

struct Waits {
  double median_ms = 0;  // from its filing to its start, in the time of the simulation
  double p95_ms = 0;
  double median_decisions = 0;  // requests that were given out in between
};

/// 500 messages for a server that takes 20 ms for each, behind `stuck` for one that never answers.
Waits behind(std::int64_t stuck) {
  constexpr std::int64_t kFast = 500;
  constexpr int kTarpit = 1;
  constexpr int kGood = 2;
  scheduler::Scheduler scheduler{roomy()};
  mail::WallTime now = kNoon;
  for (std::int64_t id = 1; id <= stuck; ++id) {
    scheduler.add(scheduler::request({.id = id, .site = kTarpit, .accepted = now}), now);
  }
  std::size_t given = scheduler.take_ready(now).size();  // and these are never heard of again
  now += 1s;
  const mail::WallTime filed = now;
  const std::size_t given_before = given;
  for (std::int64_t id = stuck + 1; id <= stuck + kFast; ++id) {
    scheduler.add(scheduler::request({.id = id, .site = kGood, .due = now, .accepted = now}), now);
  }
  std::vector<double> waits;
  std::vector<double> decisions;
  std::queue<mail::WallTime> ends;
  while (waits.size() < kFast) {
    for (const mail::DeliveryRequest& one : scheduler.take_ready(now)) {
      ++given;
      if (one.message.value <= stuck) continue;
      waits.push_back(std::chrono::duration<double, std::milli>(now - filed).count());
      decisions.push_back(static_cast<double>(given - given_before));
      ends.push(now + 20ms);
    }
    const auto wakeup = scheduler.next_wakeup(now);
    if (!ends.empty() && (!wakeup || ends.front() <= *wakeup)) {
      now = ends.front();
      ends.pop();
      scheduler.finished(scheduler::site(kGood), Health::well, now, 1);
    } else if (wakeup) {
      now = std::max(*wakeup, now + mail::Duration{1});
    } else {
      std::abort();  // the fast ones are stuck for good
    }
  }
  return {at_part(waits, 0.5), at_part(waits, 0.95), at_part(decisions, 0.5)};
}

void head_of_line() {
  std::printf(
      "\n500 messages for a server that takes 20 ms for each, at once; how long until they start\n"
      "                                        median       p95   decisions before (median)\n");
  const Waits alone = behind(0);
  const Waits beside = behind(20'000);
  const auto row = [](const char* where, const Waits& w) {
    std::printf("%-36s %7.0f ms %6.0f ms %6.0f\n", where, w.median_ms, w.p95_ms,
                w.median_decisions);
  };
  row("in an empty queue", alone);
  row("behind 20,000 for a tarpit", beside);
  std::printf("the median is %.2f times that of the empty queue (at most 1.2 is wanted)\n",
              beside.median_ms / alone.median_ms);
}

}  // namespace

int main() {
  // What one life gave back the next one takes: the kernel's share is not the scheduler's cost.
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  costs();
  head_of_line();
  return 0;
}
