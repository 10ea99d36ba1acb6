// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a server said, in the midst of a notice's text.

#include <cstddef>
#include <string>
#include <string_view>

namespace tenax::bounce {

/// Is there a reply at `at`? "550 ", "550-5.1.1", behind what may stand before one. Concurrency of
/// all: pure.
[[nodiscard]] bool reply_begins(std::string_view line, std::size_t at);

/// The reply of a server in lines of text: from its code to the end of its paragraph, as one line;
/// "" if there is none.
[[nodiscard]] std::string reply_in(std::string_view text);

/// All lines of a reply of which only the first is known, "550-The address", if a transcript in the
/// text shows them; "" if it has its last line, or none stand there.
[[nodiscard]] std::string whole_reply(std::string_view reply, std::string_view text);

}  // namespace tenax::bounce
