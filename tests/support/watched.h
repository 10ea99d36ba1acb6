// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a sanitizer watches runs thirty times slower: there a property is tried with fewer seeds,
// and a text that only has to be long is shorter.

namespace tenax {

// g++ says it with a macro, clang with a feature.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kWatched = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kWatched = true;
#else
inline constexpr bool kWatched = false;
#endif
#else
inline constexpr bool kWatched = false;
#endif

/// `whole` where nobody watches, a fifth of it otherwise.
[[nodiscard]] constexpr auto part_of(auto whole) { return kWatched ? (whole + 4) / 5 : whole; }

}  // namespace tenax
