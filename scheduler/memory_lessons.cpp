// SPDX-License-Identifier: Apache-2.0
// What a memory keeps from one life of the daemon to the next, and how it finds its way back.

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "scheduler/lesson_form.h"
#include "scheduler/memory.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kSite = "site ";
constexpr std::string_view kName = "name ";
constexpr std::string_view kKnown = "known ";
constexpr int kNameVersion = 1;

// What changes a date is written soon; that one more was taken of many need not be.
constexpr mail::Duration kSoon = seconds{2};
constexpr mail::Duration kWithRate = seconds{30};
constexpr mail::Duration kSomeTime = minutes{5};
constexpr mail::Duration kPages = minutes{1};
constexpr mail::Duration kNameKept = hours{12};
// What was learnt later than now has the dates of a calendar that was wrong.
constexpr mail::Duration kAhead = minutes{5};

void describe(LessonForm& form, Outage& outage) {
  form.line("name");
  int version = kNameVersion;
  form.count(version, 1'000'000);
  form.expect(version == kNameVersion);
  form.line("down");
  outage.describe(form);
}

/// What follows `kind` in a key.
std::optional<std::string> rest_of(std::string_view key, std::string_view kind) {
  if (!key.starts_with(kind)) return std::nullopt;
  return std::string{key.substr(kind.size())};
}

std::optional<std::size_t> page_of(const std::string& digits) {
  std::size_t page = 0;
  const auto [stop, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), page);
  if (wrong != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  return page;
}

}  // namespace

// -- what changed -------------------------------------------------------------------------------

void Memory::site_changed(const Site& site, bool matters, mail::WallTime now) {
  const mail::Duration wait = matters ? kSoon : site.quota().rate() ? kWithRate : kSomeTime;
  unwritten_.changed(std::string{kSite} + site.name(), now + wait);
}

void Memory::name_changed(const std::string& destination, mail::WallTime now) {
  unwritten_.changed(std::string{kName} + destination, now + kSoon);
}

void Memory::met(std::uint64_t one, mail::WallTime now) {
  if (!known_.add(one)) return;
  const mail::Duration wait = known_.last_page_is_full() ? kSoon : kPages;
  unwritten_.changed(std::string{kKnown} + std::to_string(known_.last_page()), now + wait);
}

mail::Lesson Memory::lesson_of(const std::string& key, mail::WallTime now) const {
  mail::Lesson lesson{key, {}, now};
  if (const auto name = rest_of(key, kSite)) {
    const auto found = by_name_.find(*name);
    if (found == by_name_.end()) return lesson;
    lesson.text = found->second->lesson();
    lesson.learnt = found->second->touched;
  } else if (const auto destination = rest_of(key, kName)) {
    const auto found = names_.find(*destination);
    if (found == names_.end()) return lesson;
    LessonForm form;
    Outage outage = found->second;
    describe(form, outage);
    lesson.text = form.written();
  } else if (const auto digits = rest_of(key, kKnown)) {
    lesson.text = known_.lesson(page_of(*digits).value_or(0));
  }
  return lesson;
}

std::vector<mail::Lesson> Memory::take_lessons(mail::WallTime now, std::size_t most, bool all) {
  std::vector<mail::Lesson> lessons;
  while (lessons.size() < most) {
    const auto key = unwritten_.pop(all ? mail::WallTime::max() : now);
    if (!key) break;
    if (key->size() <= mail::kLongestLessonKey) lessons.push_back(lesson_of(*key, now));
  }
  return lessons;
}

// -- and back -----------------------------------------------------------------------------------

Restored Memory::restore(std::vector<mail::Lesson> lessons, mail::WallTime now) {
  std::ranges::stable_sort(lessons, std::ranges::greater{}, &mail::Lesson::learnt);
  Restored restored;
  for (const mail::Lesson& lesson : lessons) {
    const mail::WallTime learnt = std::min(lesson.learnt, now);
    const bool of_name = lesson.key.starts_with(kName);
    const bool too_old = now - learnt > (of_name ? kNameKept : policy_.keeps);
    if (too_old || lesson.learnt > now + kAhead) {
      unwritten_.changed(lesson.key, now);  // not found then: forgotten
      continue;
    }
    const Recalled recalled = recall(lesson, learnt, now);
    if (recalled == Recalled::not_needed) unwritten_.changed(lesson.key, now);
    if (recalled == Recalled::taken) ++restored.lessons;
    if (recalled == Recalled::refused) ++restored.refused;
  }
  adopt(policy_);  // what the operator says of these sites is no lesson
  return restored;
}

Memory::Recalled Memory::recall(const mail::Lesson& lesson, mail::WallTime learnt,
                                mail::WallTime now) {
  if (const auto name = rest_of(lesson.key, kSite)) {
    return name->empty() ? Recalled::refused : recall_site(*name, lesson.text, learnt, now);
  }
  if (const auto destination = rest_of(lesson.key, kName)) {
    if (names_.size() >= kMostNames) return Recalled::not_needed;
    LessonForm form{lesson.text, now};
    Outage outage;
    describe(form, outage);
    if (!form.complete() || !outage.under_way()) return Recalled::refused;
    names_.emplace(*destination, outage);
    return Recalled::taken;
  }
  const bool page = lesson.key.starts_with(kKnown) && known_.recall(lesson.text, now);
  return page ? Recalled::taken : Recalled::refused;
}

Memory::Recalled Memory::recall_site(const std::string& name, const std::string& text,
                                     mail::WallTime learnt, mail::WallTime now) {
  Site read{name, serials_ + 1, policy_};
  if (!read.recall(text, now)) return Recalled::refused;
  // One that was learnt later has gone before this one.
  std::erase_if(read.destinations,
                [this](const std::string& one) { return by_destination_.contains(one); });
  const bool hosts_taken = !read.hosts.empty() && by_hosts_.contains(read.hosts);
  const bool nobody_left = read.hosts.empty() && read.destinations.empty();
  if (hosts_taken || nobody_left || sites_.size() >= policy_.sites || by_name_.contains(name)) {
    return Recalled::not_needed;
  }
  Site& site = new_site(name, nullptr, learnt);
  site = std::move(read);
  if (site.answered()) network_.has_answered();
  site.touched = learnt;
  for (const std::string& destination : site.destinations) {
    by_destination_[destination] = {&site, 0};
  }
  for (const std::uint64_t address : site.addresses.all()) {
    const bool is_ours = by_address_.try_emplace(address, &site).second;
    if (!is_ours) site.addresses.forget(address);
  }
  if (!site.hosts.empty()) by_hosts_[site.hosts] = &site;
  return Recalled::taken;
}

bool Memory::unlearn(const mail::Destination& destination, mail::WallTime now) {
  const bool had_name = names_.erase(destination.text()) > 0;
  if (had_name) name_changed(destination.text(), now);
  Site* const site = find(destination);
  if (site == nullptr) return had_name;
  site->unlearn(policy_);
  site_changed(*site, true, now);
  return true;
}

}  // namespace tenax::scheduler
