// SPDX-License-Identifier: Apache-2.0
#pragma once
// That a queue gave up at last says nothing of why, where there are other words.

#include <optional>
#include <string_view>

namespace tenax::bounce {

/// What stands around such words; "" where it is marks only.
struct AroundLastWords {
  std::string_view before;
  std::string_view behind;
};

/// nullopt where nobody says that they gave up. Concurrency: pure.
[[nodiscard]] std::optional<AroundLastWords> around_last_words(std::string_view text);

}  // namespace tenax::bounce
