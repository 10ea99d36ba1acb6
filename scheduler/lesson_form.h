// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words in which a lesson is kept: lines of a name and its values, blanks between. One
// description of a thing serves both directions, so that what is written can be read.
//
//   site 1
//   greylist 301000 301000 0 12 0 0 1 0
//   hosts mx1.example.net mx2.example.net :25

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/time.h"

namespace tenax::scheduler {

/// Writes values, or reads them: strictly, since a database may be damaged or made up. The first
/// wrong thing makes it not ok(), and then it is refused as a whole; what was read until then is of
/// no use. Concurrency: value.
class LessonForm {
 public:
  /// No length of time is longer, and no moment further ahead of us.
  static constexpr mail::Duration kLongest = std::chrono::hours{24 * 40};
  static constexpr mail::Duration kAhead = std::chrono::hours{24 * 8};
  /// Nothing but a limit keeps a door shut for longer.
  static constexpr mail::Duration kSoon = std::chrono::hours{14};

  /// To write one.
  LessonForm() = default;
  /// To read one, which outlives it.
  LessonForm(std::string_view text, mail::WallTime now) : reading_{true}, rest_{text}, now_{now} {}

  [[nodiscard]] bool reading() const { return reading_; }
  /// Begins a line of that name.
  void line(std::string_view name);

  void number(std::int64_t& value, std::int64_t least, std::int64_t most);
  void count(int& value, int most);
  void score(int& value, int most);  // between -most and most
  void hash(std::uint64_t& value);
  void flag(bool& value);
  void part(double& value, double most);  // in thousandths
  void length(mail::Duration& value, mail::Duration most = kLongest);
  void moment(mail::WallTime& value, mail::Duration ahead = kAhead);
  void perhaps(std::optional<mail::Duration>& value);
  void perhaps(std::optional<mail::WallTime>& value);
  /// How many lines, or groups of values, follow.
  [[nodiscard]] std::size_t size(std::size_t value, std::size_t most);
  /// The rest of the line, as it is.
  void text(std::string& value, std::size_t most);

  /// What makes no sense together.
  void expect(bool holds) { ok_ = ok_ && holds; }
  [[nodiscard]] bool ok() const { return ok_; }
  /// It was read to its end, and nothing was wrong.
  [[nodiscard]] bool complete();
  /// What was written; "" if that could not be read again.
  [[nodiscard]] std::string written();

 private:
  [[nodiscard]] std::string_view word();
  [[nodiscard]] bool next_is_none();

  bool reading_ = false;
  bool ok_ = true;
  bool begun_ = false;  // a line
  std::string out_;
  std::string_view rest_;  // not yet read
  mail::WallTime now_;
};

}  // namespace tenax::scheduler
