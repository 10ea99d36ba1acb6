// SPDX-License-Identifier: Apache-2.0
// What a refusal says of time and rate, whoever wrote it down.
#include "engine/refusal_reading.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace tenax::engine {
namespace {

using namespace std::chrono_literals;

const mail::WallTime kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};

struct Stated {
  std::string_view text;
  std::string_view wait;  // "" where none stands
  std::string_view rate;
};

void PrintTo(const Stated& stated, std::ostream* out) { *out << stated.text; }

class ARefusal : public ::testing::TestWithParam<Stated> {};

TEST_P(ARefusal, SaysWhenAndHowMuch) {
  const RefusalReading reading = read_refusal(GetParam().text, kNoon);

  EXPECT_EQ(reading.wait ? mail::in_short(*reading.wait) : "", GetParam().wait);
  EXPECT_EQ(reading.rate ? to_string(*reading.rate) : "", GetParam().rate);
}

INSTANTIATE_TEST_SUITE_P(
    Readings, ARefusal,
    ::testing::Values(
        Stated{"450 4.7.1 greylisted, retry in 10 minutes", "10m", ""},
        Stated{"greylisted for 90 s", "1m30s", ""},
        Stated{"host mx.example said: 450 retry after 1 hour (in reply to RCPT TO)", "1h", ""},
        Stated{"450-4.7.1 not yet:\r\n450 4.7.1 wait 2 hours", "2h", ""},
        // The code is no number of messages.
        Stated{"550 5.4.5 daily quota of 200 messages exceeded", "", "200/d"},
        Stated{"550 hourly limit of 550 mails exceeded", "", "550/h"},
        Stated{"421 more than 20 messages in 10 minutes", "", "20/10m"},
        Stated{"421 at most 5 messages per second", "", "5/s"},
        Stated{"421 at most 5 messages per minute", "", "5/m"},
        // A limit of rate passes, whatever its code says; a bad address does not.
        Stated{"554 too many messages, come back in 30 minutes", "30m", ""},
        Stated{"550 no such user, do not try again in 5 minutes", "", ""},
        Stated{"451 come back later", "", ""}, Stated{"550 blocked since 2 hours", "", ""},
        Stated{"554 expired after 5 days", "", ""},
        Stated{"giving this one up after four days of trying", "", ""}, Stated{"", "", ""}));

struct Quoted {
  std::string_view text;
  std::string_view cause;
};

void PrintTo(const Quoted& quoted, std::ostream* out) { *out << quoted.text; }

class AQuotedReply : public ::testing::TestWithParam<Quoted> {};

TEST_P(AQuotedReply, MeansWhatTheServerSaid) {
  EXPECT_EQ(to_string(read_refusal(GetParam().text, kNoon).judgement.cause), GetParam().cause);
}

// "host" and an address stand in front: who refused, and not who is refused.
INSTANTIATE_TEST_SUITE_P(
    Logs, AQuotedReply,
    ::testing::Values(
        Quoted{"host mx.example[192.0.2.9] said: 554 refused, this is spam (in reply to end of "
               "DATA command)",
               "content"},
        Quoted{"host mx.example[192.0.2.9] said: 550 denied by local policy", "policy"},
        Quoted{"host mx.example[192.0.2.9] said: 550 5.1.1 Address rejected", "no-such-user"},
        Quoted{"SMTP error from remote mail server after RCPT TO:<bob@example>: host mx.example "
               "[192.0.2.9]: 452 the disk of this system is full",
               "server-trouble"},
        Quoted{
            "192.0.2.9 does not like recipient. Remote host said: 552 too big a message, refused "
            "Giving up on 192.0.2.9.",
            "too-large"},
        // A riddle: what stands around it is asked.
        Quoted{"host mx.example[192.0.2.9] said: 550 no (in reply to RCPT TO command)",
               "no-such-user"}));

}  // namespace
}  // namespace tenax::engine
