// SPDX-License-Identifier: Apache-2.0
#include "scheduler/acquaintances.h"

#include <algorithm>
#include <utility>

#include "scheduler/lesson_form.h"

namespace tenax::scheduler {

namespace {

constexpr int kVersion = 1;
constexpr std::int64_t kMostPages = 1'000'000'000'000;

void describe(LessonForm& form, std::int64_t& number, std::vector<std::uint64_t>& entries) {
  form.line("known");
  int version = kVersion;
  form.count(version, 1'000'000);
  form.expect(version == kVersion);
  form.line("page");
  form.number(number, 0, kMostPages);
  form.line("pairs");
  const std::size_t count = form.size(entries.size(), Acquaintances::kOnAPage);
  if (form.reading()) entries.resize(count);
  for (std::uint64_t& one : entries) form.hash(one);
}

}  // namespace

std::size_t Acquaintances::place_of(std::int64_t number) const {
  const std::size_t pages = std::max<std::size_t>(places_->size() / kOnAPage, 1);
  return static_cast<std::size_t>(number) % pages;
}

void Acquaintances::enter(std::uint64_t one) {
  if (places_.use_count() > 1) places_ = std::make_shared<std::vector<std::uint64_t>>(*places_);
  (*places_)[mix(one) % places_->size()] = one;
}

Acquaintances Acquaintances::without_pages() const {
  Acquaintances one;
  one.places_ = places_;
  return one;
}

bool Acquaintances::add(std::uint64_t one) {
  if (knows(one)) return false;
  enter(one);
  last_ = open_.number;
  open_.entries.push_back(one);
  if (open_.entries.size() < kOnAPage) return true;
  const std::int64_t next = open_.number + 1;
  full_.push_back(std::exchange(open_, Page{next, {}}));
  if (full_.size() > kPagesInMemory) full_.pop_front();
  return true;
}

std::string Acquaintances::text_of(Page page) {
  LessonForm form;
  describe(form, page.number, page.entries);
  return form.written();
}

std::string Acquaintances::lesson(std::size_t page) const {
  if (place_of(open_.number) == page && !open_.entries.empty()) return text_of(open_);
  const auto found = std::find_if(full_.rbegin(), full_.rend(),
                                  [&](const Page& one) { return place_of(one.number) == page; });
  return found == full_.rend() ? std::string{} : text_of(*found);
}

bool Acquaintances::recall(std::string_view text, mail::WallTime now) {
  LessonForm form{text, now};
  Page page;
  describe(form, page.number, page.entries);
  if (!form.complete()) return false;
  for (const std::uint64_t one : page.entries) enter(one);
  if (page.number < open_.number) return true;
  // The newest page is written on.
  open_ = std::move(page);
  if (open_.entries.size() >= kOnAPage) open_ = Page{open_.number + 1, {}};
  return true;
}

}  // namespace tenax::scheduler
