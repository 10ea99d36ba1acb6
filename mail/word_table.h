// SPDX-License-Identifier: Apache-2.0
#pragma once
// Enumerators and the words the schema, the log and the CLI write for them; and back.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace tenax::mail {

/// The words of an enumeration whose values count from 0; in their order.
template <std::size_t N>
using WordTable = std::array<std::string_view, N>;

template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::string_view word_of(const WordTable<N>& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::optional<Enum> value_of(const WordTable<N>& words,
                                                     std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace tenax::mail
