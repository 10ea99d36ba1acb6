// SPDX-License-Identifier: Apache-2.0
#pragma once
// Failures and delays of which their senders are still to be told, in a digest: when one sender has
// had so many notices within an hour, what comes after those is gathered (docs/notices.md).

#include <optional>
#include <vector>

#include "mail/time.h"

#include "io/result.h"

#include "queue/settlement.h"
#include "queue/sqlite.h"
#include "queue/store.h"
#include "queue/writes.h"

namespace tenax::queue {

/// Its tables: a step of queue/migrations.
extern const char* const kOwedSchema;
extern const char* const kOwedDelaysSchema;

/// In a settlement's part of a commit, its outcomes applied: counts the notice, or notes that its
/// failures are owed. When they are told, or nullopt: the notice enters.
[[nodiscard]] io::Result<std::optional<mail::WallTime>> gather(Connection& db,
                                                               mail::QueueId message,
                                                               const NoticeCap& cap);

/// What is not going to be told.
struct SetAside {
  std::vector<std::int64_t> damaged;   // not even the sender can be read
  std::vector<std::int64_t> needless;  // delays that are over, or held by the operator's own hand
};

/// What one sender is owed and due; nullopt: nobody is, or look again.
[[nodiscard]] io::Result<std::optional<DigestDue>> digest_due(Connection& db, mail::WallTime now,
                                                              SetAside& aside);

/// Or it would be due for ever: `tenax check` names what is damaged.
[[nodiscard]] io::Result<> set_aside(Connection& db, const SetAside& aside);

/// In a caller's part of a commit: what is told is owed no more, and the digest enters.
[[nodiscard]] io::Result<> tell_owed(Connection& db, const ToldOwed& told, Entering& digest,
                                     WriterState& writer);

/// When the next digest is due.
[[nodiscard]] io::Result<std::optional<std::int64_t>> next_digest(Connection& db);

}  // namespace tenax::queue
