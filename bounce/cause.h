// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why, from the sender's view.

#include <optional>
#include <string_view>

#include "mail/verdict.h"

namespace tenax::bounce {

enum class Cause {
  no_such_user,
  no_such_domain,
  mailbox_full,
  mailbox_disabled,
  recipient_refuses,
  greylisted,
  rate_limited,
  blocked,
  sender_auth,
  sender_host,
  sender_rejected,
  content,
  policy,
  too_large,
  relay_denied,
  tls,
  unreachable,
  server_trouble,
  expired,
  loop,
  malformed,
  other,
};

[[nodiscard]] std::string_view to_string(Cause cause);  // "rate-limited"
[[nodiscard]] std::optional<Cause> parse_cause(std::string_view text);

/// Decides by stage, enhanced code, reply code and wording, in that order of trust. Concurrency:
/// pure.
[[nodiscard]] Cause cause_of(const mail::Verdict& verdict);

/// What to say about it. Each is one or two plain sentences; "" where there is nothing to say.
struct Explanation {
  std::string_view what;   // what happened
  std::string_view yours;  // what the sender can do
};
[[nodiscard]] Explanation explain(Cause cause, bool temporary);

}  // namespace tenax::bounce
