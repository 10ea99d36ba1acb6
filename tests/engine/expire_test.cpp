// SPDX-License-Identifier: Apache-2.0
#include "engine/expire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <utility>

#include "engine/observer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/run.h"

namespace tenax::engine {
namespace {

using ::testing::ElementsAre;
using testing::FakeClock;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NoWires final : public io::Connector {
 public:
  io::Async<io::Result<std::unique_ptr<io::Stream>>> connect(io::Endpoint, io::Instant) override {
    co_return io::error(io::Errc::local_network, "connect");
  }
};

constexpr io::Span kCommit = std::chrono::milliseconds{3};

/// A store of which only leases and settlements matter.
class LeaseBook final : public queue::Store {
 public:
  mail::QueueId new_id(mail::WallTime) override { return mail::QueueId{++ids_}; }
  std::unique_ptr<queue::IncomingContents> new_contents() override { return nullptr; }
  io::Async<io::Result<queue::EnqueueResult>> enqueue(
      mail::NewMessage, std::vector<mail::Destination>, std::optional<mail::WallTime>,
      std::unique_ptr<queue::IncomingContents>) override {
    co_return io::error(io::Errc::cancelled, "enqueue");
  }
  io::Async<io::Result<std::vector<mail::DeliveryRequest>>> claim(queue::ClaimOrder) override {
    co_return std::vector<mail::DeliveryRequest>{};
  }
  io::Async<io::Result<queue::Selected>> claim_selected(queue::Selection, queue::Rest rest,
                                                        mail::WallTime, mail::Duration) override {
    asked_from.push_back(rest.done);
    // What is leased is not selected again; of a great many, only some are leased at once.
    io::Result<std::vector<mail::DeliveryRequest>> leased = std::move(selected);
    selected = std::exchange(beyond, {});
    if (!leased) co_return leased.error();
    if (rest.all == nullptr) rest.all = std::make_shared<std::vector<queue::Meant>>(2);
    rest.done = leased->empty() ? 2 : rest.done + 1;
    co_return queue::Selected{std::move(*leased), std::move(rest)};
  }
  io::Async<io::Result<>> put_back(std::vector<mail::RecipientId> recipients,
                                   mail::WallTime) override {
    returned = std::move(recipients);
    co_return io::Result<>{};
  }
  io::Async<io::Result<>> write_out() override { co_return io::Result<>{}; }
  io::Async<io::Result<std::optional<queue::DigestDue>>> digest_due(mail::WallTime) override {
    co_return std::nullopt;
  }
  io::Async<io::Result<>> tell_owed(queue::ToldOwed) override { co_return io::Result<>{}; }
  io::Async<io::Result<std::optional<queue::StormDue>>> storm_due(mail::WallTime) override {
    co_return std::nullopt;
  }
  io::Async<io::Result<>> tell_storm(queue::ToldStorm) override { co_return io::Result<>{}; }
  io::Async<io::Result<queue::Settled>> settle(queue::Settlement settlement) override {
    const std::size_t nth = asked_to_settle++;
    most_at_once = std::max(most_at_once, ++settling_now_);
    if (clock != nullptr) {
      (void)co_await clock->sleep_until(clock->now() + kCommit);
    }
    --settling_now_;
    if (nth >= settles_before_failure && nth < settles_before_failure + failures) {
      co_return io::error(settling, "settle");
    }
    settlements.push_back(std::move(settlement));
    co_return queue::Settled{};
  }
  io::Async<io::Result<std::vector<queue::NoticeDue>>> notices_due(mail::WallTime,
                                                                   std::size_t) override {
    co_return std::vector<queue::NoticeDue>{};
  }
  io::Async<io::Result<std::vector<queue::PastAttempt>>> past_attempts(
      std::vector<mail::RecipientId> recipients, std::size_t most) override {
    std::vector<queue::PastAttempt> found;
    for (const queue::PastAttempt& attempt : past) {
      if (std::ranges::find(recipients, attempt.recipient) != recipients.end() && most > 0) {
        found.push_back(attempt);
      }
    }
    co_return found;
  }
  io::Async<io::Result<std::vector<std::string>>> stormed() override {
    co_return std::vector<std::string>{};
  }
  io::Async<io::Result<std::optional<mail::WallTime>>> next_due(std::vector<std::string>,
                                                                queue::LastChances) override {
    co_return std::optional<mail::WallTime>{};
  }
  io::Async<io::Result<std::optional<mail::WallTime>>> next_to_tell() override {
    co_return std::optional<mail::WallTime>{};
  }
  io::Async<io::Result<queue::Operated>> operate(queue::Operation) override {
    co_return queue::Operated{};
  }
  io::Async<io::Result<queue::Rerouted>> reroute(queue::Routing, bool, std::size_t) override {
    co_return queue::Rerouted{};
  }
  io::Async<io::Result<queue::Operated>> edit_suppressions(std::vector<queue::SuppressionEdit>,
                                                           std::vector<std::string>, mail::Duration,
                                                           std::string, mail::WallTime) override {
    co_return queue::Operated{};
  }
  io::Async<io::Result<std::vector<queue::Suppression>>> suppressions_of(
      std::vector<std::string>) override {
    co_return std::vector<queue::Suppression>{};
  }
  io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open_body(mail::QueueId) override {
    co_return io::error(io::Errc::not_found, "contents");
  }
  io::Async<io::Result<>> keep_lessons(std::vector<mail::Lesson>) override {
    co_return io::Result<>{};
  }
  io::Async<io::Result<std::vector<mail::Lesson>>> lessons() override {
    co_return std::vector<mail::Lesson>{};
  }
  io::Async<io::Result<>> clock_stepped(mail::Duration) override { co_return io::Result<>{}; }
  io::Async<io::Result<bool>> purge(mail::WallTime, std::size_t) override { co_return false; }
  void close() override {}

  io::Result<std::vector<mail::DeliveryRequest>> selected = std::vector<mail::DeliveryRequest>{};
  std::vector<mail::DeliveryRequest> beyond;
  std::vector<queue::PastAttempt> past;
  std::size_t settles_before_failure = 1000;
  std::size_t failures = 1000;                  // from there on
  io::Errc settling = io::Errc::closed_intake;  // the failure
  std::vector<queue::Settlement> settlements;
  std::vector<mail::RecipientId> returned;
  std::vector<std::size_t> asked_from;
  io::Clock* clock = nullptr;  // by which a commit takes its time; null: none
  std::size_t asked_to_settle = 0;
  std::size_t most_at_once = 0;  // settlements

 private:
  std::size_t settling_now_ = 0;
  std::int64_t ids_ = 1000;
};

mail::DeliveryRequest request(std::int64_t message, std::int64_t recipient, const char* to) {
  const mail::Address address = mail::Address::parse(to).value();
  mail::DeliveryRequest request{.message = mail::QueueId{message},
                                .envelope = {},
                                .origin = mail::Origin::submitted,
                                .accepted = FakeClock::default_start(),
                                .destination = mail::Destination::of(address.domain()),
                                .recipients = {}};
  request.envelope.sender = mail::Address::parse("ann@example.org").value();
  mail::DueRecipient due{mail::RecipientId{recipient}, address, {}, {}, 0, {}, false, {}};
  request.recipients.push_back(std::move(due));
  return request;
}

std::vector<mail::DeliveryRequest> a_crowd_of(std::int64_t messages) {
  std::vector<mail::DeliveryRequest> crowd;
  for (std::int64_t i = 1; i <= messages; ++i) crowd.push_back(request(i, i, "bob@example.net"));
  return crowd;
}

class Expire : public ::testing::Test {
 protected:
  io::Result<queue::Operated> expire() {
    const Told told = [this](const Committed& notices, mail::QueueId message,
                             const std::vector<Untold>& untold) {
      messages_.push_back(message);
      notices_ += notices.noticed.size();
      untold_ += untold.size();
    };
    const Lease lease = [this](queue::Selection what, queue::Rest rest) {
      return store_.claim_selected(std::move(what), std::move(rest), clock_.wall(),
                                   std::chrono::minutes{5});
    };
    return testing::run(
        context_, clock_,
        expire_selected(store_, settler_, plan_, lease, {}, "uid 0", clock_.wall(), told));
  }

  io::asio::io_context context_;
  FakeClock clock_{context_};
  testing::FakeRandom random_;
  testing::FakeResolver resolver_{clock_};
  NoWires wires_;
  LeaseBook store_;
  Observer silent_;
  Plan plan_ = plan_of(parse_config("hostname = \"out.example.org\"\n", "test").config).plan;
  Settler settler_{World{.home = context_.get_executor(),
                         .new_strand = [this] { return io::Executor{context_.get_executor()}; },
                         .clock = clock_,
                         .random = random_,
                         .resolver = resolver_,
                         .connector = wires_,
                         .store = store_},
                   silent_};
  std::vector<mail::QueueId> messages_;
  std::size_t notices_ = 0;
  std::size_t untold_ = 0;
};

TEST_F(Expire, OneMessageHasOneSettlementAndOneNoticeHoweverManyWaysItWouldGo) {
  store_.selected = std::vector{request(1, 11, "bob@example.net"), request(2, 21, "d@example.net"),
                                request(1, 12, "carl@example.com")};

  const io::Result<queue::Operated> ended = expire();

  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->changed, 3);
  ASSERT_THAT(store_.settlements, SizeIs(2));
  EXPECT_THAT(store_.settlements[0].attempts.at(0).outcomes, SizeIs(2));
  EXPECT_THAT(store_.settlements[0].notices, SizeIs(1));
  EXPECT_THAT(store_.settlements[1].attempts.at(0).outcomes, SizeIs(1));
  for (const queue::Settlement& settlement : store_.settlements) {
    for (const queue::RecipientOutcome& outcome : settlement.attempts.at(0).outcomes) {
      EXPECT_EQ(outcome.state, mail::RecipientState::failed);
      EXPECT_FALSE(outcome.counted);
      EXPECT_NE(outcome.verdict.text.find("uid 0"), std::string::npos);
    }
  }
  EXPECT_THAT(messages_, ElementsAre(mail::QueueId{1}, mail::QueueId{2}));
  EXPECT_EQ(notices_, 2U);
  EXPECT_THAT(store_.returned, IsEmpty());
}

TEST_F(Expire, MoreThanIsLeasedAtOnceIsEndedAllTheSame) {
  store_.selected = std::vector{request(1, 11, "bob@example.net")};
  store_.beyond = std::vector{request(2, 21, "d@example.net"), request(3, 31, "e@example.net")};

  const io::Result<queue::Operated> ended = expire();

  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->changed, 3);
  EXPECT_THAT(store_.settlements, SizeIs(3));
  EXPECT_THAT(store_.asked_from, ElementsAre(0, 1, 2)) << "each round goes on from the last one";
}

TEST_F(Expire, WhatCouldNotBeSettledIsNotLeftLeased) {
  store_.selected = std::vector{request(1, 11, "bob@example.net"), request(2, 21, "d@example.net"),
                                request(3, 31, "e@example.net")};
  store_.settles_before_failure = 1;

  const io::Result<queue::Operated> ended = expire();

  ASSERT_FALSE(ended);
  EXPECT_TRUE(ended.error().is(io::Errc::closed_intake));
  EXPECT_THAT(ended.error().context, ::testing::StartsWith("1 recipient was given up, "));
  EXPECT_THAT(store_.settlements, SizeIs(1));
  EXPECT_THAT(store_.returned, ElementsAre(mail::RecipientId{21}, mail::RecipientId{31}));
}

TEST_F(Expire, ManyMessagesWaitForTheDiskTogether) {
  store_.clock = &clock_;
  store_.selected = a_crowd_of(300);

  const io::Result<queue::Operated> ended = expire();

  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->changed, 300);
  EXPECT_EQ(clock_.elapsed(), 3 * kCommit);
  EXPECT_EQ(store_.most_at_once, 100U) << "but no more than memory is to hold";
}

TEST_F(Expire, AfterAFailureNothingMoreBeginsAndWhatIsUnderWayStands) {
  store_.clock = &clock_;
  store_.selected = a_crowd_of(150);
  store_.settles_before_failure = 99;
  store_.failures = 1;

  const io::Result<queue::Operated> ended = expire();

  ASSERT_FALSE(ended);
  // As soon as each of the first 99 was committed, one of the others had begun.
  EXPECT_EQ(store_.asked_to_settle, 150U);
  EXPECT_THAT(ended.error().context, ::testing::StartsWith("149 recipients were given up, "));
  EXPECT_THAT(store_.returned, ElementsAre(mail::RecipientId{100}));
}

TEST_F(Expire, WhatWasNotBegunBeforeAFailureIsAsItWas) {
  store_.clock = &clock_;
  store_.selected = a_crowd_of(150);
  store_.settles_before_failure = 1;
  store_.failures = 1;

  const io::Result<queue::Operated> ended = expire();

  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().context, ::testing::StartsWith("100 recipients were given up, "));
  EXPECT_EQ(store_.asked_to_settle, 101U);
  EXPECT_THAT(store_.settlements, SizeIs(100));
  ASSERT_THAT(store_.returned, SizeIs(50));
  EXPECT_EQ(store_.returned.front(), mail::RecipientId{2});
  EXPECT_EQ(store_.returned.back(), mail::RecipientId{150});
}

TEST_F(Expire, NobodyIsToldOfANotice) {
  mail::DeliveryRequest notice = request(1, 11, "ann@example.org");
  notice.envelope.sender.reset();
  notice.origin = mail::Origin::notice;
  store_.selected = std::vector{notice};

  ASSERT_TRUE(expire());
  EXPECT_THAT(store_.settlements[0].notices, IsEmpty());
  EXPECT_EQ(untold_, 1U);
}

TEST_F(Expire, NothingSelectedSettlesNothing) {
  const io::Result<queue::Operated> ended = expire();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->changed, 0);
  EXPECT_THAT(store_.settlements, IsEmpty());
}

TEST_F(Expire, AStoreThatLeasesNothingIsTheAnswer) {
  store_.selected = io::error(io::Errc::disk_full, "claim");
  const io::Result<queue::Operated> ended = expire();
  ASSERT_FALSE(ended);
  EXPECT_TRUE(ended.error().is(io::Errc::disk_full));
}

TEST_F(Expire, AFullDiskIsCalledAFullDiskWhereNobodyWaitsForRoom) {
  store_.selected = std::vector{request(1, 11, "bob@example.net")};
  store_.settles_before_failure = 0;
  store_.settling = io::Errc::disk_full;
  settler_.give_up();

  const io::Result<queue::Operated> ended = expire();

  ASSERT_FALSE(ended);
  EXPECT_TRUE(ended.error().is(io::Errc::disk_full));
}

}  // namespace
}  // namespace tenax::engine
