// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is recorded of every recipient, read in one walk and handed on one recipient at a time.

#include <functional>

#include "mail/time.h"

#include "io/result.h"

#include "queue/reader.h"
#include "queue/sqlite.h"

namespace tenax::queue {

/// ?1: since.
extern const char* const kHistoriesWalk;

/// See Reader::histories. Concurrency: the connection's user; blocking.
[[nodiscard]] io::Result<> read_histories(Connection& db, mail::WallTime since,
                                          const std::function<void(const RecipientHistory&)>& each);

}  // namespace tenax::queue
