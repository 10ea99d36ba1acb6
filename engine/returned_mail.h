// SPDX-License-Identifier: Apache-2.0
#pragma once
// bounce + scheduler (through refusal_reading, for the wait that a reply states): what anybody's
// notice, reply or our own verdict means for each recipient.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/time.h"
#include "mail/verdict.h"

namespace tenax::engine {

/// One recipient. Texts may hold strangers' bytes: print them only through mail::printable().
struct Explained {
  std::string recipient;  // "" if nobody says
  std::string led_to;     // where it was forwarded to, if that is another address
  std::string action;     // "failed", "delayed", "complaint", ...
  std::string status;     // "5.1.1"
  std::string cause;      // "no-such-user"
  bool temporary = false;
  std::optional<mail::Duration> wait;  // what the reply asks for
  std::string reply;
  std::string remote_mta;
  std::string evidence;  // what decided: "wording"
  std::string rule;      // "" if none did
  std::string what;      // happened
  std::string yours;     // what the sender can do, now that it is tried again or not
};

struct ExplainedMail {
  std::string kind;  // "bounce", "complaint", "auto-reply", "none"; "reply" of a bare reply
  std::vector<Explained> recipients;  // of ordinary mail none
  std::string reporting_mta;
  std::string message_id;   // of the mail it is about
  std::string envelope_id;  // as its sender gave it
  std::string returned_to;  // whom the notice was sent to
};

/// Any bytes. `now` is for replies that name a time of day. Concurrency: thread-safe.
[[nodiscard]] ExplainedMail explain_mail(std::string_view mail, mail::WallTime now);

/// The bare words of a server: "550 5.1.1 no such user".
[[nodiscard]] ExplainedMail explain_reply(std::string_view reply, mail::WallTime now);

/// Of our own attempt. `over`: it was the last, whatever the verdict.
[[nodiscard]] Explained explain_verdict(const mail::Verdict& verdict, mail::WallTime now,
                                        bool over = false);

/// A mail begins with a field or a From_ line; a reply does not.
[[nodiscard]] bool looks_like_mail(std::string_view text);

/// Where the mails of an mbox begin, in order; one, at 0, of what is no mbox. Only the first
/// `limit`.
[[nodiscard]] std::vector<std::size_t> mails_in(std::string_view mbox, std::size_t limit);

}  // namespace tenax::engine
