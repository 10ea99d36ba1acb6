// SPDX-License-Identifier: Apache-2.0
#pragma once
// An engine in a world of fakes, with the real store on a directory of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "queue/sqlite_store.h"
#include "tests/engine/builders.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_mx.h"
#include "tests/support/fake_net.h"
#include "tests/support/fake_random.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/plan.h"
#include "tests/support/run.h"
#include "tests/support/temp_directory.h"

namespace tenax::testing {

/// Contents that take a while to get to the disk.
class SlowContents final : public queue::IncomingContents {
 public:
  SlowContents(std::unique_ptr<queue::IncomingContents> contents, io::Clock& time)
      : real{std::move(contents)}, clock{time} {}
  io::Async<io::Result<>> append(std::string_view bytes) override { return real->append(bytes); }
  io::Async<io::Result<>> close() override {
    const io::Instant later = clock.now() + std::chrono::seconds{5};
    co_await clock.sleep_until(later);
    const io::Result<> closed = co_await real->close();
    co_return closed;
  }
  [[nodiscard]] std::int64_t size() const override { return real->size(); }

  std::unique_ptr<queue::IncomingContents> real;
  io::Clock& clock;
};

/// The store behind it, but for the errors a test orders.
class MoodyStore final : public queue::Store {
 public:
  std::unique_ptr<queue::Store> real;
  std::optional<io::Errc> settling;     // what every settle() answers
  std::optional<io::Errc> claiming;     // and every claim()
  std::optional<io::Errc> enqueuing;    // and every enqueue()
  std::int64_t room = 0;                // but of contents no longer than this
  std::optional<io::Errc> keeping;      // and every keep_lessons()
  std::optional<io::Errc> operating;    // and every operate(), with its first pieces done
  std::optional<io::Errc> telling;      // and every tell_owed() and tell_storm()
  std::optional<io::Errc> writing_out;  // and every write_out()
  io::Clock* slow = nullptr;            // set: contents are slow
  std::function<void()> at_claim;       // once, when the next claim is asked for
  std::function<void()> at_enqueue;     // once, when the next message comes in
  int enqueued = 0;                     // asked for
  int settled = 0;
  int written_out = 0;
  int asked = 0;  // claims

  mail::QueueId new_id(mail::WallTime now) override { return real->new_id(now); }
  std::unique_ptr<queue::IncomingContents> new_contents() override {
    if (slow == nullptr) return real->new_contents();
    return std::make_unique<SlowContents>(real->new_contents(), *slow);
  }
  io::Async<io::Result<queue::EnqueueResult>> enqueue(
      mail::NewMessage message, std::vector<mail::Destination> destinations,
      std::optional<mail::WallTime> first_notice,
      std::unique_ptr<queue::IncomingContents> contents) override {
    ++enqueued;
    if (at_enqueue) std::exchange(at_enqueue, nullptr)();
    if (auto* slowly = dynamic_cast<SlowContents*>(contents.get())) {
      contents = std::move(slowly->real);
    }
    if (enqueuing && contents->size() > room) return refuse<queue::EnqueueResult>(*enqueuing);
    return real->enqueue(std::move(message), std::move(destinations), first_notice,
                         std::move(contents));
  }
  io::Async<io::Result<std::vector<mail::DeliveryRequest>>> claim(
      queue::ClaimOrder order) override {
    ++asked;
    if (at_claim) std::exchange(at_claim, nullptr)();
    if (claiming) return refuse<std::vector<mail::DeliveryRequest>>(*claiming);
    return real->claim(std::move(order));
  }
  io::Async<io::Result<queue::Selected>> claim_selected(queue::Selection selection,
                                                        queue::Rest rest, mail::WallTime now,
                                                        mail::Duration guard) override {
    return real->claim_selected(std::move(selection), std::move(rest), now, guard);
  }
  io::Async<io::Result<>> put_back(std::vector<mail::RecipientId> recipients,
                                   mail::WallTime next_attempt) override {
    return real->put_back(std::move(recipients), next_attempt);
  }
  io::Async<io::Result<>> write_out() override {
    ++written_out;
    if (writing_out) return refuse<void>(*writing_out);
    return real->write_out();
  }
  io::Async<io::Result<queue::Settled>> settle(queue::Settlement settlement) override {
    ++settled;
    if (settling) return refuse<queue::Settled>(*settling);
    return real->settle(std::move(settlement));
  }
  io::Async<io::Result<std::optional<queue::DigestDue>>> digest_due(mail::WallTime now) override {
    return real->digest_due(now);
  }
  io::Async<io::Result<>> tell_owed(queue::ToldOwed told) override {
    if (telling) return refuse<void>(*telling);
    return real->tell_owed(std::move(told));
  }
  io::Async<io::Result<std::optional<queue::StormDue>>> storm_due(mail::WallTime now) override {
    return real->storm_due(now);
  }
  io::Async<io::Result<>> tell_storm(queue::ToldStorm told) override {
    if (telling) return refuse<void>(*telling);
    return real->tell_storm(std::move(told));
  }
  io::Async<io::Result<std::vector<queue::NoticeDue>>> notices_due(
      mail::WallTime now, std::size_t max_messages) override {
    return real->notices_due(now, max_messages);
  }
  io::Async<io::Result<std::vector<queue::PastAttempt>>> past_attempts(
      std::vector<mail::RecipientId> recipients, std::size_t most) override {
    return real->past_attempts(std::move(recipients), most);
  }
  io::Async<io::Result<std::vector<std::string>>> stormed() override { return real->stormed(); }
  io::Async<io::Result<std::optional<mail::WallTime>>> next_due(
      std::vector<std::string> except, queue::LastChances last_chances) override {
    return real->next_due(std::move(except), std::move(last_chances));
  }
  io::Async<io::Result<std::optional<mail::WallTime>>> next_to_tell() override {
    return real->next_to_tell();
  }
  io::Async<io::Result<queue::Operated>> operate(queue::Operation operation) override {
    if (operating) return operate_and_fail(std::move(operation), *operating);
    return real->operate(std::move(operation));
  }
  io::Async<io::Result<queue::Rerouted>> reroute(queue::Routing routing, bool begin,
                                                 std::size_t most) override {
    return real->reroute(std::move(routing), begin, most);
  }
  io::Async<io::Result<queue::Operated>> edit_suppressions(
      std::vector<queue::SuppressionEdit> edits, std::vector<std::string> counted,
      mail::Duration expires, std::string by, mail::WallTime now) override {
    return real->edit_suppressions(std::move(edits), std::move(counted), expires, std::move(by),
                                   now);
  }
  io::Async<io::Result<std::vector<queue::Suppression>>> suppressions_of(
      std::vector<std::string> addresses) override {
    return real->suppressions_of(std::move(addresses));
  }
  io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open_body(mail::QueueId message) override {
    return real->open_body(message);
  }
  io::Async<io::Result<>> keep_lessons(std::vector<mail::Lesson> lessons) override {
    if (keeping) return refuse<void>(*keeping);
    return real->keep_lessons(std::move(lessons));
  }
  io::Async<io::Result<std::vector<mail::Lesson>>> lessons() override { return real->lessons(); }
  io::Async<io::Result<>> clock_stepped(mail::Duration step) override {
    return real->clock_stepped(step);
  }
  io::Async<io::Result<bool>> purge(mail::WallTime before, std::size_t max_messages) override {
    return real->purge(before, max_messages);
  }
  void close() override { real->close(); }

 private:
  template <class T>
  static io::Async<io::Result<T>> refuse(io::Errc why) {
    co_return io::error(why, "the test's order");
  }
  io::Async<io::Result<queue::Operated>> operate_and_fail(queue::Operation operation,
                                                          io::Errc why) {
    (void)co_await real->operate(std::move(operation));
    co_return io::error(why, "the test's order");
  }
};

/// Remembers every fact.
struct Facts final : engine::Observer {
  std::vector<engine::Accepted> accepted_;
  std::vector<engine::Refused> refused_;
  std::vector<engine::Attempted> attempted_;
  std::vector<engine::Noticed> noticed_;
  std::vector<engine::Gathered> gathered_;
  std::vector<engine::Digested> digested_;
  std::vector<engine::DoubleBounce> double_bounces;
  std::vector<engine::Parked> parked_;
  std::vector<engine::ClockStep> steps;
  std::vector<engine::StormBegan> storms;
  std::vector<engine::StormTold> storms_told;
  std::int64_t rerouted_ = 0;
  std::vector<engine::Trouble> troubles;

  void accepted(const engine::Accepted& fact) override { accepted_.push_back(fact); }
  void refused(const engine::Refused& fact) override { refused_.push_back(fact); }
  void attempted(const engine::Attempted& fact) override { attempted_.push_back(fact); }
  void noticed(const engine::Noticed& fact) override { noticed_.push_back(fact); }
  void gathered(const engine::Gathered& fact) override { gathered_.push_back(fact); }
  void digested(const engine::Digested& fact) override { digested_.push_back(fact); }
  void double_bounce(const engine::DoubleBounce& fact) override { double_bounces.push_back(fact); }
  void parked(const engine::Parked& fact) override { parked_.push_back(fact); }
  void storm_began(const engine::StormBegan& fact) override { storms.push_back(fact); }
  void storm_told(const engine::StormTold& fact) override { storms_told.push_back(fact); }
  void clock_stepped(const engine::ClockStep& fact) override { steps.push_back(fact); }
  void rerouted(const engine::Rerouted& fact) override { rerouted_ += fact.recipients; }
  void trouble(const engine::Trouble& fact) override { troubles.push_back(fact); }
};

inline engine::Plan quiet_plan() {
  engine::Plan plan = plan_of("out.example.org");
  plan.terms = terms();
  plan.max_message_size = 1'000'000;
  plan.max_recipients = 100;
  return plan;
}

/// example.net and example.org each have one server that accepts everything until told otherwise.
class EngineWorld : public ::testing::Test {
 protected:
  EngineWorld() {
    open_store();
    resolver.mx("example.net", {{10, "mx.example.net"}});
    resolver.address("mx.example.net", "192.0.2.1");
    resolver.mx("example.org", {{10, "mx.example.org"}});
    resolver.address("mx.example.org", "192.0.2.2");
    net.host("192.0.2.1").serves(far.server());
    net.host("192.0.2.2").serves(home.server());
    make_engine(quiet_plan());
  }

  void open_store() {
    queue::SqliteStoreOptions options;
    options.directory = directory.path();
    auto opened = queue::open_sqlite_store(std::move(options), context.get_executor(),
                                           context.get_executor(), dice, clock.wall());
    store.real = std::move(opened.value().store);
    recovery = opened->recovery;
  }

  /// As another daemon on the same queue; the last one has stopped, or dies here.
  void next_life(engine::Plan plan) {
    engine.reset();
    store.real.reset();
    run_ready(context);
    open_store();
    ended.reset();
    make_engine(std::move(plan));
    start();
  }

  void make_engine(engine::Plan plan) {
    const io::Executor strand = context.get_executor();
    engine::World world{strand, [strand] { return strand; }, clock, dice, resolver, net, store};
    engine = std::make_unique<engine::Engine>(std::move(world), std::move(plan), facts);
    engine->go_on_from(recovery);
  }

  /// Starts the loop; its end is in `ended`.
  void start(engine::Mode mode = engine::Mode::serve) {
    io::asio::co_spawn(context, live(this, mode), [](const std::exception_ptr& bug) {
      if (bug) std::rethrow_exception(bug);
    });
    run_ready(context);
  }
  void pass(io::Span length) { run_for(context, clock, length); }
  void stop() {
    engine->stop();
    pass(1min);
  }

  mail::QueueId send(std::vector<std::string> to, mail::Notify notify = {},
                     std::size_t octets = 0) {
    const auto sent = run(context, clock, hand_over(this, std::move(to), notify, octets));
    EXPECT_TRUE(sent.has_value());
    return sent->id;
  }
  bool try_to_send(std::vector<std::string> to) {
    return run(context, clock, hand_over(this, std::move(to), {}, 0)).has_value();
  }

  static io::Async<io::Result<queue::EnqueueResult>> hand_over(EngineWorld* self,
                                                               std::vector<std::string> to,
                                                               mail::Notify notify,
                                                               std::size_t octets) {
    mail::NewMessage message;
    message.accepted = self->engine->now();
    message.id = self->store.new_id(message.accepted);
    message.envelope.sender = address(self->sender);
    for (const std::string& one : to) {
      message.recipients.push_back({address(one), notify, std::nullopt});
    }
    auto contents = self->store.new_contents();
    std::string text = "Subject: hello\r\n\r\nbody\r\n";
    while (text.size() < octets) text += "and so on\r\n";
    const io::Result<> appended = co_await contents->append(text);
    if (!appended) co_return appended.error();
    message.envelope.size = contents->size();
    io::Result<queue::EnqueueResult> kept =
        co_await self->engine->accept(std::move(message), std::move(contents));
    co_return kept;
  }

  queue::Operated operate(queue::Verb verb, mail::QueueId message) {
    return try_to_operate(verb, message).value();
  }
  io::Result<queue::Operated> try_to_operate(queue::Verb verb, mail::QueueId message) {
    queue::Operation operation;
    operation.verb = verb;
    operation.selection.messages = {message};
    operation.by = "uid 0";
    return run(context, clock, engine->operate(std::move(operation)));
  }

  io::asio::io_context context{1};
  FakeClock clock{context};
  TempDirectory directory;
  FakeRandom dice;
  FakeResolver resolver{clock};
  FakeNet net{context, clock};
  FakeMx far{clock, &dice};                // example.net
  FakeMx home{clock, &dice};               // example.org, where the senders live
  std::string sender = "ann@example.org";  // of what send() hands over
  MoodyStore store;
  queue::Recovery recovery;  // what the last opening found
  Facts facts;
  std::unique_ptr<engine::Engine> engine;
  std::optional<io::Result<>> ended;

 private:
  static io::Async<> live(EngineWorld* self, engine::Mode mode) {
    const io::Result<> end = co_await self->engine->run(mode);
    self->ended.emplace(end);
  }
};

}  // namespace tenax::testing
