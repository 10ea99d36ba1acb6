// SPDX-License-Identifier: Apache-2.0
#include "queue/past_attempts.h"

#include <algorithm>
#include <cstdint>

#include "queue/sqlite_rows.h"

namespace tenax::queue {

io::Result<std::vector<PastAttempt>> past_attempts(Connection& db,
                                                   const std::vector<mail::RecipientId>& recipients,
                                                   std::size_t most) {
  std::vector<PastAttempt> attempts;
  for (const mail::RecipientId recipient : recipients) {
    const std::size_t before = attempts.size();
    Statement walk =
        db.query("SELECT " TENAX_FINISHED
                 ", a.text, a.host, a.address, a.port, a.tls FROM answer a" TENAX_ITS_ATTEMPT
                 "WHERE a.recipient_id = ?1 AND a.counted = 1 "
                 "ORDER BY a.id DESC LIMIT ?2",
                 recipient.value, static_cast<std::int64_t>(most));
    for (;;) {
      const io::Result<bool> row = walk.step();
      if (!row) return row.error();
      if (!*row) break;
      Row read{walk, "answer for recipient"};
      PastAttempt attempt;
      attempt.recipient = recipient;
      attempt.finished = read.time();
      attempt.text = read.text();
      attempt.host = read.host();
      if (!read.ok()) return read.error();
      attempts.push_back(std::move(attempt));
    }
    std::reverse(attempts.begin() + static_cast<std::ptrdiff_t>(before), attempts.end());
  }
  return attempts;
}

io::Result<std::vector<std::string>> stormed(Connection& db) {
  std::vector<std::string> destinations;
  Statement walk = db.query(
      "SELECT DISTINCT destination FROM recipient "
      "WHERE ended IS NULL AND state = 'held' AND stormed = 1 LIMIT 1000");
  for (;;) {
    const io::Result<bool> row = walk.step();
    if (!row) return row.error();
    if (!*row) return destinations;
    Row read{walk, "destinations held back"};
    destinations.push_back(read.text());
    if (!read.ok()) return read.error();
  }
}

}  // namespace tenax::queue
