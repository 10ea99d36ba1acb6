// SPDX-License-Identifier: Apache-2.0
#pragma once
// A real queue in a directory of its own, filled as a daemon fills it, and closed again.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "io/system_clock.h"

#include "queue/sqlite_store.h"
#include "tests/support/fake_random.h"
#include "tests/support/temp_directory.h"
#include "tests/tools/rows.h"

namespace tenax::cli {

class QueueOnDisk {
 public:
  /// Somebody else's store on the same queue, for as long as it lives.
  struct Occupied {
    std::unique_ptr<io::asio::io_context> context;
    queue::OpenedStore opened;
    ~Occupied() {
      if (!opened.store) return;
      opened.store->close();
      context->restart();
      context->poll();
    }
    Occupied(std::unique_ptr<io::asio::io_context> in, queue::OpenedStore store)
        : context{std::move(in)}, opened{std::move(store)} {}
    Occupied(Occupied&&) = default;
  };

  QueueOnDisk() {
    // A configuration of its own, so that the machine's is not looked at.
    std::fclose(std::fopen((directory_ / "tenax.toml").c_str(), "w"));
  }
  QueueOnDisk(const QueueOnDisk&) = delete;
  QueueOnDisk& operator=(const QueueOnDisk&) = delete;

  [[nodiscard]] const std::string& directory() const { return directory_.path(); }
  /// When its mail was accepted: an hour ago.
  [[nodiscard]] mail::WallTime now() const { return accepted_; }

  [[nodiscard]] Occupied occupy() {
    auto context = std::make_unique<io::asio::io_context>();
    const io::Executor home = context->get_executor();
    queue::SqliteStoreOptions options;
    options.directory = directory_.path();
    auto opened = queue::open_sqlite_store(std::move(options), home, home, random_, accepted_);
    if (!opened) throw std::runtime_error{io::to_string(opened.error())};
    return Occupied{std::move(context), std::move(*opened)};
  }

  /// `sender` "" is the null path.
  mail::QueueId add(const std::string& sender, const std::vector<std::string>& recipients,
                    std::string contents = "Subject: Hello\r\n\r\nhi\r\n",
                    const std::string& message_id = {}) {
    Occupied daemon = occupy();
    mail::NewMessage message;
    message.id = daemon.opened.store->new_id(accepted_);
    if (!sender.empty()) message.envelope.sender = address(sender);
    message.envelope.size = static_cast<std::int64_t>(contents.size());
    message.submitter = {1000, 4711, "socket"};
    message.accepted = accepted_;
    message.subject = "Hello";
    message.message_id = message_id;
    const mail::QueueId id = message.id;
    std::vector<mail::Destination> destinations;
    for (const std::string& to : recipients) {
      message.recipients.push_back({address(to), {}, {}});
      destinations.push_back(mail::Destination::of(address(to).domain()));
    }
    bool kept = false;
    io::asio::co_spawn(*daemon.context,
                       enqueue(*daemon.opened.store, std::move(message), std::move(destinations),
                               std::move(contents), accepted_ + std::chrono::hours{24}, kept),
                       [](const std::exception_ptr& bug) {
                         if (bug) std::rethrow_exception(bug);
                       });
    daemon.context->restart();
    daemon.context->run();
    if (!kept) throw std::runtime_error{"the queue took no mail"};
    return id;
  }

  void keep(std::vector<mail::Lesson> lessons) {
    Occupied daemon = occupy();
    bool kept = false;
    io::asio::co_spawn(*daemon.context, daemon.opened.store->keep_lessons(std::move(lessons)),
                       [&kept](const std::exception_ptr& bug, const io::Result<>& result) {
                         kept = !bug && result.has_value();
                       });
    daemon.context->restart();
    daemon.context->run();
    if (!kept) throw std::runtime_error{"the queue took no lesson"};
  }

  /// A daemon's attempt on everything that is due at `age`; it takes no time. Deferred recipients
  /// are due again `again` later.
  void attempt(mail::Duration age, mail::Kind kind, mail::Duration again = {}) {
    Occupied daemon = occupy();
    bool settled = false;
    io::asio::co_spawn(*daemon.context,
                       attempt(*daemon.opened.store, accepted_ + age, kind, again, settled),
                       [](const std::exception_ptr& bug) {
                         if (bug) std::rethrow_exception(bug);
                       });
    daemon.context->restart();
    daemon.context->run();
    if (!settled) throw std::runtime_error{"nothing was settled"};
  }

 private:
  static io::Async<> attempt(queue::Store& store, mail::WallTime now, mail::Kind kind,
                             mail::Duration again, bool& settled) {
    queue::ClaimOrder order;
    order.now = now;
    order.max_recipients = 1000;
    order.max_per_destination = 1000;
    order.guard = std::chrono::minutes{5};
    const io::Result<std::vector<mail::DeliveryRequest>> claimed =
        co_await store.claim(std::move(order));
    if (!claimed) co_return;
    for (const mail::DeliveryRequest& request : *claimed) {
      queue::Settlement settlement;
      settlement.message = request.message;
      queue::Attempt& attempt = settlement.attempts.emplace_back();
      attempt.destination = request.destination;
      attempt.started = attempt.finished = now;
      for (const mail::DueRecipient& recipient : request.recipients) {
        queue::RecipientOutcome& outcome = attempt.outcomes.emplace_back();
        outcome.recipient = recipient.id;
        outcome.verdict = greylisted();
        outcome.verdict.kind = kind;
        const bool put_off = kind == mail::Kind::deferred;
        outcome.state = put_off ? mail::RecipientState::waiting : mail::RecipientState::delivered;
        if (put_off) outcome.next_attempt = now + again;
      }
      const io::Result<queue::Settled> done = co_await store.settle(std::move(settlement));
      if (!done) co_return;
      settled = true;
    }
  }
  static io::Async<> enqueue(queue::Store& store, mail::NewMessage message,
                             std::vector<mail::Destination> destinations, std::string contents,
                             std::optional<mail::WallTime> first_notice, bool& kept) {
    std::unique_ptr<queue::IncomingContents> incoming = store.new_contents();
    const io::Result<> appended = co_await incoming->append(contents);
    if (!appended) co_return;
    const io::Result<queue::EnqueueResult> enqueued = co_await store.enqueue(
        std::move(message), std::move(destinations), first_notice, std::move(incoming));
    kept = enqueued.has_value();
  }

  testing::TempDirectory directory_;
  testing::FakeRandom random_;
  mail::WallTime accepted_ =
      std::chrono::floor<std::chrono::seconds>(io::SystemClock{}.wall()) - std::chrono::hours{1};
};

}  // namespace tenax::cli
