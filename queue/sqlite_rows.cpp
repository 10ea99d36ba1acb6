// SPDX-License-Identifier: Apache-2.0
#include "queue/sqlite_rows.h"

#include <algorithm>

#include "mail/printable.h"

namespace tenax::queue {

namespace {

// Times beyond these are nobody's: the queue id has room for dates up to the year 2109.
constexpr std::int64_t kFirstMilli = 0;
constexpr std::int64_t kLastMilli = std::int64_t{1} << 42;

// A reply as it is kept: more than any server says in earnest, less than a page of the database
// file times four.
constexpr std::size_t kReplyLimit = 8 * 1024;
constexpr std::size_t kReplyLines = 100;
constexpr std::size_t kTextLimit = 4096;

std::string_view fault_word(mail::Fault fault) {
  return fault == mail::Fault::theirs ? "theirs" : "ours";
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  std::size_t count = 0;
  for (const std::string& line : lines) {
    if (++count > kReplyLines) break;
    if (count > 1) all += '\n';
    all += line;
    if (all.size() >= kReplyLimit) break;
  }
  if (all.size() > kReplyLimit) all.resize(kReplyLimit);
  return all;
}

std::vector<std::string> parted(std::string_view all) {
  std::vector<std::string> lines;
  for (;;) {
    const std::size_t end = all.find('\n');
    lines.emplace_back(all.substr(0, end));
    if (end == std::string_view::npos || lines.size() >= kReplyLines) return lines;
    all.remove_prefix(end + 1);
  }
}

}  // namespace

std::string bounded(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : mail::printable(text, most);
}

std::string_view word(mail::Ret ret) {
  switch (ret) {
    case mail::Ret::unspecified: return "unspecified";
    case mail::Ret::full: return "full";
    case mail::Ret::headers: return "headers";
  }
  return "";
}

std::string_view word(mail::BodyType body) {
  return body == mail::BodyType::seven_bit ? "7bit" : "8bit";
}

std::string_view word(mail::Origin origin) {
  return origin == mail::Origin::notice ? "notice" : "submitted";
}

void Row::bad(std::string_view column) {
  if (!wrong_) wrong_ = std::string{column};
}

io::Error Row::error() const {
  // Messages by the name every verb knows them by; other rows have none outside the database.
  const std::string name = what_ == "message" ? mail::QueueId{id_}.text() : std::to_string(id_);
  return io::error(io::Errc::corrupt,
                   std::string{what_} + " " + name + ": column " + wrong_.value_or("?"));
}

std::int64_t Row::integer(std::int64_t least, std::int64_t most) {
  const int column = column_++;
  if (statement_.type(column) != SQLITE_INTEGER) {
    bad(std::to_string(column) + " is no integer");
    return least;
  }
  const std::int64_t value = statement_.integer(column);
  if (value < least || value > most) {
    bad(std::to_string(column) + " is out of range");
    return least;
  }
  return value;
}

bool Row::null() {
  if (statement_.type(column_) != SQLITE_NULL) return false;
  ++column_;
  return true;
}

mail::WallTime Row::time() { return mail::from_millis(integer(kFirstMilli, kLastMilli)); }

std::optional<mail::WallTime> Row::perhaps_time() {
  if (null()) return std::nullopt;
  return time();
}

std::string Row::text(std::size_t most) {
  const int column = column_++;
  if (statement_.type(column) != SQLITE_TEXT) {
    bad(std::to_string(column) + " is no text");
    return {};
  }
  const std::string_view bytes = statement_.bytes(column);
  if (bytes.size() > most) {
    bad(std::to_string(column) + " is too long");
    return {};
  }
  return std::string{bytes};
}

std::optional<std::string> Row::perhaps_text(std::size_t most) {
  if (null()) return std::nullopt;
  return text(most);
}

std::string Row::blob(std::size_t most) {
  const int column = column_++;
  if (statement_.type(column) != SQLITE_BLOB) {
    bad(std::to_string(column) + " is no blob");
    return {};
  }
  const std::string_view bytes = statement_.bytes(column);
  if (bytes.size() > most) {
    bad(std::to_string(column) + " is too long");
    return {};
  }
  return std::string{bytes};
}

/// The next text as `parse` reads it; nullopt only after an error.
template <class Parse>
auto Row::read_as(Parse parse, std::string_view what) {
  const int column = column_;
  const auto parsed = parse(text());
  using Value = typename decltype(parsed)::value_type;
  if (!parsed) bad(std::to_string(column) + " is no " + std::string{what});
  return ok() ? std::optional<Value>{*parsed} : std::nullopt;
}

std::optional<mail::Address> Row::address() {
  return read_as([](std::string_view text) { return mail::Address::parse(text); }, "address");
}

mail::ReversePath Row::reverse_path() {
  if (null()) return std::nullopt;
  return address();
}

std::optional<mail::Destination> Row::destination() {
  return read_as([](std::string_view text) { return mail::Destination::parse(text); },
                 "destination");
}

mail::Notify Row::notify() {
  const auto parse = [](std::string_view text) { return mail::Notify::parse(text); };
  return read_as(parse, "NOTIFY").value_or(mail::Notify{});
}

std::optional<mail::OriginalRecipient> Row::original() {
  if (null()) return std::nullopt;
  const auto parse = [](std::string_view text) {
    return mail::OriginalRecipient::parse_xtext(text);
  };
  return read_as(parse, "ORCPT");
}

mail::Knocks Row::knocks() {
  mail::Knocks knocks;
  knocks.count = static_cast<int>(integer(0, 1'000'000'000));
  knocks.first = perhaps_time().value_or(mail::WallTime{});
  knocks.last = perhaps_time().value_or(mail::WallTime{});
  return knocks;
}

mail::RecipientState Row::state() {
  const int column = column_;
  const std::optional<mail::RecipientState> parsed = mail::parse_recipient_state(text(20));
  if (!parsed) bad(std::to_string(column) + " is no state");
  return parsed.value_or(mail::RecipientState::held);
}

mail::Stage Row::stage() {
  const int column = column_;
  const std::optional<mail::Stage> parsed = mail::parse_stage(text(20));
  if (!parsed) bad(std::to_string(column) + " is no stage");
  return parsed.value_or(mail::Stage::local);
}

mail::Origin Row::origin() {
  const std::string written = text(20);
  if (written == word(mail::Origin::notice)) return mail::Origin::notice;
  if (written != word(mail::Origin::submitted)) bad("origin");
  return mail::Origin::submitted;
}

mail::RemoteHost Row::host() {
  mail::RemoteHost host;
  host.name = text();
  host.address = text();
  host.port = static_cast<int>(integer(0, 65535));
  host.tls = text();
  return host;
}

MessageRow read_message(Row& row) {
  MessageRow message;
  message.id = mail::QueueId{row.id()};
  message.envelope.sender = row.reverse_path();
  const std::string ret = row.text(20);
  if (ret == "full") message.envelope.ret = mail::Ret::full;
  if (ret == "headers") message.envelope.ret = mail::Ret::headers;
  if (ret != word(message.envelope.ret)) row.bad("ret");
  message.envelope.envid = row.text();
  const std::string body = row.text(20);
  if (body == "8bit") message.envelope.body = mail::BodyType::eight_bit;
  if (body != word(message.envelope.body)) row.bad("body");
  message.envelope.smtputf8 = row.flag();
  message.envelope.automatic = row.flag();
  message.envelope.size = row.integer(0, INT64_MAX);
  message.origin = row.origin();
  message.accepted = row.time();
  return message;
}

mail::Verdict read_verdict(Row& row) {
  mail::Verdict verdict;
  const std::optional<mail::Kind> kind = mail::parse_kind(row.text(20));
  if (!kind) row.bad("kind");
  verdict.kind = kind.value_or(mail::Kind::deferred);
  const std::optional<mail::Scope> scope = mail::parse_scope(row.text(20));
  if (!scope) row.bad("scope");
  verdict.scope = scope.value_or(mail::Scope::recipient);
  const std::string fault = row.text(20);
  if (fault == "ours") verdict.fault = mail::Fault::ours;
  if (fault != fault_word(verdict.fault)) row.bad("fault");
  verdict.stage = row.stage();
  const std::string status = row.text(20);
  if (const auto parsed = mail::EnhancedStatus::parse(status)) {
    verdict.status = *parsed;
  } else if (!status.empty()) {
    row.bad("status");
  }
  if (row.null()) {
    if (!row.null()) row.bad("reply");
  } else {
    mail::Reply reply;
    reply.code = static_cast<int>(row.integer(200, 599));
    reply.lines = parted(row.blob(kReplyLimit));
    verdict.reply = std::move(reply);
  }
  verdict.text = row.text();
  verdict.host = row.host();
  verdict.in_doubt = row.flag();
  verdict.notify_passed_on = row.flag();
  return verdict;
}

VerdictColumns::VerdictColumns(const mail::Verdict& verdict)
    : kind{mail::to_string(verdict.kind)},
      scope{mail::to_string(verdict.scope)},
      fault{fault_word(verdict.fault)},
      stage{mail::to_string(verdict.stage)},
      status{verdict.status.text()},
      text{bounded(verdict.text, kTextLimit)},
      host{bounded(verdict.host.name, 1024)},
      address{bounded(verdict.host.address, 1024)},
      port{std::clamp(verdict.host.port, 0, 65535)},
      tls{bounded(verdict.host.tls, 1024)},
      in_doubt{verdict.in_doubt},
      passed_on{verdict.notify_passed_on} {
  // A verdict without a status (class 0) is kept as "".
  if (!mail::EnhancedStatus::parse(status)) status.clear();
  // A code outside what servers can say would break the row: then nothing was said.
  if (!verdict.reply || verdict.reply->code < 200 || verdict.reply->code > 599) return;
  code = verdict.reply->code;
  reply = joined(verdict.reply->lines);
}

io::Result<> write_answer(Connection& db, const OfAttempt& of, mail::RecipientId recipient,
                          bool counted, const mail::Verdict& verdict) {
  return VerdictColumns{verdict}.run(
      db,
      "INSERT INTO answer (attempt_id, started, finished, recipient_id, counted, kind, scope, "
      "fault, stage, status, code, reply, text, host, address, port, tls, in_doubt, passed_on) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
      "?19)",
      of.row, of.started, of.finished, recipient.value, counted);
}

io::Result<std::optional<mail::Verdict>> last_verdict(Connection& db, mail::RecipientId recipient) {
  Statement newest = db.query("SELECT " TENAX_VERDICT_COLUMNS
                              " FROM answer a WHERE a.recipient_id = ?1"
                              " ORDER BY a.id DESC LIMIT 1",
                              recipient.value);
  const io::Result<bool> found = newest.step();
  if (!found) return found.error();
  if (!*found) return std::optional<mail::Verdict>{};
  Row row{newest, "answer for recipient"};
  const mail::Verdict verdict = read_verdict(row);
  if (!row.ok()) return row.error();
  return std::optional<mail::Verdict>{verdict};
}

}  // namespace tenax::queue
