// SPDX-License-Identifier: Apache-2.0
#pragma once
// Messages whose contents are not all there. They are held, so that a person decides: nothing can
// be delivered, and an automatic failure would say to the sender what our own disk has lost.

#include <cstdint>
#include <string>
#include <vector>

#include "mail/ids.h"
#include "mail/time.h"

#include "io/result.h"

#include "queue/contents.h"
#include "queue/sqlite.h"

namespace tenax::queue {

struct Hollow {
  mail::QueueId message;
  std::string why;  // "its contents are missing"
};

/// Of all open messages whose contents are a file.
[[nodiscard]] io::Result<std::vector<Hollow>> find_hollow_files(Connection& db,
                                                                const ContentsFolder& folder);

/// Of those with contents in the database, to look at all of them means to read a page for each:
/// half a minute for a million and a disk that has yet to be read. So who is about to be leased is
/// looked at: takes out of `recipients` those of hollow messages, and holds these. Concurrency: the
/// writer.
[[nodiscard]] io::Result<> hold_hollow_among(Connection& db, std::vector<std::int64_t>& recipients,
                                             mail::WallTime now);

/// Who of them waits is held, with the reason as an event that begins with `when`. How many
/// messages are held. Concurrency: the writer.
[[nodiscard]] io::Result<std::int64_t> hold_hollow(Connection& db,
                                                   const std::vector<Hollow>& hollow,
                                                   const char* when, mail::WallTime now);

}  // namespace tenax::queue
