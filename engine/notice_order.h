// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: engine -> bounce -> queue. The order that the bounce room is given, and the notice it
// becomes in the queue.

#include <optional>
#include <string>

#include "mail/ids.h"
#include "mail/message.h"
#include "mail/time.h"

#include "bounce/notice.h"
#include "engine/settle.h"
#include "queue/settlement.h"

namespace tenax::engine {

/// A notice about nobody yet, without what only the world can give. Concurrency: pure.
[[nodiscard]] bounce::Order notice_order(bounce::NoticeKind kind, mail::QueueId message,
                                         const mail::Envelope& envelope, mail::WallTime accepted,
                                         const Terms& terms, mail::WallTime now);

/// What a notice gives back of the original.
struct Original {
  std::string header;               // whole or cut at 64 KiB
  std::optional<std::string> body;  // when asked for and small
};

/// Writes the notice and files it with its settlement, in the words of `wording`. Concurrency:
/// pure.
[[nodiscard]] queue::NewNotice complete(bounce::Order order, mail::QueueId id, Original original,
                                        std::string boundary_token,
                                        const Wording* wording = nullptr);

}  // namespace tenax::engine
