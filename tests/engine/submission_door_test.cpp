// SPDX-License-Identifier: Apache-2.0
// Submissions over a real Unix socket and out of a real drop folder, on virtual time.

#include "engine/submission_door.h"

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>

#include "engine/drop_door.h"
#include "engine/submission_frames.h"
#include "queue/drop_folder.h"
#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
namespace asio = io::asio;
using Socket = asio::local::stream_protocol::socket;

const std::string kContents = "Subject: hello\r\n\r\nbody\r\n";

SubmissionEnvelope envelope_to(std::vector<std::string> to, char id = 'a') {
  SubmissionEnvelope envelope;
  envelope.id.text = std::string(32, id);
  envelope.envelope.sender = address("ann@example.org");
  envelope.subject = "hello";
  envelope.written = noon();
  for (const std::string& one : to) {
    envelope.recipients.push_back({address(one), {}, std::nullopt});
  }
  return envelope;
}

std::string beginning(const SubmissionEnvelope& envelope) {
  return frame(FrameType::hello, "tenax-submission 1") +
         frame(FrameType::envelope, encode_envelope(envelope));
}

std::string submission(const SubmissionEnvelope& envelope, const std::string& contents) {
  return beginning(envelope) + frame(FrameType::data, contents) +
         frame(FrameType::end, std::to_string(contents.size()));
}

class Doors : public EngineWorld {
 protected:
  Doors() { open(SubmissionDoorOptions{}); }
  ~Doors() override {
    door->stop();
    run_ready(context);
  }

  void open(SubmissionDoorOptions options) {
    if (door) door->stop();
    run_ready(context);
    options.path = path;
    door = SubmissionDoor::open(context.get_executor(), clock, *engine, store, std::move(options))
               .value();
  }

  Socket connect() {
    Socket socket{context};
    socket.connect(asio::local::stream_protocol::endpoint{path});
    run_ready(context);
    return socket;
  }

  void say(Socket& socket, const std::string& bytes) { asio::write(socket, asio::buffer(bytes)); }

  /// What is answered without time passing; nullopt when nothing is.
  std::optional<SubmissionAnswer> answer(Socket& socket) {
    run_ready(context);
    socket.non_blocking(true);
    std::array<char, 4096> room{};
    boost::system::error_code failure;
    const std::size_t octets = socket.read_some(asio::buffer(room), failure);
    closed = failure == asio::error::eof;
    if (failure) return std::nullopt;
    FrameReader frames;
    frames.feed({room.data(), octets});
    auto one = frames.next();
    if (!one || !*one) return std::nullopt;
    return decode_answer(**one).value();
  }

  std::string path = directory.path() + "/submit.sock";
  std::unique_ptr<SubmissionDoor> door;
  bool closed = false;
};

TEST_F(Doors, AMessageIsKeptAndThenAnswered) {
  Socket socket = connect();
  say(socket, submission(envelope_to({"bob@example.net"}), kContents));

  const auto told = answer(socket);

  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->exit_code, EX_OK);
  ASSERT_THAT(facts.accepted_, SizeIs(1));
  EXPECT_EQ(told->queue_id, facts.accepted_[0].message.text());
  EXPECT_EQ(facts.accepted_[0].submitter.uid, ::getuid());
  EXPECT_EQ(facts.accepted_[0].submitter.pid, ::getpid());
  EXPECT_EQ(facts.accepted_[0].submitter.door, "socket");
}

TEST_F(Doors, EverybodyMayKnock) {
  struct stat found {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0666U);
}

TEST_F(Doors, WhatIsDeliveredCarriesATraceField) {
  Socket socket = connect();
  say(socket, submission(envelope_to({"bob@example.net"}), kContents));
  const auto told = answer(socket);
  start();
  pass(1s);

  ASSERT_THAT(far.taken(), SizeIs(1));
  EXPECT_THAT(far.taken()[0].contents, StartsWith("Received: by out.example.org (Tenax"));
  EXPECT_THAT(far.taken()[0].contents, HasSubstr(told->queue_id));
  EXPECT_THAT(far.taken()[0].contents, HasSubstr(kContents));
  stop();
}

TEST_F(Doors, AMessageIsAcceptedWhenItsLastOctetIsThere) {
  far.manners.greylisting = 1min;
  start();
  Socket socket = connect();
  const std::string all = submission(envelope_to({"bob@example.net"}), kContents);
  say(socket, all.substr(0, all.size() - 5));
  run_ready(context);
  clock.step_wall(24h * 30);  // its lifetime would be over
  operate(queue::Verb::retry, {});
  pass(1s);
  ASSERT_EQ(engine->now(), clock.wall());

  say(socket, all.substr(all.size() - 5));
  ASSERT_TRUE(answer(socket).has_value());
  pass(1h);

  EXPECT_EQ(far.copies("bob@example.net"), 1);
  stop();
}

TEST_F(Doors, BytesMayComeOneByOne) {
  Socket socket = connect();
  for (const char c : submission(envelope_to({"bob@example.net"}), kContents)) {
    say(socket, std::string(1, c));
    run_ready(context);
  }

  EXPECT_EQ(answer(socket)->exit_code, EX_OK);
}

TEST_F(Doors, TheSameSubmissionTwiceIsOneMessage) {
  Socket one = connect();
  say(one, submission(envelope_to({"bob@example.net"}), kContents));
  const auto first = answer(one);
  Socket two = connect();
  say(two, submission(envelope_to({"bob@example.net"}), kContents));
  const auto second = answer(two);

  EXPECT_EQ(second->exit_code, EX_OK);
  EXPECT_EQ(first->queue_id, second->queue_id);
  EXPECT_TRUE(facts.accepted_.at(1).repeated);
}

TEST_F(Doors, WhoGoesAwayInTheMiddleLeavesNothing) {
  {
    Socket socket = connect();
    say(socket, beginning(envelope_to({"bob@example.net"})) + frame(FrameType::data, kContents));
    run_ready(context);
  }
  run_ready(context);

  EXPECT_THAT(facts.accepted_, IsEmpty());
  EXPECT_EQ(door->sessions(), 0U);
}

TEST_F(Doors, EnvelopesThatDoNotEndHaveABoundTogetherAndSmallOnesPassBesideThem) {
  SubmissionDoorOptions options;
  options.memory = 512 * 1024;
  open(options);
  Socket one = connect();
  Socket two = connect();
  for (Socket* socket : {&one, &two}) {
    say(*socket, frame(FrameType::hello, kHello) + frame_head(FrameType::envelope, 1024 * 1024));
    for (int piece = 0; piece < 5; ++piece) {
      say(*socket, std::string(64 * 1024, ' '));
      run_ready(context);
    }
  }

  const auto told = answer(two);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->exit_code, EX_TEMPFAIL);
  EXPECT_THAT(told->text, StartsWith(kNotNow));  // the drop folder's turn
  EXPECT_FALSE(answer(one).has_value());

  Socket three = connect();
  say(three, submission(envelope_to({"bob@example.net"}), kContents));
  EXPECT_EQ(answer(three)->exit_code, EX_OK);
}

TEST_F(Doors, GarbageIsRefusedAndHungUpOn) {
  Socket socket = connect();
  say(socket, "GET / HTTP/1.1\r\n\r\n");

  const auto told = answer(socket);
  ASSERT_TRUE(told.has_value());
  EXPECT_NE(told->exit_code, EX_OK);
  EXPECT_THAT(facts.refused_, SizeIs(1));
  pass(6s);
  EXPECT_EQ(door->sessions(), 0U);
}

TEST_F(Doors, ContentsThatAreNotCanonicalAreRefused) {
  Socket socket = connect();
  say(socket, submission(envelope_to({"bob@example.net"}), "Subject: x\n\nbare line feeds\n"));

  EXPECT_EQ(answer(socket)->exit_code, EX_DATAERR);
  EXPECT_THAT(facts.accepted_, IsEmpty());
}

TEST_F(Doors, MoreRecipientsThanAllowedAreRefused) {
  std::vector<std::string> many;
  for (int i = 0; i < 101; ++i) many.push_back("r" + std::to_string(i) + "@example.net");
  Socket socket = connect();
  say(socket, submission(envelope_to(many), kContents));

  const auto told = answer(socket);
  EXPECT_EQ(told->exit_code, EX_DATAERR);
  EXPECT_THAT(told->text, HasSubstr("100 recipients"));
}

TEST_F(Doors, AFullDiskMeansTryAgain) {
  store.enqueuing = io::Errc::disk_full;
  Socket socket = connect();
  say(socket, submission(envelope_to({"bob@example.net"}), kContents));

  const auto told = answer(socket);
  EXPECT_EQ(told->exit_code, EX_TEMPFAIL);
  EXPECT_THAT(told->text, StartsWith("4.3.1"));
}

TEST_F(Doors, AClosedIntakeMeansTryAgain) {
  store.enqueuing = io::Errc::closed_intake;
  Socket socket = connect();
  say(socket, submission(envelope_to({"bob@example.net"}), kContents));

  EXPECT_EQ(answer(socket)->exit_code, EX_TEMPFAIL);
}

TEST_F(Doors, WhoComesWhenAllPlacesAreTakenIsToldToTryLater) {
  SubmissionDoorOptions narrow;
  narrow.sessions = 2;
  open(narrow);
  const Socket one = connect();
  const Socket two = connect();
  Socket three = connect();

  const auto told = answer(three);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->exit_code, EX_TEMPFAIL);
  EXPECT_EQ(door->sessions(), 2U);
}

TEST_F(Doors, WhoSaysNothingIsHungUpOn) {
  Socket socket = connect();
  say(socket, frame(FrameType::hello, "tenax-submission 1"));
  pass(61s);

  EXPECT_EQ(answer(socket), std::nullopt);
  EXPECT_TRUE(closed);
  EXPECT_EQ(door->sessions(), 0U);
}

TEST_F(Doors, NobodyDripsOneMessageForEver) {
  Socket socket = connect();
  const std::string all = submission(envelope_to({"bob@example.net"}), kContents);
  for (int minute = 0; minute < 61; ++minute) {
    boost::system::error_code ignored;
    asio::write(socket, asio::buffer(all.substr(static_cast<std::size_t>(minute), 1)), ignored);
    pass(59s);
    pass(1s);
  }

  EXPECT_EQ(door->sessions(), 0U);
}

TEST_F(Doors, AStoppedDoorIsGoneFromTheFileSystem) {
  const Socket waiting = connect();
  door->stop();
  run_ready(context);

  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  EXPECT_EQ(door->sessions(), 0U);
}

TEST_F(Doors, ADeadDaemonsSocketIsReplacedAndALivingOnesIsNot) {
  SubmissionDoorOptions options;
  options.path = path;
  const auto second = SubmissionDoor::open(context.get_executor(), clock, *engine, store, options);
  ASSERT_FALSE(second.has_value());
  EXPECT_TRUE(second.error().is(io::Errc::busy));

  const std::string dead = directory.path() + "/dead.sock";
  {
    asio::local::stream_protocol::acceptor gone{context,
                                                asio::local::stream_protocol::endpoint{dead}};
  }
  options.path = dead;
  EXPECT_TRUE(
      SubmissionDoor::open(context.get_executor(), clock, *engine, store, options).has_value());
}

class DropDoors : public EngineWorld {
 protected:
  DropDoors() : door{DropDoor::open(context.get_executor(), clock, *engine, store, path).value()} {}
  ~DropDoors() override {
    door->stop();
    run_ready(context);
  }

  void drop(char id, const std::string& bytes) {
    queue::DropFolder folder{path};
    auto writer = folder.create({std::string(32, id)});
    ASSERT_TRUE(writer.has_value());
    ASSERT_TRUE(writer->append(bytes).has_value());
    ASSERT_TRUE(writer->commit().has_value());
  }
  /// The kernel dates files by its own clock.
  void wait_since_now(mail::Duration length) {
    const auto real = std::chrono::floor<mail::Duration>(std::chrono::system_clock::now());
    pass(real + length - clock.wall());
  }
  io::Result<std::size_t> take() { return run(context, clock, door->take_all()); }
  bool lies(const std::string& name) { return ::access((path + "/" + name).c_str(), F_OK) == 0; }

  std::string path = directory.path() + "/drop";
  std::unique_ptr<DropDoor> door;
};

const std::string kFile = std::string(32, 'a') + ".msg";

TEST_F(DropDoors, WhatLiesThereIsTakenInOnce) {
  drop('a', submission(envelope_to({"bob@example.net"}), kContents));

  EXPECT_EQ(take().value(), 1U);

  ASSERT_THAT(facts.accepted_, SizeIs(1));
  EXPECT_EQ(facts.accepted_[0].submitter.door, "drop");
  EXPECT_FALSE(lies(kFile));
  EXPECT_EQ(take().value(), 0U);
}

// Whoever handed it in was told that it is kept, by what the configuration said then.
TEST_F(DropDoors, LimitsThatCameLaterDoNotUndoWhatWasTaken) {
  Plan plan = engine->plan();
  plan.max_message_size = 5;
  plan.max_recipients = 1;
  engine->adopt(std::move(plan));
  drop('a', submission(envelope_to({"bob@example.net", "joe@example.net"}), kContents));

  EXPECT_EQ(take().value(), 1U);

  ASSERT_THAT(facts.accepted_, SizeIs(1));
  EXPECT_FALSE(lies(kFile));
  EXPECT_FALSE(lies("bad/" + kFile));
}

TEST_F(DropDoors, AFileWhoseCommitWasNotNoticedIsEnqueuedOnce) {
  drop('a', submission(envelope_to({"bob@example.net"}), kContents));
  take().value();
  drop('a', submission(envelope_to({"bob@example.net"}), kContents));  // died before the unlink
  take().value();

  ASSERT_THAT(facts.accepted_, SizeIs(2));
  EXPECT_TRUE(facts.accepted_[1].repeated);
  EXPECT_FALSE(lies(kFile));
}

TEST_F(DropDoors, ABrokenFileIsSetAsideAndNeverDeleted) {
  drop('a', "nonsense");
  drop('b', beginning(envelope_to({"bob@example.net"}, 'b')));              // ends too early
  drop('c', submission(envelope_to({"bob@example.net"}, 'd'), kContents));  // another's id
  take().value();

  EXPECT_THAT(facts.accepted_, IsEmpty());
  EXPECT_FALSE(lies(kFile));
  EXPECT_TRUE(lies("bad/" + kFile));
  EXPECT_TRUE(lies("bad/" + std::string(32, 'b') + ".msg"));
  EXPECT_TRUE(lies("bad/" + std::string(32, 'c') + ".msg"));
}

TEST_F(DropDoors, WhatDeadSubmittersLeftGoesAtTheNextStart) {
  const auto left = [&](const std::string& name, std::chrono::hours age) {
    std::ofstream{path + "/" + name} << "half";
    const auto written = std::chrono::file_clock::from_sys(clock.wall() - age);
    std::filesystem::last_write_time(path + "/" + name, written);
  };
  left(".tmp-a", 25h);
  left(".tmp-b", 23h);
  door = DropDoor::open(context.get_executor(), clock, *engine, store, path).value();

  EXPECT_FALSE(lies(".tmp-a"));
  EXPECT_TRUE(lies(".tmp-b"));
}

TEST_F(DropDoors, WhatTheDiskHasNoRoomForStays) {
  drop('a', submission(envelope_to({"bob@example.net"}), kContents));
  store.enqueuing = io::Errc::disk_full;
  EXPECT_FALSE(take().has_value());
  EXPECT_TRUE(lies(kFile));

  store.enqueuing.reset();
  EXPECT_TRUE(take().has_value());
  EXPECT_THAT(facts.accepted_, SizeIs(1));
}

TEST_F(DropDoors, OneFileThatComesToNothingDoesNotHoldUpThoseBehindIt) {
  std::string large = kContents;
  while (large.size() < 20'000) large += "and so on\r\n";
  for (const char id : {'a', 'b', 'c', 'd', 'e', 'f'}) {
    SubmissionEnvelope envelope = envelope_to({"bob@example.net"}, id);
    drop(id, submission(envelope, id < 'e' ? large : kContents));
    const auto written = std::chrono::file_clock::from_sys(clock.wall() - 1h + 1s * id);
    std::filesystem::last_write_time(path + "/" + std::string(32, id) + ".msg", written);
  }
  store.enqueuing = io::Errc::disk_full;
  store.room = 10'000;

  EXPECT_FALSE(take().has_value()) << "too many in a row";
  EXPECT_THAT(facts.accepted_, IsEmpty());
  EXPECT_FALSE(take().has_value()) << "some are left";
  EXPECT_THAT(facts.accepted_, SizeIs(2));

  store.enqueuing.reset();
  EXPECT_EQ(take().value(), 4U);
  EXPECT_THAT(facts.accepted_, SizeIs(6));
}

TEST_F(DropDoors, WhoLooksOnlyOnceTriesEveryFile) {
  for (const char id : {'a', 'b', 'c', 'd', 'e'}) {
    SubmissionEnvelope envelope = envelope_to({"bob@example.net"}, id);
    drop(id, submission(envelope, kContents));
  }
  store.enqueuing = io::Errc::disk_full;

  EXPECT_FALSE(run(context, clock, door->take_all_of_them()).has_value());

  EXPECT_EQ(store.enqueued, 5);
}

TEST_F(DropDoors, WhatCannotBeSetAsideDoesNotHoldUpThoseBehindIt) {
  drop('a', "nonsense");
  drop('b', submission(envelope_to({"bob@example.net"}, 'b'), kContents));
  ASSERT_TRUE(std::filesystem::remove(path + "/bad"));

  EXPECT_FALSE(take().has_value());
  EXPECT_THAT(facts.accepted_, SizeIs(1));
}

TEST_F(DropDoors, AWatchedFolderNeedsNobodyToAsk) {
  door->watch();
  run_ready(context);
  drop('a', submission(envelope_to({"bob@example.net"}), kContents));
  pass(61s);  // where the kernel cannot tell, the look once a minute does

  EXPECT_THAT(facts.accepted_, SizeIs(1));
}

TEST_F(DropDoors, TheLifetimeCountsFromWhenItWasDropped) {
  drop('a', submission(envelope_to({"bob@example.net"}), kContents));
  wait_since_now(24h * 4);
  far.manners.temporarily_failing = {"bob@example.net"};
  take().value();
  start();
  pass(25h);

  ASSERT_THAT(facts.noticed_, SizeIs(1));
  EXPECT_EQ(facts.noticed_[0].kind, bounce::NoticeKind::failed);
  stop();
}

TEST_F(DropDoors, NoSubmitterMakesHisMailOlderThanItIs) {
  SubmissionEnvelope old = envelope_to({"bob@example.net"});
  old.written = mail::from_millis(0);
  drop('a', submission(old, kContents));
  std::filesystem::last_write_time(path + "/" + kFile,
                                   std::chrono::file_clock::from_sys(std::chrono::sys_seconds{0s}));
  wait_since_now(1h);
  far.manners.temporarily_failing = {"bob@example.net"};
  take().value();
  start();
  pass(20h);

  EXPECT_THAT(facts.noticed_, IsEmpty());
  stop();
}

}  // namespace
}  // namespace tenax::engine
