// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operator's verbs, in the caller's part of a commit.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/result.h"

#include "queue/selection.h"
#include "queue/sqlite.h"

namespace tenax::queue {

/// Whom a verb means, as it is when it begins: 16 octets for each recipient, however many it takes.
/// Concurrency: value.
struct Chosen {
  std::vector<Meant> all;  // in this order: those of a message are together
  std::int64_t leased = 0;
  std::vector<mail::QueueId> unknown = {};
};

/// The open recipients of a selection that are in one of these states, in the order of Chosen.
[[nodiscard]] io::Result<std::vector<Meant>> find_meant(Connection& db, const Selection& selection,
                                                        const std::string& states);

[[nodiscard]] io::Result<Chosen> choose(Connection& db, const Operation& operation);

/// Behind those that share a commit with the one at `first`: whole messages, and some 5,000
/// recipients, so that whoever else wants to commit need not wait long; all where the operator
/// named the messages. Concurrency: pure.
[[nodiscard]] std::size_t end_of_piece(const Chosen& chosen, const Operation& operation,
                                       std::size_t first);

/// Does it to those of them who are still as they have to be for it. Appends to `forgotten` the
/// contents files of messages that closed.
[[nodiscard]] io::Result<Operated> operate(Connection& db, const Operation& operation,
                                           std::span<const Meant> piece,
                                           std::vector<std::string>& forgotten);

/// What a piece did is added to what was done before it.
void add_piece(Operated& operated, Operated piece);

/// "released": what a verb has done, in the words of an answer.
[[nodiscard]] const char* done_by(Verb verb);

/// Of those selected, how many a delivery has right now.
[[nodiscard]] io::Result<std::int64_t> count_leased(Connection& db, const Selection& selection);

/// Those of which neither the queue nor its history has a message, in their order.
[[nodiscard]] io::Result<std::vector<mail::QueueId>> unknown_among(
    Connection& db, const std::vector<mail::QueueId>& messages);

}  // namespace tenax::queue
