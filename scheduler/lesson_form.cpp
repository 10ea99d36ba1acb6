// SPDX-License-Identifier: Apache-2.0
#include "scheduler/lesson_form.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "mail/lesson.h"

namespace tenax::scheduler {

namespace {

bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

template <class Number>
std::optional<Number> read_number(std::string_view word, int base) {
  Number value{};
  const char* const end = word.data() + word.size();
  const auto [stop, wrong] = std::from_chars(word.data(), end, value, base);
  if (wrong != std::errc{} || stop != end) return std::nullopt;
  // One spelling for each number.
  const std::string_view digits = word.substr(word.front() == '-' ? 1 : 0);
  if (digits.front() == '0' && word.size() > 1) return std::nullopt;
  return value;
}

}  // namespace

void LessonForm::line(std::string_view name) {
  if (!reading_) {
    if (begun_) out_ += '\n';
    out_ += name;
    begun_ = true;
    return;
  }
  if (begun_) {
    expect(rest_.starts_with('\n'));
    if (ok_) rest_.remove_prefix(1);
  }
  begun_ = true;
  expect(rest_.starts_with(name));
  if (!ok_) return;
  rest_.remove_prefix(name.size());
  expect(rest_.starts_with(' ') || rest_.starts_with('\n'));
}

std::string_view LessonForm::word() {
  expect(rest_.size() > 1 && rest_.front() == ' ');
  if (!ok_) return {};
  rest_.remove_prefix(1);
  const std::string_view found = rest_.substr(0, rest_.find_first_of(" \n"));
  rest_.remove_prefix(found.size());
  expect(!found.empty());
  return found;
}

bool LessonForm::next_is_none() {
  const std::string_view after = rest_.substr(0, rest_.find_first_of(" \n", 1));
  if (after != " -") return false;
  rest_.remove_prefix(after.size());
  return true;
}

void LessonForm::number(std::int64_t& value, std::int64_t least, std::int64_t most) {
  if (!reading_) {
    out_ += ' ' + std::to_string(std::clamp(value, least, most));
    return;
  }
  const std::string_view text = word();
  const auto read = text.empty() ? std::nullopt : read_number<std::int64_t>(text, 10);
  expect(read && *read >= least && *read <= most);
  if (ok_) value = *read;
}

void LessonForm::count(int& value, int most) {
  std::int64_t wide = value;
  number(wide, 0, most);
  value = static_cast<int>(wide);
}

void LessonForm::score(int& value, int most) {
  std::int64_t wide = value;
  number(wide, -most, most);
  value = static_cast<int>(wide);
}

void LessonForm::hash(std::uint64_t& value) {
  if (!reading_) {
    char digits[16];
    const auto [end, wrong] = std::to_chars(std::begin(digits), std::end(digits), value, 16);
    out_ += ' ';
    out_.append(std::begin(digits), end);
    return;
  }
  const std::string_view text = word();
  const bool lower =
      std::ranges::none_of(text, [](char c) { return c < '0' || c > 'f' || (c > '9' && c < 'a'); });
  const auto read = text.empty() ? std::nullopt : read_number<std::uint64_t>(text, 16);
  expect(read.has_value() && lower);
  if (ok_) value = *read;
}

void LessonForm::flag(bool& value) {
  std::int64_t number_of = value ? 1 : 0;
  number(number_of, 0, 1);
  value = number_of == 1;
}

void LessonForm::part(double& value, double most) {
  std::int64_t thousandths = std::llround(std::clamp(value, 0.0, most) * 1000);
  number(thousandths, 0, std::llround(most * 1000));
  if (reading_) value = static_cast<double>(thousandths) / 1000;
}

void LessonForm::length(mail::Duration& value, mail::Duration most) {
  std::int64_t millis = value.count();
  number(millis, 0, most.count());
  if (reading_) value = mail::Duration{millis};
}

void LessonForm::moment(mail::WallTime& value, mail::Duration ahead) {
  const std::int64_t most =
      reading_ ? mail::to_millis(now_ + ahead) : std::numeric_limits<std::int64_t>::max();
  std::int64_t millis = mail::to_millis(value);
  number(millis, 0, most);
  if (reading_) value = mail::from_millis(millis);
}

void LessonForm::perhaps(std::optional<mail::Duration>& value) {
  if (!reading_ && !value) {
    out_ += " -";
    return;
  }
  if (reading_ && next_is_none()) return value.reset();
  if (reading_) value.emplace();
  length(*value);
}

void LessonForm::perhaps(std::optional<mail::WallTime>& value) {
  if (!reading_ && !value) {
    out_ += " -";
    return;
  }
  if (reading_ && next_is_none()) return value.reset();
  if (reading_) value.emplace();
  moment(*value);
}

std::size_t LessonForm::size(std::size_t value, std::size_t most) {
  auto number_of = static_cast<std::int64_t>(std::min(value, most));
  number(number_of, 0, static_cast<std::int64_t>(most));
  return ok_ ? static_cast<std::size_t>(number_of) : 0;
}

void LessonForm::text(std::string& value, std::size_t most) {
  if (!reading_) {
    expect(!value.empty() && value.size() <= most && printable(value));
    out_ += ' ' + value;
    return;
  }
  expect(rest_.size() > 1 && rest_.front() == ' ');
  if (!ok_) return;
  rest_.remove_prefix(1);
  const std::string_view found = rest_.substr(0, rest_.find('\n'));
  rest_.remove_prefix(found.size());
  expect(!found.empty() && found.size() <= most && printable(found));
  value = found;
}

bool LessonForm::complete() { return ok_ && reading_ && rest_ == "\n"; }

std::string LessonForm::written() {
  out_ += '\n';
  return ok_ && out_.size() <= mail::kLongestLesson ? out_ : std::string{};
}

}  // namespace tenax::scheduler
