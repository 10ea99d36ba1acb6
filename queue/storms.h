// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operator has heard of storms of refusals (docs/notices.md): a row for each destination
// whose mail is held because of one, from the commit that holds the first of it.

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "mail/time.h"

#include "io/result.h"

#include "queue/sqlite.h"
#include "queue/store.h"
#include "queue/writes.h"

namespace tenax::queue {

/// Its table: a step of queue/migrations.
extern const char* const kStormSchema;

/// In the commit that holds this recipient in a storm: the operator is to hear of that.
[[nodiscard]] io::Result<> note_storm(Connection& db, mail::RecipientId recipient,
                                      mail::WallTime now);

/// In the commit of whatever takes mail out of its hold: where none is left, the storm is over.
[[nodiscard]] io::Result<> end_storms(Connection& db, mail::WallTime now);

/// At a start: the same, and mail that an older Tenax held is known to be.
[[nodiscard]] io::Result<> find_storms(Connection& db, mail::WallTime now);

/// From one destination to another.
using Ways = std::set<std::pair<std::string, std::string>>;

/// In the commit of new routes: what is held goes on being told of under its new destination.
[[nodiscard]] io::Result<> move_storms(Connection& db, const Ways& ways);

/// Of which storm the operator is to be told now; nullopt: of none, or its row is `damaged`.
[[nodiscard]] io::Result<std::optional<StormDue>> storm_due(Connection& db, mail::WallTime now,
                                                            bool& damaged);

/// In a commit: the row that is due and cannot be read is made anew of what is held, or it would
/// be due for ever. The storm is told of as if it began now.
[[nodiscard]] io::Result<> renew_damaged_storm(Connection& db, mail::WallTime now);

/// In a caller's part of a commit: that much is told, and the mail that tells it enters.
[[nodiscard]] io::Result<> tell_storm(Connection& db, const ToldStorm& told, Entering* mail,
                                      WriterState& writer);

/// When a storm is to be told of next.
[[nodiscard]] io::Result<std::optional<std::int64_t>> next_storm(Connection& db);

}  // namespace tenax::queue
