// SPDX-License-Identifier: Apache-2.0
#include "queue/body_form.h"

#include <algorithm>

#include "mail/ascii.h"

namespace tenax::queue {

namespace {

constexpr std::int64_t kQuotedLine = 76;  // RFC 2045 6.7 (5), with the "=" of a soft line break

/// Octets of the UTF-8 character that `lead` begins; 1 if it begins none.
std::int64_t character_length(unsigned char lead) {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  if (lead >= 0xc0) return 2;
  return 1;
}

}  // namespace

std::string_view BodyNature::charset() const {
  if (!eight_bit) return "us-ascii";
  return utf8 ? "utf-8" : "unknown-8bit";
}

void BodyMeter::text(std::string_view piece) {
  line_ += static_cast<std::int64_t>(piece.size());
  if (mail::is_ascii(piece)) {
    if (more_ > 0) nature_.utf8 = false;
    more_ = 0;
    return;
  }
  nature_.eight_bit = true;
  if (nature_.utf8) non_ascii(piece);
}

void BodyMeter::non_ascii(std::string_view piece) {
  for (const char c : piece) {
    const auto octet = static_cast<unsigned char>(c);
    if (more_ > 0) {
      if (octet < low_ || octet > high_) {
        nature_.utf8 = false;
        return;
      }
      low_ = 0x80;
      high_ = 0xbf;
      --more_;
      continue;
    }
    if (octet < 0x80) continue;
    if (octet < 0xc2 || octet > 0xf4) {
      nature_.utf8 = false;
      return;
    }
    // RFC 3629 4: no overlong forms, no surrogates, nothing above U+10FFFF.
    more_ = static_cast<int>(character_length(octet)) - 1;
    low_ = octet == 0xe0 ? 0xa0 : octet == 0xf0 ? 0x90 : 0x80;
    high_ = octet == 0xed ? 0x9f : octet == 0xf4 ? 0x8f : 0xbf;
  }
}

void BodyMeter::line_end() {
  nature_.longest_line = std::max(nature_.longest_line, line_);
  line_ = 0;
  if (more_ > 0) nature_.utf8 = false;
  more_ = 0;
}

void BodyMeter::lines(std::string_view whole) {
  const bool ascii = mail::is_ascii(whole);
  while (!whole.empty()) {
    const std::size_t end = whole.find('\r');
    if (ascii) {
      line_ = static_cast<std::int64_t>(end);
    } else {
      text(whole.substr(0, end));
    }
    line_end();
    whole.remove_prefix(end + 2);
  }
}

BodyNature BodyMeter::nature() const {
  BodyNature nature = nature_;
  nature.longest_line = std::max(nature.longest_line, line_);
  nature.utf8 = nature.utf8 && more_ == 0;
  return nature;
}

void BodyWriter::write(std::string_view canonical, std::string& out) {
  switch (form_) {
    case BodyForm::as_is: out.append(canonical); return;
    case BodyForm::broken_lines: break_lines(canonical, out); return;
    case BodyForm::quoted_printable: quote(canonical, out); return;
  }
}

void BodyWriter::break_lines(std::string_view canonical, std::string& out) {
  for (const char c : canonical) {
    if (c == '\r' || c == '\n') {
      out.push_back(c);
      column_ = 0;
      continue;
    }
    // Before a character that would cross the limit, so that none is torn apart.
    if (column_ + character_length(static_cast<unsigned char>(c)) > kLongestLine) {
      out.append("\r\n ");
      column_ = 1;
    }
    out.push_back(c);
    ++column_;
  }
}

void BodyWriter::quote(std::string_view canonical, std::string& out) {
  for (const char c : canonical) {
    if (c == '\n') continue;  // every one has its CR in front
    if (c == '\r') {
      if (blank_ != '\0') put_quoted(static_cast<unsigned char>(blank_), false, out);
      blank_ = '\0';
      out.append("\r\n");
      column_ = 0;
      continue;
    }
    if (blank_ != '\0') put_quoted(static_cast<unsigned char>(blank_), true, out);
    blank_ = '\0';
    if (c == ' ' || c == '\t') {
      blank_ = c;
      continue;
    }
    // A dot at the start of a line is quoted too: nothing between here and there can trip over it.
    const bool literal = c > ' ' && c <= '~' && c != '=' && !(c == '.' && column_ == 0);
    put_quoted(static_cast<unsigned char>(c), literal, out);
  }
}

void BodyWriter::put_quoted(unsigned char octet, bool literal, std::string& out) {
  const std::int64_t width = literal ? 1 : 3;
  if (column_ + width > kQuotedLine - 1) {
    out.append("=\r\n");
    column_ = 0;
  }
  column_ += width;
  if (literal) {
    out.push_back(static_cast<char>(octet));
    return;
  }
  constexpr std::string_view kHex = "0123456789ABCDEF";
  out.push_back('=');
  out.push_back(kHex[octet >> 4]);
  out.push_back(kHex[octet & 15]);
}

}  // namespace tenax::queue
