// SPDX-License-Identifier: Apache-2.0
#include "queue/reroute.h"

#include <utility>
#include <vector>

#include "queue/sqlite_rows.h"
#include "queue/storms.h"

namespace tenax::queue {

namespace {

struct Move {
  std::int64_t recipient = 0;
  std::string from;
  std::string to;
};

// Who is open is written down once, in this connection's own memory: a walk along the table itself
// would pass everybody who ended in the last days.
io::Result<> list_open(Connection& db) {
  return db.script(
      "CREATE TEMP TABLE IF NOT EXISTS rerouting (id INTEGER PRIMARY KEY);"
      "DELETE FROM temp.rerouting;"
      "INSERT INTO temp.rerouting SELECT id FROM recipient WHERE ended IS NULL");
}

}  // namespace

io::Result<Rerouted> reroute(Connection& db, const Routing& routing, bool begin, std::size_t most) {
  Rerouted result;
  if (begin) {
    const io::Result<std::int64_t> same = db.number("SELECT routes = ?1 FROM mark", routing.routes);
    if (!same) return same.error();
    result.done = *same == 1;
    if (result.done) return result;
    const io::Result<> listed = list_open(db);
    if (!listed) return listed.error();
  }

  std::vector<Move> moves;
  std::int64_t last = 0;
  std::size_t looked_at = 0;
  {
    Statement open = db.query(
        "SELECT t.id, r.forward_path, r.destination FROM temp.rerouting t "
        "LEFT JOIN recipient r ON r.id = t.id AND r.ended IS NULL ORDER BY t.id LIMIT ?1",
        static_cast<std::int64_t>(most));
    for (;; ++looked_at) {
      const io::Result<bool> step = open.step();
      if (!step) return step.error();
      if (!*step) break;
      Row row{open, "recipient"};
      last = row.id();
      if (open.type(1) == SQLITE_NULL) continue;  // ended since
      const std::optional<mail::Address> address = row.address();
      const std::string destination = row.text();
      if (!row.ok()) continue;  // damaged: whoever claims it holds it
      std::string to = routing.destination_of(*address).text();
      if (to != destination) moves.push_back({last, destination, std::move(to)});
    }
  }
  Ways ways;
  for (const Move& move : moves) {
    const io::Result<> moved =
        db.run("UPDATE recipient SET destination = ?1 WHERE id = ?2", move.to, move.recipient);
    if (!moved) return moved.error();
    ways.emplace(move.from, move.to);
  }
  const io::Result<> followed = move_storms(db, ways);
  if (!followed) return followed.error();
  result.changed = static_cast<std::int64_t>(moves.size());
  result.done = looked_at < most;
  const io::Result<> noted = result.done
                                 ? db.run("UPDATE mark SET routes = ?1", routing.routes)
                                 : db.run("DELETE FROM temp.rerouting WHERE id <= ?1", last);
  if (!noted) return noted.error();
  return result;
}

}  // namespace tenax::queue
