// SPDX-License-Identifier: Apache-2.0
#pragma once
// The header section of a message: its fields (RFC 5322 2.2), and through the two headers below
// the address lists and encoded words that fields hold.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address_list.h"
#include "mail/encoded_word.h"

namespace tenax::mail {

/// One field. `raw` is its bytes, folding and line ends included.
struct HeaderField {
  std::string name;   // as written
  std::string value;  // unfolded (CRLF before blanks dropped), outer blanks trimmed
  std::string raw;    // "Subject: a\r\n b\r\n"

  [[nodiscard]] bool is(std::string_view other_name) const;  // ASCII case-insensitive
};

/// The fields in order. Reads up to the first empty line or the first line that is no field; `text`
/// may use CRLF or LF. Bounded: the caller bounds `text`. Never fails: what is no field ends the
/// header. Concurrency: value.
class Header {
 public:
  /// Parses; `body_starts` (if given) gets the offset in `text` just behind the empty line, or of
  /// the line that ended it.
  static Header parse(std::string_view text, std::size_t* body_starts = nullptr);

  [[nodiscard]] const std::vector<HeaderField>& fields() const { return fields_; }
  [[nodiscard]] const HeaderField* find(std::string_view name) const;  // the first of that name
  [[nodiscard]] std::vector<const HeaderField*> all(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

 private:
  std::vector<HeaderField> fields_;
};

/// Is this line the start of a header field: printable ASCII name without blanks, then optional
/// blanks and ":"?
[[nodiscard]] bool starts_field(std::string_view line);

}  // namespace tenax::mail
