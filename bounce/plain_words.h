// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server's text made comparable: only its words count.

#include <string>
#include <string_view>

namespace tenax::bounce {

/// Lower case, everything but ASCII letters, digits and UTF-8 as single blanks, one blank in front
/// and one behind. Mail addresses are left out: "blocked@example.com" says nothing of blocking. At
/// most the first 2000 bytes are read.
[[nodiscard]] std::string plain_words(std::string_view text);

}  // namespace tenax::bounce
