// SPDX-License-Identifier: Apache-2.0
#pragma once
// The calls of a SqliteStore that take more than one step: contents gathered before a commit, or
// what was found damaged set aside behind a look. The others are one line each, in sqlite_store.

#include <memory>
#include <optional>
#include <vector>

#include "io/async.h"
#include "io/byte_source.h"
#include "io/result.h"

#include "queue/incoming.h"
#include "queue/store_parts.h"
#include "queue/writes.h"

namespace tenax::queue {

[[nodiscard]] io::Async<io::Result<EnqueueResult>> do_enqueue(StorePartsPtr parts,
                                                              std::shared_ptr<Entering> entering,
                                                              std::unique_ptr<Incoming> contents);

struct Settling {
  Settlement settlement;
  std::vector<Entering> notices;
};

/// `contents`: empty, one for each notice.
[[nodiscard]] io::Async<io::Result<Settled>> do_settle(
    StorePartsPtr parts, std::shared_ptr<Settling> settling,
    std::vector<std::unique_ptr<Incoming>> contents);

/// In as many commits as it has pieces.
[[nodiscard]] io::Async<io::Result<Operated>> do_operate(
    StorePartsPtr parts, std::shared_ptr<const Operation> operation);

/// A notice but for its contents.
[[nodiscard]] Entering entering_of(NewNotice& notice);

/// `contents`: empty, for the digest.
[[nodiscard]] io::Async<io::Result<>> do_tell_owed(StorePartsPtr parts,
                                                   std::shared_ptr<ToldOwed> told,
                                                   std::shared_ptr<Entering> digest,
                                                   std::unique_ptr<Incoming> contents);

/// `mail` is null where none is to be sent; `contents`: empty, for it.
[[nodiscard]] io::Async<io::Result<>> do_tell_storm(StorePartsPtr parts,
                                                    std::shared_ptr<ToldStorm> told,
                                                    std::shared_ptr<Entering> mail,
                                                    std::unique_ptr<Incoming> contents);

[[nodiscard]] io::Async<io::Result<std::unique_ptr<io::ByteSource>>> do_open(StorePartsPtr parts,
                                                                             mail::QueueId message);

[[nodiscard]] io::Async<io::Result<std::vector<NoticeDue>>> do_notices(StorePartsPtr parts,
                                                                       mail::WallTime now,
                                                                       std::size_t max_messages);

[[nodiscard]] io::Async<io::Result<std::optional<DigestDue>>> do_digest(StorePartsPtr parts,
                                                                        mail::WallTime now);

[[nodiscard]] io::Async<io::Result<std::optional<StormDue>>> do_storm(StorePartsPtr parts,
                                                                      mail::WallTime now);

}  // namespace tenax::queue
