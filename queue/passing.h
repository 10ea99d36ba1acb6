// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mail that passes, in short: most mail is delivered within milliseconds of its acceptance, so one
// row tells of its coming and one of its going, and its rows in the tables are written out later,
// many at once. docs/queue-states.md, "In short".

#include "mail/ids.h"

#include "io/result.h"

#include "queue/sqlite.h"
#include "queue/writes.h"

namespace tenax::queue {

/// Whether a message may enter in short: it enters leased, with one recipient and small contents.
[[nodiscard]] bool may_enter_in_short(const Entering& entering);

/// It enters, leased.
[[nodiscard]] io::Result<EnqueueResult> enter_in_short(Connection& db, const Entering& entering,
                                                       WriterState& writer);

/// True: the message is here in short, and now as the settlement says: delivered. False: it is not
/// here, or it was written out because there is more to say.
[[nodiscard]] io::Result<bool> settle_in_short(Connection& db, const Settlement& settlement,
                                               const WriterState& writer);

/// Whether so much is here in short that some of it should go while nobody waits for the disk.
[[nodiscard]] bool is_much_in_short(const WriterState& writer);

/// Writes out some of it, the oldest.
[[nodiscard]] io::Result<> write_out_some(Connection& db, WriterState& writer);

/// All that is here in short is written out.
[[nodiscard]] io::Result<> write_out(Connection& db);

/// The same for whoever has a reading connection, by one of its own: the daemon may be down. Who
/// may not write, or cannot now, sees it as soon as the daemon has written it out.
void write_out_before_reading(Connection& reader);

}  // namespace tenax::queue
