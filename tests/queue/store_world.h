// SPDX-License-Identifier: Apache-2.0
#pragma once
// One store on one thread and virtual time, and short words for what the tests do with it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mail/message.h"

#include "queue/sqlite_store.h"
#include "queue/store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/run.h"
#include "tests/support/temp_directory.h"

namespace tenax::queue {

using namespace std::chrono_literals;

/// The moment at which most tests play.
inline const mail::WallTime kNoon = testing::FakeClock::default_start() + 12h;

inline mail::Address address(const std::string& text) { return mail::Address::parse(text).value(); }

inline mail::Destination destination(const std::string& text) {
  return mail::Destination::parse(text).value();
}

inline mail::Verdict verdict(mail::Kind kind, const std::string& text) {
  mail::Verdict said;
  said.kind = kind;
  said.stage = mail::Stage::rcpt;
  const int klass = kind == mail::Kind::delivered ? 2 : kind == mail::Kind::deferred ? 4 : 5;
  said.status = {klass, 7, 1};
  said.reply = mail::Reply{klass * 100 + 50, {text}};
  said.text = text;
  said.host = {"mx.example.net", "192.0.2.1", 25, "TLSv1.3 AES"};
  return said;
}

inline RecipientOutcome delivered(mail::RecipientId recipient) {
  RecipientOutcome outcome;
  outcome.recipient = recipient;
  outcome.state = mail::RecipientState::delivered;
  outcome.verdict = verdict(mail::Kind::delivered, "ok");
  return outcome;
}

inline RecipientOutcome failed(mail::RecipientId recipient) {
  RecipientOutcome outcome;
  outcome.recipient = recipient;
  outcome.state = mail::RecipientState::failed;
  outcome.verdict = verdict(mail::Kind::failed, "no such user");
  return outcome;
}

inline RecipientOutcome deferred(mail::RecipientId recipient, mail::WallTime next) {
  RecipientOutcome outcome;
  outcome.recipient = recipient;
  outcome.state = mail::RecipientState::waiting;
  outcome.next_attempt = next;
  outcome.verdict = verdict(mail::Kind::deferred, "try again later");
  return outcome;
}

/// A message on its way in, described by the recipients and what differs from the ordinary.
struct Mail {
  std::vector<std::string> to = {"bob@example.net"};
  std::string bytes = "Subject: hello\r\n\r\nhello\r\n";
  mail::WallTime accepted = kNoon;
  std::optional<mail::WallTime> first_notice = {};
  std::optional<mail::SubmissionId> submission = {};
  bool held = false;
  bool leased = false;
  std::string from = "ann@example.org";
};

inline mail::SubmissionId submission(char digit) {
  return mail::SubmissionId::parse(std::string(32, digit)).value();
}

/// Destroys the store first, then what it stood on.
struct StoreWorld {
  boost::asio::io_context context{1};
  testing::FakeClock clock{context};
  testing::FakeRandom random{7};
  testing::TempDirectory directory;
  std::unique_ptr<Store> store;
  Recovery recovery;
  SqliteStoreOptions options{directory / "state", {}, 4096};

  io::Result<> open(mail::WallTime now = kNoon) {
    store.reset();
    testing::run_ready(context);
    io::Result<OpenedStore> opened =
        open_sqlite_store(options, context.get_executor(), context.get_executor(), random, now);
    if (!opened) return opened.error();
    store = std::move(opened->store);
    recovery = opened->recovery;
    return io::Result<>{};
  }

  /// As if the process had died here and a new one had begun.
  void die_and_reopen(mail::WallTime now = kNoon) {
    const io::Result<> opened = open(now);
    ASSERT_TRUE(opened) << io::to_string(opened.error());
  }

  template <class T>
  T run(io::Async<T> task) {
    return testing::run(context, clock, std::move(task));
  }

  io::Result<std::unique_ptr<IncomingContents>> contents(const std::string& bytes) {
    std::unique_ptr<IncomingContents> incoming = store->new_contents();
    for (std::size_t at = 0; at < bytes.size(); at += 10'000) {
      const io::Result<> appended =
          run(incoming->append(std::string_view{bytes}.substr(at, 10'000)));
      if (!appended) return appended.error();
    }
    return incoming;
  }

  mail::NewMessage message(const Mail& mail) {
    mail::NewMessage message;
    message.id = store->new_id(mail.accepted);
    message.submission = mail.submission;
    message.envelope.sender = mail::parse_reverse_path(mail.from).value();
    message.accepted = mail.accepted;
    message.subject = "hello";
    message.held = mail.held;
    message.leased = mail.leased;
    message.submitter = {1000, 42, "socket"};
    for (const std::string& to : mail.to) message.recipients.push_back({address(to), {}, {}});
    return message;
  }

  static std::vector<mail::Destination> destinations(const mail::NewMessage& message) {
    std::vector<mail::Destination> all;
    for (const auto& recipient : message.recipients) {
      all.push_back(mail::Destination::of(recipient.address.domain()));
    }
    return all;
  }

  /// The call, not yet run.
  io::Async<io::Result<EnqueueResult>> enqueueing(const Mail& mail) {
    auto incoming = contents(mail.bytes);
    mail::NewMessage fresh = message(mail);
    std::vector<mail::Destination> where = destinations(fresh);
    return store->enqueue(std::move(fresh), std::move(where), mail.first_notice,
                          std::move(incoming.value()));
  }

  io::Result<EnqueueResult> try_enqueue(const Mail& mail) {
    auto incoming = contents(mail.bytes);
    if (!incoming) return incoming.error();
    mail::NewMessage fresh = message(mail);
    std::vector<mail::Destination> where = destinations(fresh);
    return run(store->enqueue(std::move(fresh), std::move(where), mail.first_notice,
                              std::move(*incoming)));
  }

  mail::QueueId enqueue(const Mail& mail = {}) { return try_enqueue(mail).value().id; }

  std::vector<mail::DeliveryRequest> claim(mail::WallTime now = kNoon, std::size_t most = 1000) {
    ClaimOrder order;
    order.now = now;
    order.max_recipients = most;
    order.guard = 5min;
    return run(store->claim(std::move(order))).value();
  }

  Selected claim_selected(Selection selection, Rest rest = {}) {
    return run(store->claim_selected(std::move(selection), std::move(rest), kNoon, 5min)).value();
  }

  io::Result<> settle(const mail::DeliveryRequest& request, std::vector<RecipientOutcome> outcomes,
                      mail::WallTime now = kNoon) {
    const mail::HostTry cut_off{
        {"mx.example.net", "192.0.2.1", 25, ""}, mail::Stage::rcpt, "cut off", now, 250ms};
    return settle(request, std::move(outcomes), now, cut_off);
  }

  io::Result<> settle(const mail::DeliveryRequest& request, std::vector<RecipientOutcome> outcomes,
                      mail::WallTime now, const mail::HostTry& only) {
    Settlement settlement;
    settlement.message = request.message;
    Attempt& attempt = settlement.attempts.emplace_back();
    attempt.destination = request.destination;
    attempt.outcomes = std::move(outcomes);
    attempt.tries = {only};
    attempt.started = only.started;
    attempt.finished = now;
    const io::Result<Settled> settled = run(store->settle(std::move(settlement)));
    if (!settled) return settled.error();
    return io::Result<>{};
  }

  io::Result<std::string> body(mail::QueueId id) {
    io::Result<std::unique_ptr<io::ByteSource>> source = run(store->open_body(id));
    if (!source) return source.error();
    std::string all;
    std::vector<char> piece(30'000);
    for (;;) {
      const io::Result<std::size_t> got = run((*source)->read_some(std::span{piece}));
      if (!got) return got.error();
      if (*got == 0) return all;
      all.append(piece.data(), *got);
    }
  }

  Operated operate(Verb verb, Selection selection = {}, mail::WallTime now = kNoon) {
    Operation operation;
    operation.verb = verb;
    operation.selection = std::move(selection);
    operation.now = now;
    operation.by = "uid 0";
    return run(store->operate(std::move(operation))).value();
  }

  std::optional<mail::WallTime> next_due(std::vector<std::string> except = {}) {
    return run(store->next_due(std::move(except), {})).value();
  }
  std::optional<mail::WallTime> next_to_tell() { return run(store->next_to_tell()).value(); }

  /// Past the store and its rules, as an older program or an accident would.
  void script(const std::string& sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((options.directory + "/queue.db").c_str(), &db), SQLITE_OK);
    char* why = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &why), SQLITE_OK) << why;
    sqlite3_free(why);
    sqlite3_close(db);
  }
};

/// "bob@example.net bob2@example.net" of all requests, in order.
inline std::vector<std::string> addresses(const std::vector<mail::DeliveryRequest>& requests) {
  std::vector<std::string> all;
  for (const auto& request : requests) {
    for (const auto& recipient : request.recipients) all.push_back(recipient.address.text());
  }
  return all;
}

inline std::string large(std::size_t size) {
  std::string bytes = "Subject: large\r\n\r\n";
  while (bytes.size() < size) bytes += std::to_string(bytes.size()) + " lines of it\r\n";
  bytes.resize(size);
  return bytes;
}

}  // namespace tenax::queue
