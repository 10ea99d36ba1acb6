// SPDX-License-Identifier: Apache-2.0
#pragma once
// Members of a line of the control socket, as whoever trusts nothing reads them.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "mail/time.h"

namespace tenax::engine::control_json {

using nlohmann::json;

inline constexpr std::size_t kMaxText = 1024;  // longer than any address or destination

/// Thrown by all of these; caught where a line is decoded, and nowhere else.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
[[noreturn]] void unreadable(const std::string& why);

/// The line as an object, of bounded length and nesting.
[[nodiscard]] json object_in(std::string_view line, std::size_t most_octets);
void only_these(const json& object, std::initializer_list<std::string_view> known);

// What is absent is empty, false, 0 or null.
[[nodiscard]] std::string text_at(const json& object, const char* key, std::size_t most = kMaxText);
[[nodiscard]] bool flag_at(const json& object, const char* key);
[[nodiscard]] std::optional<std::int64_t> number_at(const json& object, const char* key);
[[nodiscard]] std::int64_t count_at(const json& object, const char* key);  // not negative
[[nodiscard]] int small_at(const json& object, const char* key);  // a count, cut at 1,000,000,000
[[nodiscard]] std::optional<mail::WallTime> time_at(const json& object, const char* key);
[[nodiscard]] const json* list_at(const json& object, const char* key, std::size_t most);

}  // namespace tenax::engine::control_json
