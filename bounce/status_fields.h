// SPDX-License-Identifier: Apache-2.0
#pragma once
// The fields that programs read: the second part of a notice (RFC 3464 2, RFC 6533 3).

#include <string>

#include "bounce/digest.h"
#include "bounce/notice.h"

namespace tenax::bounce {

/// Does the notice need the types of RFC 6533? So when the message did, or an address is not ASCII.
[[nodiscard]] bool international(const Order& order);
[[nodiscard]] bool international(const Digest& digest);

/// "failed", "delayed", "delivered" or "relayed" (RFC 3464 2.3.3).
[[nodiscard]] std::string_view action_of(NoticeKind kind, const Subject& subject);
/// Of an order of that kind: has everybody got it, as far as their own server says?
[[nodiscard]] bool all_delivered(const Order& order);
/// The Status field; its class agrees with the action.
[[nodiscard]] mail::EnhancedStatus status_of(NoticeKind kind, const Subject& subject);

/// One block for the message, and one for each recipient.
[[nodiscard]] std::string status_fields(const Order& order);
/// The same of a digest, whose recipients name their messages.
[[nodiscard]] std::string status_fields(const Digest& digest);

}  // namespace tenax::bounce
