// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/words.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>
#include <ctime>
#include <utility>

#include "mail/printable.h"

namespace tenax::cli {

namespace {

bool starts_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

void pad(std::string& line, std::size_t count) { line.append(count, ' '); }

}  // namespace

std::string moment(mail::WallTime when) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  std::tm parts{};
  std::array<char, 64> text{};
  if (::localtime_r(&seconds, &parts) == nullptr) return mail::to_rfc3339(when);
  const std::size_t length =
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %z", &parts);
  return {text.data(), length};
}

std::string safe(std::string_view text) { return mail::printable(text, 500); }

std::string relative(mail::WallTime when, mail::WallTime now) {
  if (when > now + std::chrono::seconds{1}) return "in " + mail::in_short(when - now);
  if (now > when + std::chrono::seconds{1}) return mail::in_short(now - when) + " ago";
  return "now";
}

std::string age(mail::WallTime since, mail::WallTime now) {
  const mail::Duration length = std::max(now - since, mail::Duration::zero());
  if (length < std::chrono::seconds{1}) return "0s";
  return mail::in_short(std::chrono::floor<std::chrono::seconds>(length));
}

std::string octets(std::int64_t count) {
  constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(count);
  std::size_t unit = 0;
  while (amount >= 1024.0 && unit + 1 < kUnits.size()) {
    amount /= 1024.0;
    ++unit;
  }
  std::array<char, 40> text{};
  const int decimals = unit > 0 && amount < 10.0 ? 1 : 0;
  std::snprintf(text.data(), text.size(), "%.*f %s", decimals, amount, kUnits[unit]);
  return text.data();
}

std::string counted(std::int64_t count, std::string_view noun) {
  std::string word{noun};
  if (count != 1 && word.ends_with('y')) {
    word.replace(word.size() - 1, 1, "ies");
  } else if (count != 1) {
    word += 's';
  }
  return std::to_string(count) + " " + word;
}

std::size_t places(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string fitted(std::string_view text, std::size_t width) {
  if (width == 0 || places(text) <= width) return std::string{text};
  const std::size_t kept = width > 3 ? width - 3 : width;
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (starts_code_point(text[end]) && seen++ == kept) break;
  }
  std::string cut{text.substr(0, end)};
  if (width > 3) cut += "...";
  return cut;
}

void Table::row(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  lines_.push_back({std::move(cells), {}});
}

void Table::remark(std::string line) { lines_.push_back({{}, std::move(line)}); }

std::string Table::text(std::size_t width) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(places(column.title));
  for (const Line& line : lines_) {
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      widths[i] = std::max(widths[i], places(line.cells[i]));
    }
  }
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);

  std::string text;
  const auto write = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t rest = widths[i] - places(cells[i]);
      if (i > 0) line += "  ";
      if (columns_[i].right) pad(line, rest);
      line += cells[i];
      if (!columns_[i].right && i + 1 < cells.size()) pad(line, rest);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += fitted(line, width) + "\n";
  };
  write(titles);
  for (const Line& line : lines_) {
    if (line.cells.empty()) {
      text += fitted("    " + line.remark, width) + "\n";
    } else {
      write(line.cells);
    }
  }
  return text;
}

std::string in_the_drop_folder(std::int64_t count) {
  return counted(count, "message") + (count == 1 ? " waits" : " wait") + " in the drop folder";
}

std::string in_words(const scheduler::PaceLimit& limit) {
  std::string text = counted(limit.count, "message") + " in " + mail::in_short(limit.period);
  if (limit.burst > 1) text += ", " + std::to_string(limit.burst) + " at once";
  return text;
}

}  // namespace tenax::cli
