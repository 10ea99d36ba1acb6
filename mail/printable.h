// SPDX-License-Identifier: Apache-2.0
#pragma once
// The only way remote or local strangers' bytes reach a terminal, a log or a header of ours.

#include <cstddef>
#include <string>
#include <string_view>

namespace tenax::mail {

/// Every byte that a terminal, a log or a header could take for a command is replaced: controls
/// (C0, DEL, C1), invalid UTF-8, bidirectional overrides, and what has no width and lets two texts
/// look like one, become "\xHH" / "\u{HHHH}". At most
/// `limit` bytes, cut with "...", never inside a character or an escape. What is printable already
/// comes back as it is (a backslash too).
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 4096);

/// Would printable() leave this as it is, were there no limit?
[[nodiscard]] bool is_printable(std::string_view text);

}  // namespace tenax::mail
