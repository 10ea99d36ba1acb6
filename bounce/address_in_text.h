// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mail addresses in the midst of text that strangers' programs wrote.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenax::bounce {

/// Where one stands; `first` and `size` without the brackets or quotes around it.
struct AddressSpan {
  std::size_t first = 0;
  std::size_t size = 0;
  [[nodiscard]] std::size_t end() const { return first + size; }
  [[nodiscard]] std::string_view in(std::string_view line) const {
    return line.substr(first, size);
  }
};

/// In order, at most `most`: a line of text has few, a header field may have many.
[[nodiscard]] std::vector<AddressSpan> addresses_in(std::string_view line, std::size_t most = 20);

[[nodiscard]] std::optional<std::string_view> first_address_in(std::string_view line);

/// The text with addresses in brackets or quotes that a line's end broke ("<bob@example.\n net>")
/// as they were.
[[nodiscard]] std::string with_broken_addresses_joined(std::string text);

}  // namespace tenax::bounce
