// SPDX-License-Identifier: Apache-2.0
#pragma once
// A domain as it stands right of the "@": a name or an address literal (RFC 5321 4.1.2, 4.1.3; RFC
// 6531 3.3).

#include <compare>
#include <string>
#include <string_view>

#include "mail/parsed.h"

namespace tenax::mail {

/// A syntactically valid domain: dot-separated labels (letters, digits, hyphens, underscore
/// tolerated, or UTF-8 U-labels), at most 255 octets and 63 per label; or "[192.0.2.1]" /
/// "[IPv6:2001:db8::1]". A trailing dot is dropped. Compared without regard to ASCII case; the
/// spelling given is kept. Concurrency: value.
class Domain {
 public:
  static Parsed<Domain> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string lower() const;  // ASCII lower case; what maps and tables use
  [[nodiscard]] bool is_literal() const { return !text_.empty() && text_.front() == '['; }
  [[nodiscard]] std::string literal_address()
      const;  // "192.0.2.1", "2001:db8::1"; only if is_literal()
  [[nodiscard]] bool is_ascii() const;

  friend bool operator==(const Domain& a, const Domain& b) { return a.lower() == b.lower(); }

 private:
  explicit Domain(std::string text) : text_{std::move(text)} {}
  std::string text_;
};

}  // namespace tenax::mail
