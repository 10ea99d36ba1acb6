// SPDX-License-Identifier: Apache-2.0
#include "engine/control_json.h"

#include <algorithm>

#include "mail/printable.h"

namespace tenax::engine::control_json {

namespace {

constexpr int kMaxDepth = 8;
constexpr std::int64_t kMostSmall = 1'000'000'000;

}  // namespace

void unreadable(const std::string& why) { throw Unreadable{why}; }

/// The line as an object, of bounded length and nesting.
json object_in(std::string_view line, std::size_t most_octets) {
  if (line.size() > most_octets) unreadable("too long");
  const auto bounded = [](int depth, json::parse_event_t, json&) {
    if (depth > kMaxDepth) unreadable("nested too deep");
    return true;
  };
  json parsed = json::parse(line, bounded, /*allow_exceptions=*/false);
  if (!parsed.is_object()) unreadable("not a JSON object");
  return parsed;
}

void only_these(const json& object, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      unreadable("unknown key \"" + mail::printable(key, 60) + "\"");
    }
  }
}

std::string text_at(const json& object, const char* key, std::size_t most) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (!found->is_string()) unreadable(std::string{key} + " is not a text");
  std::string text = found->get<std::string>();
  if (text.size() > most) unreadable(std::string{key} + " is too long");
  return text;
}

bool flag_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return false;
  if (!found->is_boolean()) unreadable(std::string{key} + " is neither true nor false");
  return found->get<bool>();
}

std::optional<std::int64_t> number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  const bool fits =
      found->is_number_integer() &&
      !(found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{INT64_MAX});
  if (!fits) unreadable(std::string{key} + " is not a whole number");
  return found->get<std::int64_t>();
}

std::int64_t count_at(const json& object, const char* key) {
  const std::int64_t count = number_at(object, key).value_or(0);
  if (count < 0) unreadable(std::string{key} + " is negative");
  return count;
}

int small_at(const json& object, const char* key) {
  return static_cast<int>(std::min<std::int64_t>(count_at(object, key), kMostSmall));
}

std::optional<mail::WallTime> time_at(const json& object, const char* key) {
  const std::optional<std::int64_t> millis = number_at(object, key);
  if (!millis) return std::nullopt;
  return mail::from_millis(*millis);
}

const json* list_at(const json& object, const char* key, std::size_t most) {
  const auto found = object.find(key);
  if (found == object.end()) return nullptr;
  if (!found->is_array()) unreadable(std::string{key} + " is not a list");
  if (found->size() > most) unreadable(std::string{key} + " is too long a list");
  return &*found;
}

}  // namespace tenax::engine::control_json
