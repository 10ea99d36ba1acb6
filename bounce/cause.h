// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why, from the sender's view.

#include <optional>
#include <string>
#include <string_view>

#include "mail/enhanced_status.h"
#include "mail/stage.h"
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
  suppressed,  // not tried: on our own list
  other,
};

[[nodiscard]] std::string_view to_string(Cause cause);  // "rate-limited"
[[nodiscard]] std::optional<Cause> parse_cause(std::string_view text);

/// What decided, the weakest first.
enum class Evidence {
  nothing,        // neither code nor words said anything
  stage,          // only where it happened
  reply_code,     // "552"
  enhanced_code,  // "5.2.2"
  wording,        // "mailbox is full"
  provider_code,  // a code that one receiver made up and explains on a page
};
[[nodiscard]] std::string_view to_string(Evidence evidence);  // "reply-code"

/// What is known of a refusal; any part may be missing. `text` may have several lines, with their
/// codes or without, in any charset that looks like UTF-8 or Latin-1.
struct Refusal {
  std::optional<mail::Stage> stage;
  int code = 0;  // 0: none is known
  std::optional<mail::EnhancedStatus> status;
  std::string_view text;
};

struct Judgement {
  Cause cause = Cause::other;
  bool temporary = false;  // from the sender's view: would the same mail be taken later?
  Evidence evidence = Evidence::nothing;
  std::string rule;  // the rule that decided, as the rules write it; "" if none did
};

/// Takes a raw reply of any server apart: "550-5.1.1 no\n550 5.1.1 such user", "host
/// mx.example.net[192.0.2.1] said: 450 4.7.1 later", "(#5.1.1)" at the end, or words only. `text`
/// of the answer is all of `raw`. Concurrency: pure.
[[nodiscard]] Refusal refusal_in(std::string_view raw);

/// By the rules of cause.rules, and an operator's before them. Concurrency: pure but for
/// use_rules().
[[nodiscard]] Judgement judge(const Refusal& refusal);

/// A verdict's reply; without one, our own status and the stage. Concurrency: pure.
[[nodiscard]] Judgement judge(const mail::Verdict& verdict);

[[nodiscard]] Cause cause_of(const mail::Verdict& verdict);

/// What to say about it. Each is one or two plain sentences; "" where there is nothing to say.
struct Explanation {
  std::string_view what;   // what happened
  std::string_view yours;  // what the sender can do
};
[[nodiscard]] Explanation explain(Cause cause, bool temporary);

}  // namespace tenax::bounce
