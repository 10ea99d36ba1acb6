// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: queue -> bounce. The mail that tells the operator of a storm of refusals, of its going
// on, and of its end (docs/notices.md).

#include <chrono>
#include <optional>

#include "mail/address.h"

#include "bounce/storm_mail.h"
#include "engine/settle.h"
#include "queue/store.h"

namespace tenax::engine {

/// While a storm goes on, its mail is repeated so often.
constexpr mail::Duration kStormAgain = std::chrono::hours{24};

/// Who hears of notices that came back, and of storms; nullopt: nobody. Concurrency: pure.
[[nodiscard]] std::optional<mail::Address> postmaster_of(const Terms& terms);

/// All of the mail but its id and its boundary. Concurrency: pure.
[[nodiscard]] bounce::StormMail storm_mail_of(const queue::StormDue& due, mail::Address postmaster,
                                              const Terms& terms, mail::WallTime now);

}  // namespace tenax::engine
