// SPDX-License-Identifier: Apache-2.0
#pragma once
// What start-up does for those who died: leases end, contents and messages are matched.

#include "mail/time.h"

#include "io/result.h"

#include "queue/contents.h"
#include "queue/sqlite.h"
#include "queue/store.h"

namespace tenax::queue {

/// One transaction. Its work grows with the leases, the contents files and the open messages, not
/// with the history.
[[nodiscard]] io::Result<Recovery> recover(Connection& db, const ContentsFolder& folder,
                                           mail::WallTime now);

}  // namespace tenax::queue
