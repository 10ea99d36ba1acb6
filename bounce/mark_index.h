// SPDX-License-Identifier: Apache-2.0
#pragma once
// Phrases that are looked for all at once: one pass over a text, however many they are.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tenax::bounce {

inline constexpr std::size_t kMarkSlots = 1024;  // a few times as many as a list has phrases

/// By its first three bytes.
constexpr std::size_t mark_slot(std::string_view at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  return (byte(0) * 31U + byte(1) * 17U + byte(2) * 257U) % kMarkSlots;
}

/// A list of phrases, and which of them may begin with some bytes: `first` of a slot and `next` of
/// a phrase are places in the list, counted from 1; 0 ends it.
template <std::size_t N>
struct MarkIndex {
  std::array<std::string_view, N> phrases;
  std::array<std::uint16_t, kMarkSlots> first{};
  std::array<std::uint16_t, N> next{};
};

/// Does not compile with a phrase of fewer than three bytes.
template <std::size_t N>
consteval MarkIndex<N> indexed(const std::array<std::string_view, N>& phrases) {
  MarkIndex<N> index{phrases, {}, {}};
  for (std::size_t i = N; i > 0; --i) {
    if (phrases[i - 1].size() < 3) throw "too short";
    std::uint16_t& first = index.first[mark_slot(phrases[i - 1])];
    index.next[i - 1] = first;
    first = static_cast<std::uint16_t>(i);
  }
  return index;
}

/// What a list is passed around as. Concurrency: value; the index is a constant.
class MarkList {
 public:
  template <std::size_t N>
  constexpr MarkList(const MarkIndex<N>& index)
      : phrases_{index.phrases}, first_{index.first}, next_{index.next} {}

  [[nodiscard]] auto begin() const { return phrases_.begin(); }
  [[nodiscard]] auto end() const { return phrases_.end(); }

  /// Does one stand in `lower`, which is in lower case?
  [[nodiscard]] bool stand_in(std::string_view lower) const {
    for (; lower.size() >= 3; lower.remove_prefix(1)) {
      for (std::size_t i = first_[mark_slot(lower)]; i != 0; i = next_[i - 1]) {
        if (lower.starts_with(phrases_[i - 1])) return true;
      }
    }
    return false;
  }

 private:
  std::span<const std::string_view> phrases_;
  std::span<const std::uint16_t> first_;
  std::span<const std::uint16_t> next_;
};

}  // namespace tenax::bounce
