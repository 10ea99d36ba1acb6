// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text beyond ASCII in header fields: "=?UTF-8?B?R3LDvMOfZQ==?=" (RFC 2047).

#include <cstddef>
#include <string>
#include <string_view>

namespace tenax::mail {

/// How long the encoded word at the very start of `text` is; 0 when there is none. Longer ones than
/// RFC 2047's 75 characters are taken, and specials inside as well: senders write both.
[[nodiscard]] std::size_t encoded_word_length(std::string_view text);

/// RFC 2047 words decoded where the charset is UTF-8, US-ASCII or ISO-8859-1; others stay as
/// written. The result is printable() and cut at `limit` bytes. For showing a Subject to people.
[[nodiscard]] std::string decoded_for_people(std::string_view value, std::size_t limit = 200);

/// Text for an unstructured field or display name: as it is when printable ASCII, else as RFC 2047
/// words (UTF-8, B), each at most 75 characters, with single blanks between them to fold at.
/// Controls become blanks, so that nothing ends the field early, however it is decoded. As a
/// display name plain ASCII may still need quotes.
[[nodiscard]] std::string encoded_word(std::string_view utf8);

/// The same, in encoded words whatever it is, the first of which has at most `first` characters (as
/// far as one character of the text fits into them): it may have to share its line.
[[nodiscard]] std::string encoded_words(std::string_view utf8, std::size_t first = 75);

}  // namespace tenax::mail
