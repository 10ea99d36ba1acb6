// SPDX-License-Identifier: Apache-2.0
#pragma once
// What holds for every text that claims to be a lesson. The fuzz program and
// tests/scheduler/lessons_test.cpp call the same function.

#include <chrono>
#include <string>
#include <string_view>

#include "scheduler/acquaintances.h"
#include "scheduler/memory.h"
#include "tests/fuzz/property.h"

namespace tenax::fuzz {

/// A site that came from somewhere answers every question within bounds.
inline void site_is_sane(scheduler::Site& site, mail::WallTime now) {
  using std::chrono::hours;
  hold(site.width() >= 1, "somebody may go");
  (void)site.allows(now, 0);
  const auto opens = site.opens(now, 0);
  hold(!opens || *opens > now, "a door opens later, or is open");
  hold(!opens || *opens < now + hours{24 * 9}, "and no door is shut for ever");
  const scheduler::SiteView view = site.view(now);
  hold(view.door.limits.size() <= scheduler::Limits::kMost, "a site has few limits");
  for (const auto& [rate, taken] : view.door.limits) {
    hold(rate.count > 0 && rate.period.count() > 0 && taken >= 0, "and no limit is of nothing");
  }
  hold(!view.down || view.down->next_probe <= now + hours{15}, "what is down is asked soon");
  scheduler::Visit visit;
  visit.pair = 7;
  visit.party = 8;
  visit.when = visit.accepted = now;
  scheduler::Reading reading;
  for (int knocks = 0; knocks < 5; ++knocks) {
    if (knocks == 2) reading.meaning = scheduler::Meaning::rate;
    const scheduler::Return back = site.refused(visit, reading, knocks == 3, visit.when);
    visit.knocks = back.knocks;
    visit.attempts = knocks + 1;
    (void)site.ready_at(visit, visit.when);
    visit.when += hours{1};
  }
  site.taken(visit, 0, visit.when);
  site.unreachable(visit.when, visit.when);
  site.reached(visit.when + hours{1});
  hold(!site.outage().under_way(), "who answers is not down");
}

inline void lesson_holds(std::string_view text) {
  const mail::WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} +
                            std::chrono::hours{12}};
  scheduler::Site site{"example.net", 1, scheduler::MemoryPolicy{}};
  const bool is_site = site.recall(text, noon);
  if (is_site) {
    hold(site.lesson() == text, "what is read is written again as it was");
    site_is_sane(site, noon);
    hold(!site.lesson().empty(), "what happens to it can be written down");
  }
  scheduler::Acquaintances known{scheduler::Acquaintances::kOnAPage};
  const bool is_page = known.recall(text, noon);
  hold(!is_site || !is_page, "nothing is two things");
  for (std::uint64_t one = 1; one < 300; ++one) (void)known.add(one);

  for (const char* key : {"site example.net", "name example.net", "known 0", "other", ""}) {
    scheduler::Memory memory{scheduler::MemoryPolicy{.acquaintances = 256}};
    const scheduler::Restored restored = memory.restore({{key, std::string{text}, noon}}, noon);
    hold(restored.lessons + restored.refused <= 1, "one is one");
    hold(memory.size() <= 1, "and makes no more than one site");
    for (const mail::Lesson& lesson : memory.take_lessons(noon, 10, true)) {
      hold(lesson.text.size() <= mail::kLongestLesson, "no lesson is longer than the longest");
    }
  }
}

}  // namespace tenax::fuzz
