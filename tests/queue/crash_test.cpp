// SPDX-License-Identifier: Apache-2.0
// The power fails at every step of the disk: nothing that was acknowledged is lost, nobody who has
// ended lives again.

#include <map>
#include <set>

#include "queue/reader.h"
#include "tests/queue/store_world.h"
#include "tests/support/faulty_vfs.h"

namespace tenax::queue {

using testing::FaultyVfs;
using ::testing::IsEmpty;

namespace {

// What was acknowledged, and after how many steps of the disk.
struct Acknowledged {
  std::map<std::string, std::pair<std::size_t, std::string>> messages;  // id -> steps, contents
  std::map<std::int64_t, std::size_t> ended;                            // recipient -> steps
};

std::string story(const std::vector<Violation>& violations) {
  std::string all;
  for (const Violation& violation : violations) {
    all += violation.promise + " - " + violation.where + "\n";
  }
  return all;
}

/// A day of mail on a recording disk: small and large, alone and in groups, delivered, deferred,
/// removed, with a notice.
struct Day {
  FaultyVfs disk;
  StoreWorld world;
  Acknowledged acknowledged;

  Day() { world.options.vfs = disk.name(); }
  ~Day() { world.store.reset(); }

  void accept(const Mail& mail) {
    const io::Result<EnqueueResult> entered = world.try_enqueue(mail);
    ASSERT_TRUE(entered) << io::to_string(entered.error());
    acknowledged.messages[entered->id.text()] = {disk.steps(), mail.bytes};
  }

  void settle(const mail::DeliveryRequest& request, std::vector<RecipientOutcome> outcomes) {
    const std::vector<RecipientOutcome> copy = outcomes;
    ASSERT_TRUE(world.settle(request, std::move(outcomes)));
    for (const RecipientOutcome& outcome : copy) {
      if (mail::is_final(outcome.state)) {
        acknowledged.ended[outcome.recipient.value] = disk.steps();
      }
    }
  }

  void accept_group(int count) {
    std::vector<io::Async<io::Result<EnqueueResult>>> calls;
    for (int i = 0; i < count; ++i) calls.push_back(world.enqueueing({.bytes = large(500)}));
    for (auto& call : calls) {
      boost::asio::co_spawn(
          world.context, std::move(call),
          [this](const std::exception_ptr&, const io::Result<EnqueueResult>& entered) {
            acknowledged.messages[entered.value().id.text()] = {disk.steps(), large(500)};
          });
    }
    testing::run_ready(world.context);
  }

  void pass() {
    ASSERT_TRUE(world.open());
    accept({});
    accept({.to = {"a@one.example", "b@two.example"}, .bytes = large(30'000)});
    accept_group(5);
    auto requests = world.claim(kNoon, 4);
    ASSERT_GE(requests.size(), 3U);
    settle(requests[0], {delivered(requests[0].recipients[0].id)});
    settle(requests[1], {deferred(requests[1].recipients[0].id, kNoon + 1h)});
    settle(requests[2], {failed(requests[2].recipients[0].id)});
    accept({.bytes = large(200'000)});
    Selection one;
    one.recipient = "a@one.example";
    world.operate(Verb::remove, one);
    requests = world.claim(kNoon + 2h);
    for (const auto& request : requests) {
      for (const auto& recipient : request.recipients) settle(request, {delivered(recipient.id)});
    }
    accept({});
    world.die_and_reopen();
    accept({.bytes = large(10'000)});
  }

  void examine(std::size_t steps, FaultyVfs::Loss loss, std::uint64_t seed) {
    SCOPED_TRACE("power cut after step " + std::to_string(steps) + ", seed " +
                 std::to_string(seed));
    const testing::TempDirectory after;
    disk.power_cut(steps, loss, seed, world.options.directory, after / "state");
    FaultyVfs fast;
    StoreWorld morning;
    morning.options = {after / "state", fast.name(), 4096};
    const io::Result<> opened = morning.open(kNoon + 3h);
    ASSERT_TRUE(opened) << io::to_string(opened.error());
    EXPECT_EQ(morning.recovery.missing, 0);

    auto reader = Reader::open(after / "state").value();
    EXPECT_EQ(story(reader->check(kNoon + 3h).value()), "");
    for (const auto& [id, when] : acknowledged.messages) {
      if (when.first > steps) continue;
      const auto shown = reader->show(mail::QueueId::parse(id).value());
      ASSERT_TRUE(shown) << id << " was acknowledged and is lost";
      if (shown->contents_kept) {
        EXPECT_EQ(morning.body(shown->id).value(), when.second);
      }
      for (const RecipientRow& row : shown->recipients) {
        const auto ended = acknowledged.ended.find(row.id.value);
        if (ended == acknowledged.ended.end() || ended->second > steps) continue;
        EXPECT_TRUE(mail::is_final(row.state)) << row.id.value << " lives again";
      }
    }
    reader.reset();
    morning.store.reset();
  }
};

}  // namespace

TEST(PowerCut, LosesNothingAcknowledgedAtAnySync) {
  Day day;
  day.pass();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  std::size_t syncs = 0;
  for (std::size_t step = 0; step < day.disk.steps(); ++step) {
    if (!day.disk.is_sync(step)) continue;
    ++syncs;
    day.examine(step, FaultyVfs::Loss::all, 0);          // just before it
    day.examine(step, FaultyVfs::Loss::some, step);      // in the middle of it
    day.examine(step + 1, FaultyVfs::Loss::all, 0);      // just after it
    day.examine(step + 1, FaultyVfs::Loss::nothing, 0);  // only the process died
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(syncs, 20U);
}

TEST(PowerCut, LosesNothingAcknowledgedWhateverWasTorn) {
  Day day;
  day.pass();
  ASSERT_FALSE(::testing::Test::HasFatalFailure());
  testing::FakeRandom dice{11};
  for (int i = 0; i < 150 && !::testing::Test::HasFailure(); ++i) {
    day.examine(dice.bits() % (day.disk.steps() + 1), FaultyVfs::Loss::some, dice.bits());
  }
}

// The oracle itself must be able to fail: a disk that lies about its last sync loses the last mail.
TEST(PowerCut, TheTestNoticesADiskThatLies) {
  Day day;
  day.pass();
  const testing::TempDirectory after;
  std::size_t last_sync = day.disk.steps() - 1;
  while (!day.disk.is_sync(last_sync)) --last_sync;
  day.disk.power_cut(last_sync, FaultyVfs::Loss::all, 0, day.world.options.directory,
                     after / "state");
  StoreWorld morning;
  morning.options.directory = after / "state";
  ASSERT_TRUE(morning.open());
  auto reader = Reader::open(after / "state").value();
  std::size_t lost = 0;
  for (const auto& [id, when] : day.acknowledged.messages) {
    if (!reader->show(mail::QueueId::parse(id).value())) ++lost;
  }
  EXPECT_EQ(lost, 1U);
}

}  // namespace tenax::queue
