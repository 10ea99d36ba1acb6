// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows into values and back. What is read is not trusted: the file may have been edited, or the
// disk may lie. Every value is checked; a bad one makes the row Errc::corrupt, never a crash.

#include <optional>
#include <string>
#include <string_view>

#include "mail/delivery_report.h"
#include "mail/message.h"

#include "io/result.h"

#include "queue/sqlite.h"

namespace tenax::queue {

/// Reads the columns of a statement's current row, left to right. The first bad value sticks: ask
/// ok() when all are read. Concurrency: value.
class Row {
 public:
  /// `what` and `id` name the row in the error: "recipient 17".
  Row(const Statement& statement, std::string_view what) : statement_{statement}, what_{what} {}

  std::int64_t integer(std::int64_t least, std::int64_t most);
  std::int64_t id() { return id_ = integer(1, kLargest); }  // also names the row in the error
  std::int64_t any() { return integer(-kLargest, kLargest); }
  bool flag() { return integer(0, 1) == 1; }
  bool null();  // true (and the column is passed) when it is NULL
  mail::WallTime time();
  std::optional<mail::WallTime> perhaps_time();
  std::string text(std::size_t most = 4096);
  std::optional<std::string> perhaps_text(std::size_t most = 4096);
  std::string blob(std::size_t most);

  std::optional<mail::Address> address();  // nullopt only after an error
  mail::ReversePath reverse_path();
  std::optional<mail::Destination> destination();
  mail::Notify notify();
  std::optional<mail::OriginalRecipient> original();
  mail::Knocks knocks();  // knocks, first_knock, last_knock
  mail::RecipientState state();
  mail::Stage stage();
  mail::Origin origin();
  mail::RemoteHost host();  // name, address, port, tls

  void bad(std::string_view column);
  void skip() { ++column_; }
  [[nodiscard]] bool ok() const { return !wrong_; }
  [[nodiscard]] io::Error error() const;

 private:
  template <class Parse>
  auto read_as(Parse parse, std::string_view what);

  static constexpr std::int64_t kLargest = INT64_MAX;
  const Statement& statement_;
  std::string_view what_;
  std::int64_t id_ = 0;
  int column_ = 0;
  std::optional<std::string> wrong_;
};

/// What strangers may put into our rows.
[[nodiscard]] std::string bounded(const std::string& text, std::size_t most = 4096);

/// The columns of `message` that make an envelope and where it came from, in the order read below.
#define TENAX_MESSAGE_COLUMNS \
  "m.id, m.sender, m.ret, m.envid, m.body, m.smtputf8, m.automatic, m.size, m.origin, m.accepted"

struct MessageRow {
  mail::QueueId id;
  mail::Envelope envelope;
  mail::Origin origin = mail::Origin::submitted;
  mail::WallTime accepted;
};
[[nodiscard]] MessageRow read_message(Row& row);

/// The columns of `answer` that make a verdict.
#define TENAX_VERDICT_COLUMNS                                                                 \
  "a.kind, a.scope, a.fault, a.stage, a.status, a.code, a.reply, a.text, a.host, a.address, " \
  "a.port, a.tls, a.in_doubt, a.passed_on"
[[nodiscard]] mail::Verdict read_verdict(Row& row);

/// What a row says of a verdict, in the order of `answer`. Long texts are cut: a row is bounded
/// whatever the server said. Concurrency: value; views of the verdict.
struct VerdictColumns {
  explicit VerdictColumns(const mail::Verdict& verdict);
  /// Runs a statement of these columns behind `before`.
  template <class... Values>
  [[nodiscard]] io::Result<> run(Connection& db, const char* sql, const Values&... before) const {
    return db.run(sql, before..., kind, scope, fault, stage, status, code,
                  code ? std::optional{Blob{reply}} : std::nullopt, text, host, address, port, tls,
                  in_doubt, passed_on);
  }
  std::string_view kind, scope, fault, stage;
  std::string status;  // "": none
  std::optional<int> code;
  std::string reply;
  std::string text, host, address;
  int port;
  std::string tls;
  bool in_doubt, passed_on;
};

/// What an answer says of its attempt: the row it has, or, where the answer tells all of it, when
/// that was. As SQL, of an answer `a`: TENAX_ITS_ATTEMPT behind the tables, TENAX_STARTED and
/// TENAX_FINISHED among the columns.
struct OfAttempt {
  std::optional<std::int64_t> row;
  std::optional<mail::WallTime> started;
  std::optional<mail::WallTime> finished;
};
#define TENAX_ITS_ATTEMPT " LEFT JOIN attempt t ON t.id = a.attempt_id "
#define TENAX_STARTED "ifnull(t.started, a.started)"
#define TENAX_FINISHED "ifnull(t.finished, a.finished)"

/// Adds an answer to the history. Long texts are cut: a row is bounded whatever the server said.
[[nodiscard]] io::Result<> write_answer(Connection& db, const OfAttempt& of,
                                        mail::RecipientId recipient, bool counted,
                                        const mail::Verdict& verdict);

/// The newest verdict on a recipient, if there is one.
[[nodiscard]] io::Result<std::optional<mail::Verdict>> last_verdict(Connection& db,
                                                                    mail::RecipientId recipient);

[[nodiscard]] std::string_view word(mail::Ret ret);
[[nodiscard]] std::string_view word(mail::BodyType body);
[[nodiscard]] std::string_view word(mail::Origin origin);

}  // namespace tenax::queue
