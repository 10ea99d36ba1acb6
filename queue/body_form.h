// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a body is made of, and the form in which it may travel (RFC 5322 2.1.1, RFC 2045).

#include <cstdint>
#include <string>
#include <string_view>

namespace tenax::queue {

inline constexpr std::int64_t kLongestLine = 998;  // RFC 5322 2.1.1, without the CRLF

/// What was seen of a body. Concurrency: value.
struct BodyNature {
  bool eight_bit = false;
  bool utf8 = true;  // it could be
  std::int64_t longest_line = 0;
  [[nodiscard]] bool has_long_lines() const { return longest_line > kLongestLine; }
  /// us-ascii, utf-8, or unknown-8bit for bytes nobody explained (RFC 1428 3).
  [[nodiscard]] std::string_view charset() const;
};

/// Watches a body pass, line by line. Concurrency: one user at a time.
class BodyMeter {
 public:
  void text(std::string_view piece);
  void line_end();
  /// The same for lines that end with CRLF each, from the start of a line on.
  void lines(std::string_view whole);
  [[nodiscard]] BodyNature nature() const;

 private:
  void non_ascii(std::string_view piece);
  BodyNature nature_;
  std::int64_t line_ = 0;
  int more_ = 0;              // continuation octets the current character still needs
  unsigned char low_ = 0x80;  // and what the next of them must lie between
  unsigned char high_ = 0xbf;
};

enum class BodyForm {
  as_is,
  broken_lines,      // lines over 998 octets go on in the next line, behind a blank
  quoted_printable,  // RFC 2045 6.7
};

/// Writes canonical lines (CRLF) in a form, piece by piece. Concurrency: one user at a time.
class BodyWriter {
 public:
  explicit BodyWriter(BodyForm form) : form_{form} {}
  void write(std::string_view canonical, std::string& out);

 private:
  void break_lines(std::string_view canonical, std::string& out);
  void quote(std::string_view canonical, std::string& out);
  void put_quoted(unsigned char octet, bool literal, std::string& out);

  BodyForm form_;
  std::int64_t column_ = 0;
  char blank_ = '\0';  // a blank that must be quoted if the line ends behind it
};

}  // namespace tenax::queue
