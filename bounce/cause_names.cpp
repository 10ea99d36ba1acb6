// SPDX-License-Identifier: Apache-2.0
// Causes and evidence as words.
#include <cstdlib>

#include "bounce/cause.h"

namespace tenax::bounce {

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::no_such_user: return "no-such-user";
    case Cause::no_such_domain: return "no-such-domain";
    case Cause::mailbox_full: return "mailbox-full";
    case Cause::mailbox_disabled: return "mailbox-disabled";
    case Cause::recipient_refuses: return "recipient-refuses";
    case Cause::greylisted: return "greylisted";
    case Cause::rate_limited: return "rate-limited";
    case Cause::blocked: return "blocked";
    case Cause::sender_auth: return "sender-auth";
    case Cause::sender_host: return "sender-host";
    case Cause::sender_rejected: return "sender-rejected";
    case Cause::content: return "content";
    case Cause::policy: return "policy";
    case Cause::too_large: return "too-large";
    case Cause::relay_denied: return "relay-denied";
    case Cause::tls: return "tls";
    case Cause::unreachable: return "unreachable";
    case Cause::server_trouble: return "server-trouble";
    case Cause::expired: return "expired";
    case Cause::loop: return "loop";
    case Cause::malformed: return "malformed";
    case Cause::suppressed: return "suppressed";
    case Cause::other: return "other";
  }
  std::abort();
}

std::optional<Cause> parse_cause(std::string_view text) {
  for (int cause = 0; cause <= static_cast<int>(Cause::other); ++cause) {
    if (to_string(static_cast<Cause>(cause)) == text) return static_cast<Cause>(cause);
  }
  return std::nullopt;
}

std::string_view to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::nothing: return "nothing";
    case Evidence::stage: return "stage";
    case Evidence::reply_code: return "reply-code";
    case Evidence::enhanced_code: return "enhanced-code";
    case Evidence::wording: return "wording";
    case Evidence::provider_code: return "provider-code";
  }
  std::abort();
}

}  // namespace tenax::bounce
