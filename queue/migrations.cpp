// SPDX-License-Identifier: Apache-2.0
#include "queue/migrations.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include "queue/owed.h"
#include "queue/schema.h"
#include "queue/storms.h"

namespace tenax::queue {

namespace {

// steps[n] leads from version n to n + 1. A step, once released, is never edited.
const std::array<const char*, kSchemaVersion> kSteps = {
    kSchema,      kSchema2,          kSchema3,  kSchema4,       kSchema5,  kSchema6, kOwedSchema,
    kStormSchema, kOwedDelaysSchema, kSchema10, kPassingSchema, kSchema12, kSchema13};

struct Found {
  std::int64_t version = 0;
  std::int64_t application = 0;
  std::int64_t tables = 0;
};

io::Result<Found> look(Connection& db) {
  Found found;
  const io::Result<std::int64_t> version = db.number("PRAGMA user_version");
  if (!version) return version.error();
  const io::Result<std::int64_t> application = db.number("PRAGMA application_id");
  if (!application) return application.error();
  const io::Result<std::int64_t> tables = db.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  found.version = *version;
  found.application = *application;
  found.tables = *tables;
  const bool empty = found.version == 0 && found.tables == 0;
  if (!empty && found.application != kApplicationId) {
    return io::error(io::Errc::unfit, db.path() + " is a database of another program");
  }
  if (found.version < 0 || found.version > kSchemaVersion) {
    return io::error(io::Errc::unfit, db.path() + " was made by a newer Tenax (schema " +
                                          std::to_string(found.version) +
                                          ", this program knows up to " +
                                          std::to_string(kSchemaVersion) +
                                          "): install that version again; nothing was changed");
  }
  return found;
}

io::Result<> step_from(Connection& db, std::int64_t version) {
  db.let_schema_be_edited(true);
  io::Result<> done = db.script(kSteps.at(static_cast<std::size_t>(version)));
  db.let_schema_be_edited(false);
  if (!done) return done;
  const std::string mark = "PRAGMA user_version = " + std::to_string(version + 1) +
                           "; PRAGMA application_id = " + std::to_string(kApplicationId);
  done = db.script(mark.c_str());
  if (!done) return done;
  return db.script("COMMIT");
}

}  // namespace

io::Result<> refuse_emptied(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code none;
  const fs::path file = fs::path{directory} / "queue.db";
  const bool missing = !fs::exists(file, none);
  if (!missing && fs::file_size(file, none) != 0) return io::Result<>{};
  const std::uintmax_t log = fs::file_size(file.string() + "-wal", none);
  const bool has_log = !none && log > 0;
  const fs::directory_iterator contents{fs::path{directory} / "contents", none};
  if (!has_log && (none || contents == fs::directory_iterator{})) return io::Result<>{};
  return io::error(io::Errc::corrupt,
                   file.string() + (missing ? " is missing" : " is empty") +
                       ", but what lies beside it (contents, log) says "
                       "that it held a queue: restore it, or move the rest away");
}

io::Result<> migrate(Connection& db) {
  for (int steps = 0; steps <= kSchemaVersion; ++steps) {
    const io::Result<Found> found = look(db);
    if (!found) return found.error();
    if (found->version == kSchemaVersion) return io::Result<>{};
    const io::Result<> begun = db.script("BEGIN IMMEDIATE");
    if (!begun) return begun;
    const io::Result<> made = step_from(db, found->version);
    if (!made) {
      if (db.in_transaction()) (void)db.script("ROLLBACK");
      return made;
    }
  }
  return io::error(io::Errc::corrupt, db.path() + ": its version does not stay as written");
}

io::Result<> require_current(Connection& db) {
  const io::Result<Found> found = look(db);
  if (!found) return found.error();
  if (found->version == 0 && found->tables == 0) {
    return io::error(io::Errc::not_found, "a queue in " + db.path());
  }
  if (found->version != kSchemaVersion) {
    return io::error(io::Errc::unfit, db.path() + " is of an older Tenax (schema " +
                                          std::to_string(found->version) +
                                          "): start the daemon once, it brings it up to date");
  }
  return io::Result<>{};
}

}  // namespace tenax::queue
