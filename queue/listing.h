// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a reader says of recipients and of a message, row by row.

#include <cstddef>
#include <vector>

#include "mail/ids.h"

#include "io/result.h"

#include "queue/reader.h"
#include "queue/sqlite.h"

namespace tenax::queue {

/// Oldest first, at most `limit`; what is damaged too, and said to be.
[[nodiscard]] io::Result<std::vector<RecipientRow>> read_list(Connection& db,
                                                              const Selection& selection,
                                                              std::size_t limit);

/// What of it is damaged is left out or made up, and named. Errors also: not_found.
[[nodiscard]] io::Result<MessageDetails> read_details(Connection& db, mail::QueueId message);

}  // namespace tenax::queue
