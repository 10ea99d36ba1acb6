// SPDX-License-Identifier: Apache-2.0
#include "mail/reply.h"

#include "mail/ascii.h"

namespace tenax::mail {

std::optional<EnhancedStatus> Reply::status() const {
  if (lines.empty()) return std::nullopt;
  const auto status = EnhancedStatus::leading(lines.front());
  if (!status || status->klass != code / 100) return std::nullopt;
  return status;
}

std::string Reply::text() const {
  constexpr std::size_t kEnough = 4096;  // a reply is bounded where it is read; this is for the eye
  std::string words;
  for (const std::string& line : lines) {
    const std::string_view said = trimmed(line);
    if (said.empty()) continue;
    if (!words.empty()) words += " / ";
    words += printable(said, kEnough);
    if (words.size() > kEnough) break;
  }
  return printable(std::to_string(code) + (words.empty() ? "" : " ") + words, kEnough);
}

}  // namespace tenax::mail
