// SPDX-License-Identifier: Apache-2.0
#pragma once
// What nobody need remember any longer goes, a little at a time: whoever wants to commit meanwhile
// stands behind it.

#include <cstddef>

#include "mail/time.h"

#include "io/result.h"

#include "queue/sqlite.h"
#include "queue/writes.h"

namespace tenax::queue {

/// A piece of Store::purge, in a caller's part of a commit.
[[nodiscard]] io::Result<bool> purge(Connection& db, mail::WallTime before,
                                     std::size_t max_messages, WriterState& writer);

}  // namespace tenax::queue
