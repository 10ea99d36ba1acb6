// SPDX-License-Identifier: Apache-2.0
#include "mail/enhanced_status.h"

#include "mail/ascii.h"

namespace tenax::mail {

std::string EnhancedStatus::text() const {
  return std::to_string(klass) + "." + std::to_string(subject) + "." + std::to_string(detail);
}

std::optional<EnhancedStatus> EnhancedStatus::parse(std::string_view text) {
  if (text.size() < 5 || text[1] != '.') return std::nullopt;
  if (text[0] != '2' && text[0] != '4' && text[0] != '5') return std::nullopt;
  const std::size_t dot = text.find('.', 2);
  if (dot == std::string_view::npos) return std::nullopt;
  const auto subject = parse_number(text.substr(2, dot - 2), 999);
  const auto detail = parse_number(text.substr(dot + 1), 999);
  if (!subject || !detail) return std::nullopt;
  return EnhancedStatus{text[0] - '0', *subject, *detail};
}

std::optional<EnhancedStatus> EnhancedStatus::leading(std::string_view text) {
  return parse(text.substr(0, text.find_first_of(" \t")));
}

}  // namespace tenax::mail
