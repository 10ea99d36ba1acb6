// SPDX-License-Identifier: Apache-2.0
#pragma once
// Enhanced mail system status codes, "4.7.1" (RFC 3463, RFC 5248).

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace tenax::mail {

/// class 2, 4 or 5; subject and detail 0 to 999. Concurrency: value.
struct EnhancedStatus {
  int klass = 0;
  int subject = 0;
  int detail = 0;
  [[nodiscard]] std::string text() const;
  /// The whole of `text` must be a status.
  static std::optional<EnhancedStatus> parse(std::string_view text);
  /// A status at the very start of `text`, followed by a blank or the end, as replies carry it (RFC
  /// 2034 4).
  static std::optional<EnhancedStatus> leading(std::string_view text);
  friend auto operator<=>(const EnhancedStatus&, const EnhancedStatus&) = default;
};

}  // namespace tenax::mail
