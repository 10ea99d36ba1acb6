// SPDX-License-Identifier: Apache-2.0
#pragma once
// Notices: what the sender is told, in words and as RFC 3464 fields, in a multipart/report (RFC
// 6522).

#include <optional>
#include <string>
#include <vector>

#include "mail/message.h"
#include "mail/time.h"
#include "mail/verdict.h"

#include "bounce/phrases.h"

namespace tenax::bounce {

enum class NoticeKind {
  delayed,
  failed,
  delivered,  // NOTIFY=SUCCESS; "relayed" where the server knows no DSN
  cleared,    // the same for whoever was told of a delay and asked for nothing
};

[[nodiscard]] std::string_view to_string(NoticeKind kind);

/// Is the sender to be told this of this recipient (RFC 3461 4.1, 5.2; RFC 3834 2)? Never when the
/// path is null or the message is itself a notice; delays not for automatic mail. Concurrency:
/// pure.
[[nodiscard]] bool eligible(NoticeKind kind, const mail::Envelope& envelope, mail::Origin origin,
                            const mail::Notify& notify);

/// Why it is over for a recipient.
enum class Ended {
  by_answer,    // a server said no
  in_time,      // tried for as long as a message is given
  untried,      // for so long there was not even an attempt
  by_rule,      // not tried again after such an answer, as the operator wants it
  by_operator,  // the verdict says that, and no server's words
};

/// An attempt that is over.
struct Tried {
  mail::WallTime when;
  mail::RemoteHost host;
  std::string words;  // the reply, or ours
};

/// One recipient the notice is about.
struct Subject {
  mail::RecipientId id = {};  // for whoever looks up what was tried
  mail::Address address;
  std::optional<mail::OriginalRecipient> original;
  std::optional<mail::Verdict> verdict;  // the last attempt's; unset if there was none
  int attempts = 0;
  std::optional<mail::WallTime> last_attempt;
  std::optional<mail::WallTime> next_attempt;  // delayed only; from the forecast
  std::optional<mail::WallTime> retry_until;   // delayed only: when we shall give up
  Ended ended = Ended::by_answer;              // failed only
  mail::Duration given{};                      // the time it had: in_time, untried
  std::vector<Tried> tried = {};               // what is known of all attempts, the oldest first
};

struct Order {
  NoticeKind kind = NoticeKind::failed;
  mail::QueueId notice;   // the notice's own id
  mail::QueueId message;  // the message it is about
  mail::Envelope envelope;
  mail::WallTime accepted;
  std::vector<Subject> subjects;    // at least one; all of one round
  std::string our_name;             // Reporting-MTA
  mail::Domain from_domain;         // MAILER-DAEMON@ this
  std::string postmaster;           // whom to ask; "" if nobody
  bool held = false;                // delayed only: not tried, we hold it in a storm of refusals
  bool paused = false;              // and held: because the operator has paused all delivery
  bool double_bounce = false;       // the message is a notice; the postmaster is told in its stead
  std::string header;               // the original's header section, whole or cut at 64 KiB
  std::optional<std::string> body;  // the original's body, when RET=FULL and it is small enough
  std::vector<mail::WallTime> coming_attempts;  // delayed: from the forecast, the first few
  mail::WallTime now;
  std::string boundary_token;    // random; the caller makes sure of it
  PhrasesPtr phrases = nullptr;  // the language of whoever is told; null: English
  bool html = true;              // the words as text and as HTML; else as text only
};

/// A finished notice: to enqueue from <> to the original's reverse-path.
struct Notice {
  mail::NewMessage message;
  std::string contents;  // CRLF lines of at most 998 octets
};

/// Concurrency: pure. The order must be eligible: envelope.sender, who is told, is set.
[[nodiscard]] Notice compose(const Order& order);

}  // namespace tenax::bounce
