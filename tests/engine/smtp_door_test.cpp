// SPDX-License-Identifier: Apache-2.0
// SMTP submission over real sockets of this machine, time and disk as in the other doors' tests.

#include "engine/smtp_door.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <thread>

#include "tests/engine/world.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
namespace asio = io::asio;

const std::string kDialogue =
    "EHLO shop.example\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n";
const std::string kMessage = "Subject: hello\r\n\r\nbody\r\n.\r\n";

class SmtpDoors : public EngineWorld {
 protected:
  SmtpDoors() { open({}); }
  ~SmtpDoors() override { close(); }

  void close() {
    if (!door) return;
    door->stop();
    pass(6s);
    door.reset();
  }

  void open(SmtpDoorOptions options) { open(std::move(options), context.get_executor()); }
  void open(SmtpDoorOptions options, const io::Executor& strand) {
    close();
    const io::Executor home = context.get_executor();
    door = std::make_unique<SmtpDoor>(SmtpDoorWorld{home, [strand] { return strand; }, clock, dice},
                                      *engine, store, std::move(options));
    address = door->listen("127.0.0.1:0").value();
    EXPECT_EQ(door->listen(path).value(), path);
  }

  /// Who said no more for 298 seconds now says the rest, which lies in the kernel at the next look.
  /// Nothing runs until then.
  void says_the_rest_at_the_last_moment(asio::ip::tcp::socket& socket, const std::string& bytes) {
    pass(298s);
    asio::write(socket, asio::buffer(bytes));
    for (int on_the_way = 1; on_the_way > 0;) {
      if (::ioctl(socket.native_handle(), SIOCOUTQ, &on_the_way) != 0) break;
    }
    const io::Instant end = clock.now() + 5s;
    while (clock.now() < end && clock.advance_to_next()) {
    }
  }

  asio::ip::tcp::socket connect() { return connect_to(address); }

  asio::ip::tcp::socket connect_to(const std::string& where) {
    const auto port = static_cast<std::uint16_t>(std::stoi(where.substr(where.rfind(':') + 1)));
    asio::ip::tcp::socket socket{context};
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    run_ready(context);
    return socket;
  }

  /// What comes back; time does not pass. A busy kernel hands on what it was given when it finds
  /// the time, so this looks again until none of it is left on the way, for ten seconds at most.
  template <class Socket>
  std::string says(Socket& socket, const std::string& bytes) {
    asio::write(socket, asio::buffer(bytes));
    const auto patience = std::chrono::steady_clock::now() + 10s;
    int on_the_way = 1;
    while (on_the_way > 0 && std::chrono::steady_clock::now() < patience) {
      run_ready(context);
      if (::ioctl(socket.native_handle(), SIOCOUTQ, &on_the_way) != 0) break;
    }
    return hears(socket);
  }

  template <class Socket>
  std::string hears(Socket& socket) {
    run_ready(context);
    socket.non_blocking(true);
    std::string all;
    for (;;) {
      std::array<char, 4096> room{};
      boost::system::error_code failure;
      const std::size_t octets = socket.read_some(asio::buffer(room), failure);
      all.append(room.data(), octets);
      closed = failure == asio::error::eof;
      if (failure) return all;
    }
  }

  std::string path = directory.path() + "/smtp.sock";
  std::unique_ptr<SmtpDoor> door;
  std::string address;
  bool closed = false;
};

TEST_F(SmtpDoors, AMessageIsKeptAndThenAnswered) {
  auto socket = connect();
  says(socket, kDialogue);
  const std::string told = says(socket, kMessage);

  ASSERT_THAT(facts.accepted_, SizeIs(1));
  EXPECT_EQ(told, "250 2.0.0 queued as " + facts.accepted_[0].message.text() + "\r\n");
  EXPECT_EQ(facts.accepted_[0].submitter.door, "smtp from 127.0.0.1");
  EXPECT_EQ(facts.accepted_[0].submitter.uid, -1);

  start();
  pass(1s);
  ASSERT_THAT(far.taken(), SizeIs(1));
  EXPECT_THAT(
      far.taken()[0].contents,
      StartsWith("Received: from shop.example ([127.0.0.1])\r\n\tby out.example.org (Tenax) "
                 "with ESMTP\r\n\tid " +
                 facts.accepted_[0].message.text()));
  EXPECT_THAT(far.taken()[0].contents, HasSubstr("Message-ID: <"));
  stop();
}

TEST_F(SmtpDoors, ThroughANamedSocketTheKernelSaysWhoItIs) {
  asio::local::stream_protocol::socket socket{context};
  socket.connect(asio::local::stream_protocol::endpoint{path});
  says(socket, kDialogue);
  EXPECT_THAT(says(socket, kMessage), StartsWith("250 2.0.0"));
  EXPECT_EQ(facts.accepted_.at(0).submitter.uid, ::getuid());
}

TEST_F(SmtpDoors, ASessionCarriesManyMessagesAndAnyPipelining) {
  auto socket = connect();
  std::string all = "EHLO x\r\n";
  for (int i = 0; i < 20; ++i) {
    all += "MAIL FROM:<ann@example.org>\r\nRCPT TO:<r" + std::to_string(i) +
           "@example.net>\r\nDATA\r\n" + kMessage;
  }
  EXPECT_THAT(says(socket, all + "QUIT\r\n"),
              EndsWith("221 2.0.0 out.example.org closes the connection\r\n"));
  EXPECT_THAT(facts.accepted_, SizeIs(20));
  EXPECT_TRUE(closed);
}

TEST_F(SmtpDoors, AFullDiskMeansTryAgainAndTheSessionGoesOn) {
  store.enqueuing = io::Errc::disk_full;
  auto socket = connect();
  says(socket, kDialogue);
  EXPECT_THAT(says(socket, kMessage), StartsWith("452 4.3.1"));
  store.enqueuing.reset();
  says(socket, kDialogue);
  EXPECT_THAT(says(socket, kMessage), StartsWith("250 2.0.0"));
}

TEST_F(SmtpDoors, WhatCannotTravelIsRefusedForGood) {
  auto socket = connect();
  says(socket, kDialogue);
  EXPECT_THAT(says(socket, std::string(1'100'000, 'x') + "\r\n.\r\n"), StartsWith("552 5.3.4"));
  std::string circle;
  for (int i = 0; i < 101; ++i) circle += "Received: from a by b; now\r\n";
  says(socket, kDialogue);
  EXPECT_THAT(says(socket, circle + "\r\n.\r\n"), StartsWith("554 5.4.6"));
  EXPECT_THAT(facts.refused_, SizeIs(2));
}

TEST_F(SmtpDoors, WhoGoesAwayInTheMiddleLeavesNothing) {
  {
    auto socket = connect();
    says(socket, kDialogue + "Subject: half");
  }
  run_ready(context);
  EXPECT_EQ(door->sessions(), 0U);
  EXPECT_THAT(facts.accepted_, IsEmpty());
}

TEST_F(SmtpDoors, WhoSaysNothingIsHungUpOn) {
  auto socket = connect();
  EXPECT_THAT(hears(socket), StartsWith("220 out.example.org ESMTP"));
  pass(299s);
  EXPECT_EQ(door->sessions(), 1U);
  pass(10s);
  EXPECT_EQ(door->sessions(), 0U);
  EXPECT_EQ(hears(socket), "421 4.4.2 nothing came in time\r\n");
  EXPECT_TRUE(closed);
}

TEST_F(SmtpDoors, WhoseLastOctetsCameInTimeHearsThatTheyAreKept) {
  auto socket = connect();
  says(socket, kDialogue);
  says_the_rest_at_the_last_moment(socket, kMessage);
  EXPECT_THAT(hears(socket), StartsWith("250 2.0.0"));
  EXPECT_THAT(facts.accepted_, SizeIs(1));
  EXPECT_EQ(door->sessions(), 1U);
}

TEST_F(SmtpDoors, OfWhoWasHungUpOnNothingIsKept) {
  asio::io_context aside;
  const auto strand = asio::make_strand(aside);
  open({}, strand);
  auto socket = connect();
  asio::write(socket, asio::buffer(kDialogue));
  run_ready(aside);
  says_the_rest_at_the_last_moment(socket, kMessage);
  // The session has yet to learn of both: that its time is over, and then that octets were read.
  asio::post(strand, [&] {
    run_ready(context);
    std::thread{[&] { run_ready(aside); }}.join();
  });
  for (int round = 0; round < 10; ++round) {
    run_ready(aside);
    run_ready(context);
  }
  EXPECT_THAT(facts.accepted_, IsEmpty());
  EXPECT_THAT(hears(socket), HasSubstr("421 4.4.2 nothing came in time"));
  EXPECT_EQ(door->sessions(), 0U);
  close();
}

TEST_F(SmtpDoors, NobodyDripsForEver) {
  auto socket = connect();
  for (int minute = 0; minute < 62 && door->sessions() > 0; ++minute) {
    boost::system::error_code gone;
    asio::write(socket, asio::buffer("NOOP\r\n", 6), gone);
    pass(1min);
  }
  EXPECT_EQ(door->sessions(), 0U);
  EXPECT_THAT(hears(socket), EndsWith("\r\n421 4.4.2 nothing came in time\r\n"));
}

TEST_F(SmtpDoors, ASessionLastsAsLongAsItBringsMessages) {
  auto socket = connect();
  for (int tens = 0; tens < 30; ++tens) {  // five hours
    says(socket, kDialogue);
    EXPECT_THAT(says(socket, kMessage), StartsWith("250 2.0.0"));
    for (int i = 0; i < 4; ++i) {
      pass(150s);
      says(socket, "NOOP\r\n");
    }
  }
  EXPECT_EQ(door->sessions(), 1U);
}

TEST_F(SmtpDoors, SessionsAndMessagesOfAClientAreBounded) {
  open({.sessions_of_client = 2, .messages_of_client = 3});
  auto one = connect();
  auto two = connect();
  auto three = connect();
  EXPECT_THAT(hears(three), StartsWith("421 4.7.0 too many sessions of yours"));
  for (int i = 0; i < 3; ++i) {
    says(one, kDialogue);
    EXPECT_THAT(says(one, kMessage), StartsWith("250"));
  }
  says(two, kDialogue);
  EXPECT_THAT(says(two, kMessage), StartsWith("451 4.7.0"));
  pass(1min);
  says(two, kDialogue);
  EXPECT_THAT(says(two, kMessage), StartsWith("250"));
}

TEST_F(SmtpDoors, AllSessionsTogetherAreBounded) {
  open({.sessions = 1});
  auto one = connect();
  auto two = connect();
  EXPECT_THAT(hears(two), StartsWith("421 4.3.2"));
}

TEST_F(SmtpDoors, LimitsAreForAllAddressesTogether) {
  open({.sessions = 3, .sessions_of_client = 2, .messages_of_client = 1});
  const std::string other = door->listen("127.0.0.1:0").value();
  auto one = connect();
  auto two = connect_to(other);
  says(one, kDialogue);
  EXPECT_THAT(says(one, kMessage), StartsWith("250"));
  says(two, kDialogue);
  EXPECT_THAT(says(two, kMessage), StartsWith("451 4.7.0"));
  auto three = connect_to(other);
  EXPECT_THAT(hears(three), StartsWith("421 4.7.0 too many sessions of yours"));
}

TEST_F(SmtpDoors, AStopIsToldToWhoWaitsAndAwaitedByWhoSpeaks) {
  auto waiting = connect();
  says(waiting, "EHLO x\r\n");
  auto speaking = connect();
  says(speaking, kDialogue);
  door->stop();
  EXPECT_THAT(hears(waiting), StartsWith("421 4.3.2"));
  EXPECT_TRUE(closed);
  const std::string told = says(speaking, kMessage);
  EXPECT_THAT(told, StartsWith("250 2.0.0"));
  EXPECT_THAT(told, HasSubstr("\r\n421 4.7.0"));
  EXPECT_EQ(door->sessions(), 0U);
}

TEST_F(SmtpDoors, AnAddressThatIsTakenIsSaid) {
  const auto second = door->listen(address);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(io::to_string(second.error()), HasSubstr(address));
  auto socket = connect();
  EXPECT_THAT(hears(socket), StartsWith("220 "));
}

TEST_F(SmtpDoors, MailKnowsThemAsOurOwnAlsoAfterANewConfig) {
  ASSERT_EQ(engine->plan().agent.our_doors.size(), 1U);
  const io::Endpoint ours = engine->plan().agent.our_doors.front();
  EXPECT_EQ("127.0.0.1:" + std::to_string(ours.port()), address);
  engine->adopt(quiet_plan());
  ASSERT_EQ(engine->plan().agent.our_doors.size(), 1U);
  EXPECT_EQ(engine->plan().agent.our_doors.front(), ours);
}

}  // namespace
}  // namespace tenax::engine
