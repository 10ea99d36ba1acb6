// SPDX-License-Identifier: Apache-2.0
#include "queue/lessons.h"

#include <utility>

#include "queue/sqlite_rows.h"

namespace tenax::queue {

namespace {

// What is read lies in memory at once. Lessons as they are written take some 5 MB.
constexpr std::size_t kMostOctets = std::size_t{32} << 20;

}  // namespace

io::Result<> write_lessons(Connection& db, const std::vector<mail::Lesson>& lessons) {
  for (const mail::Lesson& lesson : lessons) {
    const bool fits = !lesson.key.empty() && lesson.key.size() <= mail::kLongestLessonKey &&
                      lesson.text.size() <= mail::kLongestLesson;
    if (!fits) return io::error(io::Errc::protocol, "a lesson of no size for one");
    const io::Result<> done =
        lesson.text.empty() ? db.run("DELETE FROM lesson WHERE key = ?1", lesson.key)
                            : db.run(
                                  "INSERT INTO lesson (key, written, text) VALUES (?1, ?2, ?3) "
                                  "ON CONFLICT (key) DO UPDATE SET written = excluded.written, "
                                  "text = excluded.text",
                                  lesson.key, lesson.learnt, Blob{lesson.text});
    if (!done) return done;
  }
  return db.run(
      "DELETE FROM lesson WHERE id IN "
      "(SELECT id FROM lesson ORDER BY written DESC LIMIT -1 OFFSET ?1)",
      static_cast<std::int64_t>(mail::kMostLessons));
}

io::Result<std::vector<mail::Lesson>> read_lessons(Connection& db) {
  Statement found =
      db.query("SELECT id, key, written, text FROM lesson ORDER BY written DESC LIMIT ?1",
               static_cast<std::int64_t>(mail::kMostLessons));
  std::vector<mail::Lesson> lessons;
  for (std::size_t octets = 0;;) {
    const io::Result<bool> row = found.step();
    if (!row) return row.error();
    if (!*row || octets > kMostOctets) return lessons;
    Row read{found, "lesson"};
    read.id();
    mail::Lesson lesson;
    lesson.key = read.text(mail::kLongestLessonKey);
    lesson.learnt = read.time();
    lesson.text = read.blob(mail::kLongestLesson);
    if (!read.ok()) continue;
    octets += lesson.text.size();
    lessons.push_back(std::move(lesson));
  }
}

}  // namespace tenax::queue
