// SPDX-License-Identifier: Apache-2.0
#pragma once
// The changes that a message makes on its way: it enters, reports are settled.
// An error of one undoes all that its caller did (commit_group.h): it need not clean up itself.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/message.h"

#include "io/result.h"

#include "queue/contents.h"
#include "queue/settlement.h"
#include "queue/sqlite.h"
#include "queue/store.h"

namespace tenax::queue {

/// A message, where it goes and its contents: what enqueue() and a settlement's notices enter.
struct Entering {
  mail::NewMessage message;
  std::vector<mail::Destination> destinations;  // one per recipient
  std::optional<mail::WallTime> first_notice;
  std::optional<mail::QueueId> about;  // for a notice
  std::optional<NoticeCap> cap;        // the same: within these bounds
  Gathered contents;
};

/// What the writer knows from one change to the next. Concurrency: the writer.
struct WriterState {
  std::string owner;                // has the recipients of messages that enter leased
  std::int64_t last_recipient = 0;  // the newest recipient id given out
  std::size_t in_short = 0;         // messages, more or less; it is a bound's
  struct Looked {
    std::int64_t accepted = 0;
    std::string id;
  };
  Looked submissions = {};  // the last one that a purge looked at
};

[[nodiscard]] io::Result<EnqueueResult> enter(Connection& db, Entering& entering,
                                              WriterState& writer);

/// The only host took everything: each answer names it, and no row need say so again
/// (SqliteReader, tries_of).
[[nodiscard]] bool is_told_by_answers(const Attempt& attempt);

struct Applied {
  bool ended = false;  // the message closed
  Settled settled = {};
};

/// Appends to `forgotten` the contents files of messages that closed.
[[nodiscard]] io::Result<Applied> apply(Connection& db, const Settlement& settlement,
                                        WriterState& writer, std::vector<Entering>& notices,
                                        std::vector<std::string>& forgotten);

[[nodiscard]] io::Result<> put_back(Connection& db,
                                    const std::vector<mail::RecipientId>& recipients,
                                    mail::WallTime next_attempt, const std::string& owner);

[[nodiscard]] io::Result<> clock_stepped(Connection& db, mail::Duration step);

[[nodiscard]] io::Result<> write_event(Connection& db, mail::QueueId message, mail::WallTime when,
                                       const std::string& what);

}  // namespace tenax::queue
