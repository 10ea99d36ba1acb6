// SPDX-License-Identifier: Apache-2.0
#pragma once
// The parts of a report and what keeps them apart (RFC 2046 5.1, RFC 6522).

#include <string>
#include <string_view>
#include <vector>

namespace tenax::bounce {

/// One body part. `content` ends with CRLF and is taken as it is.
struct Part {
  std::string type;         // the whole value of its Content-Type
  std::string description;  // "": none
  std::string content;
  std::string language = {};  // RFC 5646; "": not said
  [[nodiscard]] bool eight_bit() const;
};

/// A boundary that no line of any part begins with. `token` is random; should it occur all the same
/// (it was guessed, or is empty), another is made of it.
[[nodiscard]] std::string boundary_for(const std::vector<Part>& parts, std::string_view token);

/// The body of the multipart.
[[nodiscard]] std::string join(const std::vector<Part>& parts, std::string_view boundary);

}  // namespace tenax::bounce
