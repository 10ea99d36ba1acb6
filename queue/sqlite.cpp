// SPDX-License-Identifier: Apache-2.0
#include "queue/sqlite.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "queue/address_key.h"

namespace tenax::queue {

namespace {

// How long to wait for a lock of another process: a reader that recovers the log, a person with the
// sqlite3 shell. Longer than either holds it, shorter than anybody's patience.
constexpr int kBusyMillis = 5000;
constexpr int kReadersMillis =
    200;  // that a checkpoint waits for readers: the writer rests meanwhile

io::Errc meaning(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return io::Errc::disk_full;
    case SQLITE_IOERR: return io::Errc::disk_failed;
    // Not that a row is damaged; and of a commit, as of any that failed, no more is known.
    case SQLITE_NOMEM: return io::Errc::disk_failed;
    case SQLITE_PROTOCOL:  // it lost a race for the log's locks, before anything was read
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return io::Errc::busy;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY: return io::Errc::denied;
    case SQLITE_NOTFOUND: return io::Errc::not_found;
    case SQLITE_INTERRUPT: return io::Errc::cancelled;
    default: return io::Errc::corrupt;  // CORRUPT, NOTADB, CONSTRAINT, SCHEMA, MISMATCH, ...
  }
}

}  // namespace

Statement::Statement(Connection& connection, sqlite3_stmt* statement, bool* lent, int error)
    : connection_{&connection}, statement_{statement}, lent_{lent} {
  if (error != SQLITE_OK) error_ = connection.error(error, "prepare");
}

Statement::Statement(Statement&& other) noexcept
    : connection_{other.connection_},
      statement_{std::exchange(other.statement_, nullptr)},
      lent_{other.lent_},
      error_{std::move(other.error_)} {}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  if (lent_ == nullptr) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  *lent_ = false;
}

Statement& Statement::bind(int place, std::int64_t value) {
  if (statement_ != nullptr && sqlite3_bind_int64(statement_, place, value) != SQLITE_OK) {
    error_ = connection_->error(sqlite3_errcode(connection_->handle()), "bind");
  }
  return *this;
}

Statement& Statement::bind(int place, std::string_view text) {
  return bind_text(place, text, SQLITE_TRANSIENT);
}

Statement& Statement::bind(int place, Still text) {
  return bind_text(place, text.text, SQLITE_STATIC);
}

Statement& Statement::bind_text(int place, std::string_view text, sqlite3_destructor_type copies) {
  if (statement_ == nullptr) return *this;
  // An empty view may have no address, which would bind NULL.
  const char* bytes = text.empty() ? "" : text.data();
  const int code = sqlite3_bind_text64(statement_, place, bytes, text.size(), copies, SQLITE_UTF8);
  if (code != SQLITE_OK) error_ = connection_->error(code, "bind");
  return *this;
}

Statement& Statement::bind(int place, Blob blob) {
  if (statement_ == nullptr) return *this;
  // Not copied: contents may be large. The caller keeps the bytes until the statement has run.
  const int code = blob.bytes.empty() ? sqlite3_bind_zeroblob(statement_, place, 0)
                                      : sqlite3_bind_blob64(statement_, place, blob.bytes.data(),
                                                            blob.bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) error_ = connection_->error(code, "bind");
  return *this;
}

Statement& Statement::bind(int place, std::nullptr_t) {
  if (statement_ != nullptr && sqlite3_bind_null(statement_, place) != SQLITE_OK) {
    error_ = connection_->error(sqlite3_errcode(connection_->handle()), "bind");
  }
  return *this;
}

int Statement::place_of(const char* name) const {
  return statement_ == nullptr ? 0 : sqlite3_bind_parameter_index(statement_, name);
}

io::Result<bool> Statement::step() {
  if (error_) return *error_;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  error_ = connection_->error(code, sqlite3_sql(statement_));
  return *error_;
}

io::Result<> Statement::run() {
  for (;;) {
    const io::Result<bool> row = step();
    if (!row) return row.error();
    if (!*row) return io::Result<>{};
  }
}

void Statement::reset() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

std::string_view Statement::bytes(int column) const {
  const void* start = sqlite3_column_blob(statement_, column);
  const int length = sqlite3_column_bytes(statement_, column);
  if (start == nullptr || length <= 0) return {};
  return {static_cast<const char*>(start), static_cast<std::size_t>(length)};
}

namespace {

std::string immutable(const std::string& path) {
  std::string name = "file:";
  for (const char c : path) {
    const bool speaks = c == '%' || c == '?' || c == '#';
    name += speaks ? (c == '%' ? "%25" : c == '?' ? "%3F" : "%23") : std::string{c};
  }
  return name + "?immutable=1";
}

// SQLite counts its memory for whoever asks. Nobody does, and it takes a lock for each allocation.
// Too late, and no harm, where somebody used SQLite before us.
void quiet_memory() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)once;
}

}  // namespace

io::Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Access access,
                                                         const std::string& vfs) {
  quiet_memory();
  int mode = SQLITE_OPEN_READONLY;
  if (access == Access::read_write) mode = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (access == Access::at_rest) mode |= SQLITE_OPEN_URI;
  const std::string name = access == Access::at_rest ? immutable(path) : path;
  std::unique_ptr<LogVfs> log = LogVfs::over(vfs);
  if (!log) return io::error(io::Errc::not_found, "no VFS for " + path);
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(name.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      log->name().c_str());
  if (handle == nullptr) return io::error(io::Errc::busy, "out of memory opening " + path);
  std::unique_ptr<Connection> connection{new Connection{std::move(log), handle, path}};
  if (code != SQLITE_OK) return connection->error(code, "open");
  const io::Result<> set = connection->settings(access);
  if (!set) return set.error();
  return connection;
}

io::Result<> Connection::settings(Access access) {
  sqlite3_busy_timeout(handle_, kBusyMillis);
  // No statement may edit the schema behind our back, and functions or views in a schema that
  // somebody else wrote run nothing.
  let_schema_be_edited(false);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  const int added = add_address_key(handle_);
  if (added != SQLITE_OK) return error(added, "add address_key()");
  const io::Result<> common = script(
      "PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;"
      "PRAGMA temp_store = MEMORY;");
  if (!common || access != Access::read_write) return common;

  // Readers go on while we write, and a commit is one append and one fsync.
  // auto_vacuum works only when it is set before the first table: after a burst the file can be
  // given back to the disk in small steps (purge), without a VACUUM that stops everything.
  const io::Result<> ours = script(
      "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 25165824; PRAGMA cache_size = "
      "-16384; PRAGMA secure_delete = OFF;");
  if (!ours) return ours;
  Statement mode = prepare_once("PRAGMA journal_mode");
  const io::Result<bool> row = mode.step();
  if (!row) return row.error();
  if (!*row || mode.bytes(0) != "wal") {
    return io::error(io::Errc::disk_failed, path_ + ": this file system cannot hold a WAL");
  }
  // Checkpoints are ours to make (commit_group.cpp): SQLite's own would swallow their errors.
  sqlite3_wal_hook(
      handle_,
      [](void* self, sqlite3*, const char*, int frames) {
        static_cast<Connection*>(self)->wal_frames_ = frames;
        return SQLITE_OK;
      },
      this);
  return io::Result<>{};
}

void Connection::let_schema_be_edited(bool may) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, may ? 0 : 1, nullptr);
}

Connection::~Connection() {
  for (auto& [sql, kept] : kept_) sqlite3_finalize(kept.statement);
  sqlite3_close_v2(handle_);
}

Statement Connection::prepare(const char* sql) {
  const auto found = kept_.find(sql);
  if (found != kept_.end() && !found->second.lent) {
    found->second.lent = true;
    return Statement{*this, found->second.statement, &found->second.lent, SQLITE_OK};
  }
  if (found != kept_.end()) return prepare_once(sql);  // lent already: a scan within a scan
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (statement == nullptr) return Statement{*this, nullptr, nullptr, code};
  Kept& kept = kept_.emplace(sql, Kept{statement, true}).first->second;
  return Statement{*this, statement, &kept.lent, SQLITE_OK};
}

Statement Connection::prepare_once(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.c_str(), -1, 0, &statement, nullptr);
  return Statement{*this, statement, nullptr, code};
}

io::Result<std::int64_t> Connection::one_number(Statement& statement) {
  const io::Result<bool> row = statement.step();
  if (!row) return row.error();
  if (!*row || statement.type(0) == SQLITE_NULL) {
    return io::error(io::Errc::not_found, "no such row");
  }
  if (statement.type(0) != SQLITE_INTEGER) {
    return io::error(io::Errc::corrupt, "a number was expected");
  }
  return statement.integer(0);
}

io::Result<> Connection::script(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code, "script");
  return io::Result<>{};
}

io::Result<> Connection::checkpoint(bool wait_for_readers) {
  const int mode = wait_for_readers ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3_busy_timeout(handle_, kReadersMillis);
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(handle_, kBusyMillis);
  // Readers in the way: the log is a little longer until next time.
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return io::Result<>{};
  return error(code, "checkpoint");
}

void Connection::leave_log_on_close() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

io::Error Connection::error(int code, std::string_view doing) const {
  const int number = sqlite3_system_errno(handle_);
  std::string context =
      path_ + ": " + std::string{doing.substr(0, 100)} + ": " + sqlite3_errmsg(handle_);
  if ((code & 0xff) == SQLITE_CANTOPEN) {
    // It may be the log or its index that is not there, and cannot be made.
    struct stat found {};
    const bool missing = ::stat(path_.c_str(), &found) != 0 && errno == ENOENT;
    if (missing) return io::error(io::Errc::not_found, std::move(context));
    if (number == 0 || number == ENOENT) {
      return io::error(io::Errc::disk_failed, std::move(context));
    }
    return io::error_from_errno(number, std::move(context));
  }
  // A quota is room too, but SQLite knows ENOSPC only. Not for syncs: a sync that failed for any
  // reason leaves the disk in an unknown state.
  if ((code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_TRUNCATE) &&
      (number == EDQUOT || number == ENOSPC)) {
    return io::error(io::Errc::disk_full, std::move(context));
  }
  return io::error(meaning(code), std::move(context));
}

}  // namespace tenax::queue
