// SPDX-License-Identifier: Apache-2.0
#pragma once
// SQLite as this room speaks to it: connections with our settings, prepared statements, io::Errors.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "mail/time.h"

#include "io/result.h"

#include "queue/log_vfs.h"

namespace tenax::queue {

/// Bytes bound or read as a BLOB; a plain string_view is TEXT.
struct Blob {
  std::string_view bytes;
};

/// TEXT that stays where it is until the statement has run, and so need not be copied.
struct Still {
  std::string_view text;
};

class Connection;

/// A prepared statement on loan from its connection, which must outlive it; reset and given back at
/// the end of its life. Errors stick: after the first one every step() says it again, so binding
/// needs no checks. Concurrency: the connection's user.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, int value) { return bind(place, std::int64_t{value}); }
  Statement& bind(int place, bool value) { return bind(place, std::int64_t{value ? 1 : 0}); }
  Statement& bind(int place, std::string_view text);
  Statement& bind(int place, const std::string& text) {
    return bind(place, std::string_view{text});
  }
  Statement& bind(int place, const char* text) { return bind(place, std::string_view{text}); }
  Statement& bind(int place, Blob blob);
  Statement& bind(int place, Still text);
  Statement& bind(int place, std::nullptr_t);
  Statement& bind(int place, mail::WallTime when) { return bind(place, mail::to_millis(when)); }
  template <class T>
  Statement& bind(int place, const std::optional<T>& value) {
    return value ? bind(place, *value) : bind(place, nullptr);
  }

  /// The place of a named parameter; 0 when there is none.
  [[nodiscard]] int place_of(const char* name) const;

  /// True: there is a row to read.
  [[nodiscard]] io::Result<bool> step();
  /// To the end, rows ignored.
  [[nodiscard]] io::Result<> run();
  /// Starts over; what was bound stays.
  void reset();

  /// The current row, as SQLite has it: sqlite_rows.h reads it with distrust. The texts are valid
  /// until the next step.
  [[nodiscard]] int type(int column) const { return sqlite3_column_type(statement_, column); }
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] int columns() const { return sqlite3_column_count(statement_); }

 private:
  friend class Connection;
  Statement(Connection& connection, sqlite3_stmt* statement, bool* lent, int error);
  Statement& bind_text(int place, std::string_view text, sqlite3_destructor_type copies);
  Connection* connection_;
  sqlite3_stmt* statement_;
  bool* lent_;  // the connection's mark that we have it; nullptr: ours alone
  std::optional<io::Error> error_;
};

/// `at_rest` reads a database that nobody has open and that has no log: it takes no lock and makes
/// no file, so the place may be read-only or full.
enum class Access { read_only, read_write, at_rest };

/// One connection to one database file, defensive and with our settings (docs/queue-states.md).
/// Concurrency: one user at a time.
class Connection {
 public:
  /// `vfs` "" is SQLite's default. read_write makes the file when it is missing.
  [[nodiscard]] static io::Result<std::unique_ptr<Connection>> open(const std::string& path,
                                                                    Access access,
                                                                    const std::string& vfs);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// A statement of our own words, prepared once and kept under the address of the literal.
  [[nodiscard]] Statement prepare(const char* sql);
  /// One that is put together from pieces of our own words; prepared, used and forgotten.
  [[nodiscard]] Statement prepare_once(const std::string& sql);

  template <class... Values>
  [[nodiscard]] Statement query(const char* sql, const Values&... values) {
    Statement statement = prepare(sql);
    int place = 0;
    (statement.bind(++place, values), ...);
    return statement;
  }
  /// Of the statement that failed last: a rule of the tables refused it, and it changed nothing.
  [[nodiscard]] bool refused() const {
    return (sqlite3_errcode(handle_) & 0xff) == SQLITE_CONSTRAINT;
  }
  /// To the end, rows ignored.
  template <class... Values>
  [[nodiscard]] io::Result<> run(const char* sql, const Values&... values) {
    Statement statement = query(sql, still(values)...);
    return statement.run();
  }
  /// The first column of the first row; not_found when there is none.
  template <class... Values>
  [[nodiscard]] io::Result<std::int64_t> number(const char* sql, const Values&... values) {
    Statement statement = query(sql, still(values)...);
    return one_number(statement);
  }

  /// Several statements of our own words, without parameters.
  [[nodiscard]] io::Result<> script(const char* sql);

  [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(handle_); }
  [[nodiscard]] std::int64_t last_row() const { return sqlite3_last_insert_rowid(handle_); }
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  [[nodiscard]] int wal_frames() const { return wal_frames_; }
  /// Moves what is committed from the log into the database file. `wait_for_readers`: for a fifth
  /// of a second at most; also starts the log from its beginning again.
  [[nodiscard]] io::Result<> checkpoint(bool wait_for_readers);
  /// The next opening shall find the log as it is.
  void leave_log_on_close();
  /// For a migration; nobody else changes the text of the tables.
  void let_schema_be_edited(bool may);

  [[nodiscard]] io::Error error(int code, std::string_view doing) const;
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Connection(std::unique_ptr<LogVfs> vfs, sqlite3* handle, std::string path)
      : vfs_{std::move(vfs)}, handle_{handle}, path_{std::move(path)} {}
  friend class Statement;
  /// For who runs the statement before anything of `value` goes.
  template <class T>
  static auto still(const T& value) {
    if constexpr (std::is_null_pointer_v<T>) {
      return value;
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      return Still{value};
    } else if constexpr (std::is_same_v<T, std::optional<std::string>>) {
      return value ? std::optional{Still{*value}} : std::nullopt;
    } else {
      return value;
    }
  }
  [[nodiscard]] static io::Result<std::int64_t> one_number(Statement& statement);
  [[nodiscard]] io::Result<> settings(Access access);

  struct Kept {
    sqlite3_stmt* statement = nullptr;
    bool lent = false;
  };
  std::unique_ptr<LogVfs> vfs_;
  sqlite3* handle_;
  std::string path_;
  std::unordered_map<const char*, Kept> kept_;  // bounded by the literals in our own source
  int wal_frames_ = 0;
};

}  // namespace tenax::queue
