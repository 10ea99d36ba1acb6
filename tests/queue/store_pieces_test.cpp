// SPDX-License-Identifier: Apache-2.0
// Verbs that mean very many recipients: they are done in pieces, and others commit between them.

#include "queue/reader.h"
#include "tests/queue/store_world.h"
#include "tests/support/faulty_vfs.h"

namespace tenax::queue {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Act = testing::FaultyVfs::Act;
using Fault = testing::FaultyVfs::Fault;

namespace {

constexpr std::int64_t kAtATime = 5000;

/// A message of many recipients, each at one of so many domains.
Mail crowd(const std::string& name, std::int64_t recipients, std::int64_t domains = 1) {
  Mail mail;
  mail.to.clear();
  for (std::int64_t i = 0; i < recipients; ++i) {
    mail.to.push_back("r" + std::to_string(i) + "@" + name + std::to_string(i % domains) +
                      ".example");
  }
  return mail;
}

class StorePieces : public ::testing::Test {
 protected:
  StorePieces() {
    world.options.vfs = disk.name();
    EXPECT_TRUE(world.open());
  }
  ~StorePieces() override { world.store.reset(); }

  static Operation hold_all() {
    Operation operation;
    operation.verb = Verb::hold;
    operation.now = kNoon;
    operation.by = "uid 0";
    return operation;
  }

  /// A hold and, in the same moment but behind it, a message that enters; in the order in which
  /// their callers hear of the end.
  std::vector<std::string> hold_beside_another(Operation operation) {
    std::vector<std::string> ends;
    auto entering = world.enqueueing({.to = {"late@example.net"}});
    boost::asio::co_spawn(world.context, world.store->operate(std::move(operation)),
                          [&](const std::exception_ptr&, const io::Result<Operated>& operated) {
                            ends.emplace_back("held");
                            held = operated.value();
                          });
    boost::asio::co_spawn(world.context, std::move(entering),
                          [&](const std::exception_ptr&, const io::Result<EnqueueResult>& entered) {
                            EXPECT_TRUE(entered);
                            ends.emplace_back("entered");
                          });
    testing::run_ready(world.context);
    return ends;
  }

  std::int64_t held_of(mail::QueueId message) {
    Selection selection;
    selection.messages = {message};
    selection.states = {mail::RecipientState::held};
    auto reader = Reader::open(world.options.directory).value();
    return std::ssize(reader->list(selection, 1'000'000).value());
  }

  testing::FaultyVfs disk;
  StoreWorld world;
  Operated held;
};

}  // namespace

TEST_F(StorePieces, OthersCommitBetweenTwoPiecesAndAreNotMeant) {
  world.enqueue(crowd("a", kAtATime));
  world.enqueue(crowd("b", kAtATime));

  const std::vector<std::string> ends = hold_beside_another(hold_all());

  EXPECT_THAT(ends, ElementsAre("entered", "held"));
  EXPECT_EQ(held.changed, 2 * kAtATime);
  EXPECT_THAT(world.claim(kNoon + 1h), SizeIs(1)) << "what entered meanwhile";
}

TEST_F(StorePieces, MessagesThatAreNamedAreOneCommit) {
  Operation both = hold_all();
  both.selection.messages = {world.enqueue(crowd("a", kAtATime)),
                             world.enqueue(crowd("b", kAtATime))};

  EXPECT_THAT(hold_beside_another(both), ElementsAre("held", "entered"));
  EXPECT_EQ(held.changed, 2 * kAtATime);
}

TEST_F(StorePieces, WhatWasDoneBeforeAFailureStaysDoneAndIsSaid) {
  const mail::QueueId one = world.enqueue(crowd("a", kAtATime + 100));
  const mail::QueueId two = world.enqueue(crowd("b", kAtATime));
  disk.heal();
  ASSERT_EQ(world.operate(Verb::hold).changed, 2 * kAtATime + 100);
  const int writes = disk.seen(Act::write);
  int midway = 0;

  for (int tenth = 1; tenth < 10; ++tenth) {
    ASSERT_EQ(world.operate(Verb::release).changed, 2 * kAtATime + 100);
    disk.fail(Act::write, writes * tenth / 10, Fault::no_room);
    const io::Result<Operated> failed = world.run(world.store->operate(hold_all()));
    disk.heal();

    // Of a message all are held, or none.
    const std::int64_t first = held_of(one);
    EXPECT_THAT(first, AnyOf(0, kAtATime + 100));
    EXPECT_THAT(held_of(two), AnyOf(0, kAtATime));
    if (!failed && first > 0) {
      ++midway;
      EXPECT_TRUE(failed.error().is(io::Errc::disk_full));
      EXPECT_THAT(failed.error().context,
                  StartsWith("5100 recipients were held, the others are as they were: "));
      EXPECT_EQ(held_of(two), 0);
    }
    // Once more does the rest.
    world.operate(Verb::hold);
    EXPECT_EQ(held_of(one) + held_of(two), 2 * kAtATime + 100);
  }
  EXPECT_GT(midway, 0);
}

TEST_F(StorePieces, WhatIsRemovedInPiecesIsGoneWithItsContents) {
  const mail::QueueId one = world.enqueue(crowd("a", kAtATime));
  const mail::QueueId two = world.enqueue(crowd("b", 1));

  EXPECT_EQ(world.operate(Verb::remove).changed, kAtATime + 1);

  EXPECT_TRUE(world.body(one).error().is(io::Errc::not_found));
  EXPECT_TRUE(world.body(two).error().is(io::Errc::not_found));
  EXPECT_THAT(world.claim(kNoon + 1h), IsEmpty());
}

TEST_F(StorePieces, ARetryTellsTheDestinationsOfAllPieces) {
  world.enqueue(crowd("a", kAtATime));
  world.enqueue(crowd("b", 1));
  EXPECT_THAT(world.operate(Verb::retry).destinations,
              UnorderedElementsAre("a0.example", "b0.example"));

  world.enqueue(crowd("c", kAtATime, 1001));
  world.enqueue(crowd("d", kAtATime));
  EXPECT_THAT(world.operate(Verb::retry).destinations, IsEmpty()) << "too many to tell";
}

}  // namespace tenax::queue
