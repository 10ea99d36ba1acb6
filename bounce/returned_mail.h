// SPDX-License-Identifier: Apache-2.0
#pragma once
// What somebody's mail server wrote back: the mail's kind, and what became of each recipient.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/enhanced_status.h"

#include "bounce/cause.h"

namespace tenax::bounce {

enum class MailKind {
  bounce,      // a notice about deliveries: failed, delayed, or done
  complaint,   // a feedback report, or a recipient's program taking them off the list
  auto_reply,  // vacation, a robot's receipt
  ordinary,    // none of these
};
[[nodiscard]] std::string_view to_string(MailKind kind);  // "auto-reply"

enum class Action { failed, delayed, delivered, relayed, expanded };  // RFC 3464 2.3.3
[[nodiscard]] std::string_view to_string(Action action);

/// Of a mail that tells of more, the rest is not looked at: a notice of ours has at most 1000.
inline constexpr std::size_t kMostTold = 1000;

/// One recipient. Strings are the sender's bytes: print them only through mail::printable().
struct Told {
  std::string recipient;  // as the mail's author wrote it, where that is told; "" if nobody says
  std::string led_to;     // where it was forwarded to, if that is another address
  Action action = Action::failed;
  mail::EnhancedStatus status;  // told, else made of the reply and the cause
  std::string reply;            // what decided, without its label; one line
  std::string remote_mta;
  Judgement judgement;
  [[nodiscard]] bool is_trouble() const {
    return action == Action::failed || action == Action::delayed;
  }
};

struct Reading {
  MailKind kind = MailKind::ordinary;
  std::vector<Told> told;     // empty of ordinary mail
  std::string reporting_mta;  // who writes
  std::string returned_to;    // whom the notice was sent to: with VERP, that names the recipient
  std::string message_id;     // of the mail it is about, with its angle brackets
  std::string envelope_id;    // as the sender gave it (RFC 3461 4.4)
};

/// Reads any mail. Linear in its length, of which the first kOctetsOfMail count. Concurrency:
/// thread-safe.
[[nodiscard]] Reading read_returned(std::string_view mail);

}  // namespace tenax::bounce
