// SPDX-License-Identifier: Apache-2.0
#pragma once
// What toml++ would sink in: it makes, reads and destroys a table for each part of a key, one
// within the other, and so does the stack. "a.a.a" some hundred thousand times ended the process.

#include <optional>
#include <string_view>

namespace tenax::engine {

/// Nothing that we know has more than three parts.
inline constexpr int kMostKeyParts = 16;

/// The first line with a key, or a section's name, of more than kMostKeyParts parts; nullopt when
/// there is none. Concurrency: pure.
[[nodiscard]] std::optional<int> line_of_too_deep_key(std::string_view text);

}  // namespace tenax::engine
