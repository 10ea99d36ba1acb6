// SPDX-License-Identifier: Apache-2.0
#pragma once
// What holds of every mail that is read, whoever wrote it and however it was mangled.

#include <algorithm>
#include <string>
#include <string_view>

#include "bounce/returned_mail.h"
#include "tests/fuzz/property.h"

namespace tenax::fuzz {

inline std::string outline(const bounce::Reading& reading) {
  std::string lines{to_string(reading.kind)};
  for (const bounce::Told& told : reading.told) {
    lines.append("; ").append(to_string(told.action)).append(" ").append(told.recipient);
    lines.append(" ").append(told.status.text()).append(" ");
    lines.append(to_string(told.judgement.cause));
  }
  return lines;
}

inline void told_holds(const bounce::Told& told, bounce::MailKind kind) {
  hold(told.recipient.size() <= 500, "an address is as long as one");
  hold(told.led_to.size() <= 500, "so is the one it led to");
  hold(told.recipient.find('\n') == std::string::npos, "an address has one line");
  hold(told.reply.size() <= 8192, "a reply is bounded");
  const int klass = told.status.klass;
  const bool trouble = kind == bounce::MailKind::bounce && told.is_trouble();
  hold(trouble ? klass == 4 || klass == 5 : klass == 2, "status and action agree");
  hold(told.action != bounce::Action::delayed || klass == 4, "a delay is temporary");
}

inline void returned_mail_holds(std::string_view mail) {
  const bounce::Reading reading = bounce::read_returned(mail);
  hold(reading.told.size() <= bounce::kMostTold, "recipients are bounded");
  hold(reading.kind != bounce::MailKind::ordinary || reading.told.empty(),
       "a letter has no results");
  for (const bounce::Told& told : reading.told) told_holds(told, reading.kind);
  if (mail.find('\r') != std::string_view::npos) return;
  std::string other{mail};
  std::replace(other.begin(), other.end(), '\n', '\r');
  hold(outline(bounce::read_returned(other)) == outline(reading), "line ends make no difference");
}

}  // namespace tenax::fuzz
