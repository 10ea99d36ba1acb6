// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lines as a notice is made of: header fields that fold, paragraphs that wrap. Whatever goes in,
// one field or one paragraph comes out.

#include <cstddef>
#include <string>
#include <string_view>

namespace tenax::bounce {

/// "Name: value" CRLF, folded at blanks (RFC 5322 2.2.3); a word of more than 900 octets is broken.
/// Controls in `value` are escaped; at most 8192 octets of it are kept.
[[nodiscard]] std::string field(std::string_view name, std::string_view value);

/// The same for fields that must be ASCII: other characters are written \x{HEX}, as RFC 6533 3
/// does.
[[nodiscard]] std::string ascii_field(std::string_view name, std::string_view value);

/// `text` in lines of at most 76 columns where its words allow, each with `indent` blanks in front
/// and CRLF behind. Controls are escaped.
[[nodiscard]] std::string paragraph(std::string_view text, std::size_t indent = 0);

/// Characters beyond ASCII as \x{HEX}.
[[nodiscard]] std::string ascii_only(std::string_view utf8);

/// One CRLF at the end of each line, no CR or LF elsewhere, no NUL, and lines cut at 998 octets: a
/// header section as it may stand in a message, even if the original was not (or was cut in the
/// middle of a line).
[[nodiscard]] std::string tidy_header(std::string_view header);

/// May it be given back as it is: CRLF lines of at most 998 octets, no NUL?
[[nodiscard]] bool is_tidy(std::string_view contents);

[[nodiscard]] bool is_ascii(std::string_view text);

/// An IP address stands in brackets where a host name is expected.
[[nodiscard]] bool is_ip(std::string_view name);

}  // namespace tenax::bounce
