// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a mail that came back told, as one line that tests can compare.

#include <ostream>
#include <string>
#include <string_view>

#include "bounce/returned_mail.h"

namespace tenax::bounce {

/// KIND, then for each recipient "; ACTION RECIPIENT STATUS CAUSE".
inline std::string told_by(std::string_view mail) {
  const Reading reading = read_returned(mail);
  std::string lines{to_string(reading.kind)};
  for (const Told& told : reading.told) {
    lines.append("; ").append(to_string(told.action)).append(" ").append(told.recipient);
    lines.append(" ").append(told.status.text()).append(" ");
    lines += to_string(told.judgement.cause);
  }
  return lines;
}

/// A mail to Ann, and what of it is told.
struct ToldMail {
  std::string_view rule;
  std::string_view header;  // beside To
  std::string_view body;
  std::string_view told;
};

inline void PrintTo(const ToldMail& given, std::ostream* out) { *out << given.rule; }

inline std::string mail_of(const ToldMail& given) {
  std::string mail{given.header};
  return mail.append("To: ann@example.org\n\n").append(given.body);
}

}  // namespace tenax::bounce
