// SPDX-License-Identifier: Apache-2.0
#pragma once
// Any mail taken apart: its header and its parts in order, decoded, as UTF-8 with LF. The one place
// that knows GMime.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header.h"

namespace tenax::bounce {

/// Of a mail no more is read: a notice tells what it has to tell in its first part, what follows is
/// the mail that came back.
inline constexpr std::size_t kOctetsOfMail = 1 << 20;
inline constexpr std::size_t kOctetsOfPart = 256 << 10;  // of one part, decoded
inline constexpr std::size_t kMostParts = 100;
inline constexpr int kDeepestPart = 20;

/// A part that holds no others. Of a mail in the mail (message/rfc822) only its header section.
struct MimeLeaf {
  std::string type;       // "text/plain", in lower case
  std::string text;       // "" of what is neither text nor a report
  bool cut = false;       // its last line has no end
  bool encoded = false;   // stood in other bytes: base64, another charset
  bool returned = false;  // stood in the mail in the mail: a notice that was passed on
};

struct MimeTree {
  mail::Header header;
  std::string subject;      // decoded, in lower case
  std::string type;         // of the whole: "multipart/report"
  std::string report_type;  // "delivery-status"; "" unless said
  std::vector<MimeLeaf> leaves;
};

/// Takes any bytes, with any kind of line ends, a From_ line in front, and cut short anywhere.
/// Concurrency: thread-safe.
[[nodiscard]] MimeTree take_apart(std::string_view mail);

}  // namespace tenax::bounce
