// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a person reads, before it is text or HTML.

#include <string>
#include <string_view>
#include <vector>

namespace tenax::bounce {

/// Words of one kind. They may be anybody's: both forms escape them.
struct Line {
  enum class Kind {
    paragraph,
    recipient,  // whom what follows is about
    note,       // about them
    quote,      // somebody else's words
    entry,      // of a list
    gap,        // between two paragraphs
  };
  Kind kind = Kind::paragraph;
  std::string text = {};
  friend bool operator==(const Line&, const Line&) = default;
};

using Page = std::vector<Line>;

/// CRLF lines of at most 76 columns where the words allow.
[[nodiscard]] std::string as_text(const Page& page);

/// A whole document of CRLF lines of at most 998 octets, without anything that is loaded, runs or
/// leads elsewhere. `language`: RFC 5646.
[[nodiscard]] std::string as_html(const Page& page, std::string_view title,
                                  std::string_view language);

}  // namespace tenax::bounce
