// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a server said (RFC 5321 4.2).

#include <optional>
#include <string>
#include <vector>

#include "mail/enhanced_status.h"
#include "mail/printable.h"

namespace tenax::mail {

/// One SMTP reply, whole. `lines` are the texts without code, separator and CRLF, bytes as they
/// came: print them only through printable(). Concurrency: value.
struct Reply {
  int code = 0;                    // 100..999; a sensible one is of 200..599
  std::vector<std::string> lines;  // at least one, perhaps empty

  [[nodiscard]] bool positive() const { return code >= 200 && code < 400; }
  [[nodiscard]] bool transient() const { return code >= 400 && code < 500; }
  [[nodiscard]] bool permanent() const { return code >= 500 && code < 600; }

  /// The first line's enhanced status; nullopt when there is none or its class contradicts the code
  /// (RFC 2034 4).
  [[nodiscard]] std::optional<EnhancedStatus> status() const;

  /// "450 4.7.1 try again later": code and lines joined by " / "; safe to print, invalid UTF-8 and
  /// controls escaped.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Reply&, const Reply&) = default;
};

}  // namespace tenax::mail
