// SPDX-License-Identifier: Apache-2.0
// TLS and logging in: what is shown to whom, and what is not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/tls_policy.h"
#include "tests/support/delivery_world.h"
#include "tests/support/dialogue.h"

namespace tenax::testing {
namespace {

using namespace std::chrono_literals;
using delivery::TlsMode;
using delivery::TlsStep;
using mail::Health;
using mail::Kind;
using mail::Stage;
using ::testing::HasSubstr;
using ::testing::Not;

struct Tls : ::testing::Test {
  DeliveryWorld world;
  FakeMx& mx = world.one_mx();

  mail::DeliveryReport deliver(TlsMode mode) {
    world.policy.fallback.tls = mode;
    return world.deliver(a_request());
  }
};

TEST(TlsPolicy, IsATable) {
  EXPECT_EQ(tls_step(TlsMode::never, true, false), TlsStep::stay_in_clear);
  EXPECT_EQ(tls_step(TlsMode::may, true, false), TlsStep::start);
  EXPECT_EQ(tls_step(TlsMode::may, false, false), TlsStep::stay_in_clear);
  EXPECT_EQ(tls_step(TlsMode::may, true, true), TlsStep::stay_in_clear);
  for (const TlsMode mode : {TlsMode::encrypt, TlsMode::verify}) {
    EXPECT_EQ(tls_step(mode, true, false), TlsStep::start);
    EXPECT_EQ(tls_step(mode, false, false), TlsStep::refuse);
    EXPECT_EQ(tls_step(mode, true, true), TlsStep::refuse);
  }
}

TEST_F(Tls, IsUsedWhenOffered) {
  mx.manners.starttls = true;
  const mail::DeliveryReport report = deliver(TlsMode::may);
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_EQ(verdict_of(report).host.tls, "TLSv1.3 TLS_AES_256_GCM_SHA384");
  EXPECT_TRUE(mx.taken().at(0).tls);
  EXPECT_EQ(mx.heard("EHLO"), 2);  // once more inside (RFC 3207 4.2)
}

TEST_F(Tls, CapabilitiesInClearAreForgotten) {
  DeliveryWorld other;
  other.dns.mx("example.net", {{10, "mx1.example.net"}});
  other.dns.address("mx1.example.net", "192.0.2.1");
  other.policy.fallback.tls = TlsMode::may;
  FakeMx liar{other.clock};
  liar.manners.starttls = true;
  liar.manners.dsn = true;
  liar.at(Stage::ehlo).says("250-x\r\n250-STARTTLS\r\n250-DSN\r\n250 PIPELINING").times(1);
  liar.manners.dsn = false;
  liar.manners.pipelining = false;
  other.net.host("192.0.2.1").serves(liar.server());
  const auto report = other.deliver(a_request().notify("SUCCESS"));
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_THAT(liar.taken().at(0).rcpt_commands.at(0), Not(HasSubstr("NOTIFY")));
  EXPECT_FALSE(verdict_of(report).notify_passed_on);
}

TEST_F(Tls, IsNotUsedWhenForbidden) {
  mx.manners.starttls = true;
  EXPECT_EQ(verdict_of(deliver(TlsMode::never)).kind, Kind::delivered);
  EXPECT_FALSE(mx.taken().at(0).tls);
}

TEST_F(Tls, OpportunisticTlsThatBreaksGoesInClearAtTheSameHost) {
  FakeMx& second = world.add_mx("mx2.example.net", "192.0.2.2", 20);
  mx.manners.starttls = true;
  mx.manners.tls_works = false;
  const auto report = deliver(TlsMode::may);
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_FALSE(mx.taken().at(0).tls);
  EXPECT_EQ(mx.sessions(), 2);
  EXPECT_EQ(second.sessions(), 0);
}

TEST_F(Tls, OpportunisticTlsThatBreaksRightBehindTheHandshakeGoesInClear) {
  mx.manners.starttls = true;
  mx.manners.deaf_in_tls = true;
  const auto report = deliver(TlsMode::may);
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_FALSE(mx.taken().at(0).tls);
  EXPECT_EQ(mx.sessions(), 2);
}

TEST_F(Tls, EncryptThatBreaksThereStaysWithoutDelivery) {
  mx.manners.starttls = true;
  mx.manners.deaf_in_tls = true;
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::deferred);
  EXPECT_EQ(mx.heard("MAIL"), 0);
}

TEST_F(Tls, TheOldGreetingIsNoWayAroundIt) {
  mx.at(Stage::ehlo).hangs_up().only("EHLO");
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::deferred);
  EXPECT_EQ(mx.sessions(), 1);
}

TEST_F(Tls, AReplyInsideTlsIsNoReasonToGoInClear) {
  mx.manners.starttls = true;
  mx.at(Stage::ehlo).says("250-x\r\n250 STARTTLS").times(1);
  mx.at(Stage::ehlo).says("421 4.3.2 not you");
  EXPECT_EQ(verdict_of(deliver(TlsMode::may)).kind, Kind::deferred);
  EXPECT_EQ(mx.heard("MAIL"), 0);
}

TEST_F(Tls, ARefusedStartTlsGoesOnInTheSameSession) {
  mx.manners.starttls = true;
  mx.at(Stage::starttls).says("454 4.7.0 not now");
  EXPECT_EQ(verdict_of(deliver(TlsMode::may)).kind, Kind::delivered);
  EXPECT_EQ(mx.sessions(), 1);
}

TEST_F(Tls, WhoLeavesAtStartTlsIsAskedInClear) {
  mx.manners.starttls = true;
  mx.at(Stage::starttls).says_and_hangs_up("421 4.7.0 TLS is not to be had");
  EXPECT_EQ(verdict_of(deliver(TlsMode::may)).kind, Kind::delivered);
  EXPECT_EQ(mx.sessions(), 2);
  world.policy.fallback.tls = TlsMode::encrypt;
  world.agent().adopt(world.policy);
  EXPECT_EQ(verdict_of(world.deliver(a_request())).kind, Kind::deferred);
}

TEST_F(Tls, EncryptNeverGoesInClear) {
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).status.text(), "4.7.4");
  EXPECT_EQ(mx.heard("MAIL"), 0);
}

TEST_F(Tls, EncryptNeverGoesInClearAfterAFailureEither) {
  mx.manners.starttls = true;
  mx.manners.tls_works = false;
  const auto report = deliver(TlsMode::encrypt);
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report).status.text(), "4.7.5");
  EXPECT_EQ(report.health, Health::unreachable);
  EXPECT_EQ(mx.heard("MAIL"), 0);
  EXPECT_EQ(mx.sessions(), 1);
}

TEST_F(Tls, EncryptTakesAnyCertificate) {
  mx.manners.starttls = true;
  mx.manners.certificate = {"other.example.net"};
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::delivered);
}

TEST_F(Tls, VerifyWantsTheHostsName) {
  mx.manners.starttls = true;
  mx.manners.certificate = {"other.example.net"};
  const auto report = deliver(TlsMode::verify);
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_THAT(verdict_of(report).text, HasSubstr("did not prove its name"));
  EXPECT_EQ(mx.heard("MAIL"), 0);
}

TEST_F(Tls, VerifyPassesWithTheRightName) {
  mx.manners.starttls = true;
  EXPECT_EQ(verdict_of(deliver(TlsMode::verify)).kind, Kind::delivered);
}

TEST_F(Tls, FromTheFirstByte) {
  mx.manners.tls_at_once = true;
  world.policy.fallback.implicit_tls = true;
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::delivered);
  EXPECT_TRUE(mx.taken().at(0).tls);
  EXPECT_EQ(mx.heard("STARTTLS"), 0);
}

TEST_F(Tls, RepliesInjectedBehindThe220AreFatalForTheHost) {
  FakeMx& second = world.add_mx("mx2.example.net", "192.0.2.2", 20);
  mx.manners.starttls = true;
  mx.at(Stage::starttls).sends("220 go\r\n250-forged\r\n250 AUTH PLAIN\r\n");
  const auto report = deliver(TlsMode::may);
  EXPECT_EQ(verdict_of(report).kind, Kind::delivered);
  EXPECT_EQ(second.copies("bob@example.net"), 1);
  EXPECT_EQ(mx.heard("MAIL"), 0);
  EXPECT_EQ(report.tries.at(0).stage, Stage::starttls);
  EXPECT_THAT(report.tries.at(0).text, HasSubstr("bytes in clear"));
}

TEST_F(Tls, ASilentHandshakeEndsAndGoesInClear) {
  mx.manners.starttls = true;
  mx.at(Stage::starttls).sends("220 go\r\n").times(1);  // and then it waits for a command
  EXPECT_EQ(verdict_of(deliver(TlsMode::may)).kind, Kind::delivered);
  EXPECT_EQ(world.clock.elapsed(), 2min);
}

struct Login : Tls {
  Login() {
    mx.manners.auth_required = true;
    mx.manners.user = "ann";
    mx.manners.password = "secret";
    world.policy.fallback.credentials = delivery::Credentials{"ann", "secret"};
  }
};

TEST_F(Login, PlainOverTls) {
  mx.manners.starttls = true;
  mx.manners.auth = "LOGIN PLAIN";
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::delivered);
  EXPECT_EQ(mx.heard("AUTH PLAIN "), 1);
}

TEST_F(Login, LoginWhereThereIsNothingElse) {
  mx.manners.starttls = true;
  mx.manners.auth = "LOGIN GSSAPI";
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::delivered);
  EXPECT_EQ(mx.heard("AUTH LOGIN"), 1);
}

TEST_F(Login, ThePasswordIsNeverShownInClear) {
  mx.manners.auth = "PLAIN LOGIN";
  const auto report = deliver(TlsMode::may);
  EXPECT_EQ(verdict_of(report).status.text(), "4.7.11");
  EXPECT_EQ(mx.heard("AUTH"), 0);
  EXPECT_EQ(mx.heard("MAIL"), 0);
}

TEST_F(Login, WithoutAWayToLogInTheMailWaits) {
  mx.manners.starttls = true;
  mx.manners.auth = "GSSAPI";
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::deferred);
  EXPECT_EQ(mx.heard("MAIL"), 0);
}

TEST_F(Login, WrongCredentialsReturnNobodysMail) {
  mx.manners.starttls = true;
  mx.manners.auth = "PLAIN LOGIN";
  mx.manners.password = "changed";
  const auto report = deliver(TlsMode::encrypt);
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report).status.text(), "4.7.8");
  EXPECT_EQ(report.health, Health::refused_by_host);
  EXPECT_EQ(mx.heard("AUTH"), 1);  // and not once for each mechanism: that locks accounts
}

TEST_F(Login, ARefusedMechanismIsFollowedByTheNext) {
  mx.manners.starttls = true;
  mx.manners.auth = "PLAIN LOGIN";
  mx.at(Stage::auth).says("504 5.5.4 not this one").only("PLAIN");
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::delivered);
  EXPECT_EQ(mx.heard("AUTH LOGIN"), 1);
}

// Cyrus SASL in front of saslauthd(8): its modules offer themselves, whatever the passwords are.
TEST_F(Login, WhoCannotDoWhatItOffersIsShownThePasswordInTls) {
  mx.manners.starttls = true;
  mx.manners.auth = "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN";
  mx.at(Stage::auth).says("535 5.7.8 user not found").only("SCRAM");
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::delivered);
  EXPECT_EQ(mx.heard("AUTH SCRAM"), 1);
  EXPECT_EQ(mx.heard("AUTH PLAIN "), 1);
}

TEST_F(Login, WrongCredentialsAreShownOnceAndInTlsOnly) {
  mx.manners.auth = "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN";
  mx.at(Stage::auth).says("535 5.7.8 wrong");
  EXPECT_EQ(verdict_of(deliver(TlsMode::may)).kind, Kind::deferred);
  EXPECT_EQ(mx.heard("AUTH"), 1);
  mx.manners.starttls = true;
  EXPECT_EQ(verdict_of(deliver(TlsMode::may)).kind, Kind::deferred);
  EXPECT_EQ(mx.heard("AUTH SCRAM-SHA-256"), 2);
  EXPECT_EQ(mx.heard("AUTH"), 3);
}

TEST_F(Login, AServerThatSkipsItsProofIsNotBelieved) {
  mx.manners.auth = "SCRAM-SHA-256";
  mx.at(Stage::auth).says("235 2.7.0 whoever you are");
  const auto report = deliver(TlsMode::may);
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_THAT(verdict_of(report).text, HasSubstr("did not prove"));
  EXPECT_EQ(mx.heard("MAIL"), 0);
}

TEST_F(Login, WhatWasSaidToLogInIsInNoVerdict) {
  mx.manners.starttls = true;
  mx.manners.auth = "PLAIN";
  mx.at(Stage::auth).says("500 5.5.1 unrecognized: \"AUTH PLAIN AGFubgBzZWNyZXQ=\" (ann, secret)");
  const auto report = deliver(TlsMode::encrypt);
  EXPECT_EQ(verdict_of(report).text, "500 5.5.1 unrecognized: \"AUTH PLAIN [...]\" (ann, [...])");
  EXPECT_EQ(verdict_of(report).reply->text(), verdict_of(report).text);
  EXPECT_EQ(report.tries.at(0).text, verdict_of(report).text);
}

TEST_F(Login, NeitherIsAnAnswerToAChallenge) {
  mx.manners.starttls = true;
  mx.manners.auth = "LOGIN";
  mx.manners.password = "changed";
  mx.at(Stage::auth).says("535 5.7.8 YW5u has no c2VjcmV0");
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).text, "535 5.7.8 [...] has no [...]");
}

// r=x,s=c2FsdA==,i=20000000
constexpr std::string_view kTwentyMillionRounds = "334 cj14LHM9YzJGc2RBPT0saT0yMDAwMDAwMA==";

TEST_F(Login, WhoAsksForTooMuchWorkIsTold) {
  mx.manners.auth = "SCRAM-SHA-256";
  mx.at(Stage::auth).says(std::string{kTwentyMillionRounds});
  const auto report = deliver(TlsMode::may);
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_THAT(verdict_of(report).text, HasSubstr("more rounds of hashing than 250000"));
  EXPECT_EQ(mx.heard("*"), 1);
  EXPECT_EQ(mx.heard("MAIL"), 0);
}

TEST_F(Login, WhoAsksForTooMuchWorkIsAskedForAnotherWay) {
  mx.manners.starttls = true;
  mx.manners.auth = "SCRAM-SHA-256 PLAIN";
  mx.at(Stage::auth).says(std::string{kTwentyMillionRounds}).only("SCRAM");
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::delivered);
  EXPECT_EQ(mx.heard("AUTH PLAIN "), 1);
}

TEST_F(Login, ToDoWithoutTheWorkIsNoReasonToShowThePassword) {
  mx.manners.auth = "SCRAM-SHA-256 PLAIN";
  mx.at(Stage::auth).says(std::string{kTwentyMillionRounds}).only("SCRAM");
  EXPECT_EQ(verdict_of(deliver(TlsMode::may)).kind, Kind::deferred);
  EXPECT_EQ(mx.heard("AUTH PLAIN"), 0);
}

constexpr std::string_view kUnprintable = "pa\x07ss";

TEST_F(Login, APasswordThatOneMechanismCannotSayIsSaidByAnother) {
  mx.manners.starttls = true;
  mx.manners.auth = "SCRAM-SHA-256 PLAIN";
  mx.manners.password = kUnprintable;
  world.policy.fallback.credentials->password = kUnprintable;
  mx.manners.scram_begins = true;
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::delivered);
  EXPECT_EQ(mx.heard("AUTH SCRAM"), 0);
  EXPECT_EQ(mx.heard("AUTH PLAIN "), 1);
}

TEST_F(Login, APasswordThatNoMechanismCanSayIsOurTrouble) {
  mx.manners.auth = "SCRAM-SHA-256 SCRAM-SHA-1";
  world.policy.fallback.credentials->password = kUnprintable;
  mx.manners.scram_begins = true;
  const auto report = deliver(TlsMode::may);
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_EQ(verdict_of(report).status.text(), "4.7.8");
  EXPECT_THAT(verdict_of(report).text, HasSubstr("our user name or password"));
}

TEST_F(Login, AUserThatOneMechanismCannotNameIsNamedByAnother) {
  mx.manners.starttls = true;
  mx.manners.auth = "SCRAM-SHA-256 PLAIN";
  mx.manners.user = kUnprintable;
  world.policy.fallback.credentials->user = kUnprintable;
  EXPECT_EQ(verdict_of(deliver(TlsMode::encrypt)).kind, Kind::delivered);
  EXPECT_EQ(mx.heard("AUTH SCRAM"), 0);
}

TEST_F(Login, EndlessChallengesEnd) {
  mx.manners.starttls = true;
  mx.manners.auth = "LOGIN";
  mx.at(Stage::auth)
      .sends(
          "334 AAAA\r\n334 AAAA\r\n334 AAAA\r\n334 AAAA\r\n334 AAAA\r\n334 AAAA\r\n"
          "334 AAAA\r\n334 AAAA\r\n334 AAAA\r\n334 AAAA\r\n334 AAAA\r\n334 AAAA\r\n");
  const auto report = deliver(TlsMode::encrypt);
  EXPECT_EQ(verdict_of(report).kind, Kind::deferred);
  EXPECT_LT(world.clock.elapsed(), 1min);
}

}  // namespace
}  // namespace tenax::testing
