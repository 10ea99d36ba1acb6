// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who is due, and taking them. Never looks at all deferred recipients: it walks the index of those
// due, and where one destination's crowd stands in the way, from destination to destination.

#include <optional>
#include <string>
#include <vector>

#include "io/result.h"

#include "queue/sqlite.h"
#include "queue/store.h"
#include "queue/unfit.h"

namespace tenax::queue {

/// Ends the owner's name in the lease of what was held before: a lease that comes to nothing leaves
/// it held again. In an SQL statement.
#define TENAX_WAS_HELD "'/held'"

/// In a caller's part of a commit. Rows that cannot be read are held, with the reason as an event,
/// or else noted as unfit: one damaged row must not keep the others waiting.
[[nodiscard]] io::Result<std::vector<mail::DeliveryRequest>> claim(Connection& db,
                                                                   const ClaimOrder& order,
                                                                   const std::string& owner,
                                                                   Unfit& unfit);

/// In a caller's part of a commit. Some 10,000 recipients at a time, of whole messages.
[[nodiscard]] io::Result<Selected> claim_selected(Connection& db, const Selection& selection,
                                                  Rest rest, mail::WallTime now,
                                                  mail::Duration guard, const std::string& owner,
                                                  Unfit& unfit);

[[nodiscard]] io::Result<std::optional<mail::WallTime>> next_due(
    Connection& db, const std::vector<std::string>& except, const LastChances& last_chances,
    const Unfit& unfit);

/// Of delay notices, digests and storms alone.
[[nodiscard]] io::Result<std::optional<mail::WallTime>> next_to_tell(Connection& db);

/// At most 10,000 recipients; messages that cannot be read are left out and named in `damaged`.
[[nodiscard]] io::Result<std::vector<NoticeDue>> notices_due(Connection& db, mail::WallTime now,
                                                             std::size_t max_messages,
                                                             std::vector<std::int64_t>& damaged);

/// What a notice of its delay needs to know of one recipient. Errors also: corrupt (of this row).
[[nodiscard]] io::Result<NoticeDue> delay_of(Connection& db, std::int64_t message,
                                             std::int64_t recipient);

/// Holds a recipient that cannot be used, without a delay notice, and says why. False: its row does
/// not let us.
[[nodiscard]] io::Result<bool> hold_damaged(Connection& db, std::int64_t recipient,
                                            mail::WallTime now, const std::string& why);

}  // namespace tenax::queue
