// SPDX-License-Identifier: Apache-2.0
#include "engine/notebook.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/memory.h"

namespace tenax::engine {

namespace {

constexpr io::Span kBetween = std::chrono::seconds{5};
constexpr io::Span kAfterTrouble = std::chrono::minutes{1};
// Small enough that a settlement behind it does not wait noticeably.
constexpr std::size_t kAtOnce = 200;
constexpr std::size_t kAtOnceAtTheEnd = 1'000;  // nobody else writes then
constexpr std::size_t kAll = 2 * mail::kMostLessons;

}  // namespace

io::Async<> Notebook::read(mail::WallTime now) {
  if (!scheduler_.learns()) co_return;
  io::Result<std::vector<mail::Lesson>> lessons = co_await world_.store.lessons();
  if (!lessons) {
    observer_.trouble(
        {"reading what receivers taught", io::to_string(lessons.error()), std::nullopt});
    co_return;
  }
  const scheduler::Restored restored = scheduler_.restore(std::move(*lessons), now);
  if (restored.refused == 0) co_return;
  observer_.trouble({"reading what receivers taught",
                     std::to_string(restored.refused) + " lessons are damaged, or of another Tenax",
                     std::nullopt});
}

bool Notebook::wants_to_write(mail::WallTime now) const {
  const std::optional<mail::WallTime> due = scheduler_.next_lesson();
  return !writing_ && due && *due <= now && world_.clock.now() >= not_before_;
}

std::optional<io::Instant> Notebook::next(mail::WallTime now) const {
  const std::optional<mail::WallTime> due = scheduler_.next_lesson();
  if (writing_ || !due) return std::nullopt;  // its end rings
  return std::max(world_.clock.now() + (*due - now), not_before_);
}

io::Async<io::Result<>> Notebook::write(mail::WallTime now) {
  writing_ = true;
  not_before_ = world_.clock.now() + kBetween;
  std::vector<mail::Lesson> lessons = scheduler_.take_lessons(now, kAtOnce);
  const io::Result<> kept = co_await world_.store.keep_lessons(std::move(lessons));
  writing_ = false;
  if (kept || kept.error().is(io::Errc::closed_intake)) co_return kept;
  not_before_ = world_.clock.now() + kAfterTrouble;
  complain(kept.error());
  co_return io::Result<>{};
}

io::Async<io::Result<>> Notebook::write_all(mail::WallTime now) {
  for (std::size_t written = 0; written <= kAll; written += kAtOnceAtTheEnd) {
    std::vector<mail::Lesson> lessons = scheduler_.take_lessons(now, kAtOnceAtTheEnd, true);
    if (lessons.empty()) break;
    const io::Result<> kept = co_await world_.store.keep_lessons(std::move(lessons));
    if (kept) continue;
    complain(kept.error());
    co_return kept;
  }
  co_return io::Result<>{};
}

void Notebook::complain(const io::Error& error) {
  observer_.trouble({"keeping what receivers taught", io::to_string(error), std::nullopt});
}

io::Async<io::Result<bool>> forget_kept(queue::Store& store, mail::Destination destination,
                                        mail::WallTime now) {
  io::Result<std::vector<mail::Lesson>> lessons = co_await store.lessons();
  if (!lessons) co_return lessons.error();
  scheduler::Memory memory{scheduler::MemoryPolicy{}};
  memory.restore(std::move(*lessons), now);
  if (!memory.unlearn(destination, now)) co_return false;
  std::vector<mail::Lesson> changed = memory.take_lessons(now, kAll, true);
  const io::Result<> kept = co_await store.keep_lessons(std::move(changed));
  if (!kept) co_return kept.error();
  co_return true;
}

}  // namespace tenax::engine
