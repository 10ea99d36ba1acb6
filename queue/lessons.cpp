// SPDX-License-Identifier: Apache-2.0
#include "queue/lessons.h"

#include "queue/sqlite_rows.h"

namespace tenax::queue {

namespace {

constexpr std::size_t kLongestSite = 4096;
constexpr std::size_t kLongestLesson = 64 * 1024;

}  // namespace

io::Result<> keep_lessons(Connection& db, const std::vector<Lesson>& lessons,
                          mail::WallTime forget_before) {
  for (const Lesson& lesson : lessons) {
    const bool fits = !lesson.site.empty() && lesson.site.size() <= kLongestSite &&
                      lesson.taught.size() <= kLongestLesson;
    if (!fits) continue;
    const io::Result<> done = db.run(
        "INSERT INTO lesson VALUES (?1, ?2, ?3) ON CONFLICT (site) DO UPDATE SET "
        "met = excluded.met, taught = excluded.taught",
        lesson.site, lesson.met, lesson.taught);
    if (!done) return done;
  }
  return db.run("DELETE FROM lesson WHERE met < ?1", forget_before);
}

io::Result<std::vector<Lesson>> lessons(Connection& db, std::size_t most) {
  std::vector<Lesson> found;
  Statement walk = db.query("SELECT site, met, taught FROM lesson ORDER BY met DESC LIMIT ?1",
                            static_cast<std::int64_t>(most));
  for (;;) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) return found;
    Row read{walk, "lesson"};
    Lesson lesson;
    lesson.site = read.text(kLongestSite);
    lesson.met = read.time();
    lesson.taught = read.text(kLongestLesson);
    if (read.ok()) found.push_back(std::move(lesson));  // what is damaged is learnt again
  }
}

}  // namespace tenax::queue
