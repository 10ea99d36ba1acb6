// SPDX-License-Identifier: Apache-2.0
// The mechanisms against libgsasl's own server side.

#include "delivery/auth.h"

#include <gmock/gmock.h>
#include <gsasl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

namespace tenax::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string to_base64(const std::string& text) {
  char* output = nullptr;
  std::size_t size = 0;
  gsasl_base64_to(text.data(), text.size(), &output, &size);
  const std::unique_ptr<char, decltype(&std::free)> owned{output, &std::free};
  return {output, size};
}

/// A server that knows one user.
class SaslServer {
 public:
  SaslServer(const std::string& mechanism, const std::string& password) : password_{password} {
    gsasl_init(&sasl_);
    gsasl_callback_set(sasl_, &SaslServer::asked);
    gsasl_callback_hook_set(sasl_, this);
    gsasl_server_start(sasl_, mechanism.c_str(), &session_);
  }
  ~SaslServer() {
    gsasl_finish(session_);
    gsasl_done(sasl_);
  }
  SaslServer(const SaslServer&) = delete;
  SaslServer& operator=(const SaslServer&) = delete;

  /// The next challenge; `result` gets the library's code.
  std::string step(const std::string& input, int& result) {
    char* output = nullptr;
    result = gsasl_step64(session_, input.c_str(), &output);
    const std::unique_ptr<char, decltype(&std::free)> owned{output, &std::free};
    return output == nullptr ? "" : output;
  }

 private:
  static int asked(Gsasl* sasl, Gsasl_session* session, Gsasl_property property) {
    const auto* self = static_cast<SaslServer*>(gsasl_callback_hook_get(sasl));
    if (property == GSASL_PASSWORD) {
      return gsasl_property_set(session, property, self->password_.c_str());
    }
    if (property == GSASL_VALIDATE_SIMPLE) {
      const char* given = gsasl_property_fast(session, GSASL_PASSWORD);
      const bool right = given != nullptr && self->password_ == given;
      return right ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
    }
    return GSASL_NO_CALLBACK;
  }

  std::string password_;
  Gsasl* sasl_ = nullptr;
  Gsasl_session* session_ = nullptr;
};

/// Plays one login through; true when both sides are content.
bool log_in(const std::string& mechanism, const std::string& password) {
  SaslServer server{mechanism, "secret"};
  io::Result<SaslClient> started =
      SaslClient::start(mechanism, {"ann", password}, "mx1.example.net");
  if (!started) return false;
  SaslClient client = std::move(*started);
  std::string said;
  if (client.begins()) said = client.answer("").value();
  int result = GSASL_NEEDS_MORE;
  for (int round = 0; round < 10; ++round) {
    const std::string challenge = server.step(said, result);
    if (result != GSASL_OK && result != GSASL_NEEDS_MORE) return false;
    if (result == GSASL_OK && challenge.empty()) break;
    const io::Result<std::string> answer = client.answer(challenge);
    if (!answer) return false;
    said = *answer;
    if (result == GSASL_OK) break;
  }
  return result == GSASL_OK && client.finished();
}

class SaslMechanism : public ::testing::TestWithParam<std::string> {};

TEST_P(SaslMechanism, LetsTheRightPasswordInAndNoOther) {
  EXPECT_TRUE(log_in(GetParam(), "secret"));
  EXPECT_FALSE(log_in(GetParam(), "Secret"));
}

INSTANTIATE_TEST_SUITE_P(All, SaslMechanism,
                         ::testing::Values("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN",
                                           "CRAM-MD5"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::erase(name, '-');
                           return name;
                         });

// Servers write "Username:" bare, or a blank behind its base64.
TEST(Sasl, WhatLoginAsksInIsForPeople) {
  auto client = SaslClient::start("LOGIN", {"ann", "secret"}, "mx.example.net");
  ASSERT_TRUE(client);
  EXPECT_EQ(client->answer("Username:").value(), "YW5u");
  EXPECT_EQ(client->answer("UGFzc3dvcmQ6 ").value(), "c2VjcmV0");
}

TEST(Sasl, TheBestMechanismComesFirst) {
  EXPECT_THAT(usable_mechanisms(
                  {"LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-1", "GSSAPI", "SCRAM-SHA-256"}, true),
              ElementsAre("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"));
}

TEST(Sasl, InClearNothingShowsThePassword) {
  EXPECT_THAT(usable_mechanisms({"LOGIN", "PLAIN"}, false), IsEmpty());
  EXPECT_THAT(usable_mechanisms({"LOGIN", "CRAM-MD5", "PLAIN"}, false), ElementsAre("CRAM-MD5"));
  EXPECT_TRUE(offers_only_with_tls({"LOGIN", "PLAIN"}));
  EXPECT_FALSE(offers_only_with_tls({"GSSAPI"}));
  EXPECT_FALSE(offers_only_with_tls({"PLAIN", "CRAM-MD5"}));
}

TEST(Sasl, AScramServerIsNotBelievedBeforeItsProof) {
  SaslClient client =
      SaslClient::start("SCRAM-SHA-256", {"ann", "secret"}, "mx1.example.net").value();
  EXPECT_FALSE(client.finished());
  EXPECT_TRUE(client.answer("").has_value());
  EXPECT_FALSE(client.finished());
}

TEST(Sasl, AForgedChallengeIsRefused) {
  for (const std::string challenge : {"", "AAAA", "not base64!", "cj1mb3JnZWQscz1hLGk9MQ=="}) {
    SaslClient client =
        SaslClient::start("SCRAM-SHA-1", {"ann", "secret"}, "mx1.example.net").value();
    ASSERT_TRUE(client.answer("").has_value());
    EXPECT_FALSE(client.answer(challenge).has_value()) << challenge;
    EXPECT_FALSE(client.finished());
  }
}

/// Asks for so many rounds; the nonce is never looked at where they are too many.
std::string server_first(const std::string& client_first, const std::string& rounds) {
  const std::string said = from_base64(client_first);
  const std::string nonce = said.substr(said.find("r="));
  return to_base64(nonce + "server,s=c2FsdHNhbHQ=,i=" + rounds);
}

TEST(Sasl, AServerMayAskForSoMuchWork) {
  for (const std::string mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-1"}) {
    for (const std::string rounds : {"4096", "100000", "250000"}) {
      SaslClient client = SaslClient::start(mechanism, {"ann", "secret"}, "mx1").value();
      const std::string first = client.answer("").value();
      EXPECT_TRUE(client.answer(server_first(first, rounds))) << mechanism << " " << rounds;
    }
  }
}

TEST(Sasl, AServerThatAsksForMoreWorkIsNotAnswered) {
  for (const std::string mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-1"}) {
    for (const std::string rounds : {"250001", "20000000", "4294967296", "18446744073709551617"}) {
      SaslClient client = SaslClient::start(mechanism, {"ann", "secret"}, "mx1").value();
      const std::string first = client.answer("").value();
      EXPECT_FALSE(client.answer(server_first(first, rounds))) << mechanism << " " << rounds;
      EXPECT_EQ(client.no_answer(), NoAnswer::too_many_rounds) << rounds;
    }
  }
}

TEST(Sasl, AMechanismWeDoNotKnowIsNotStarted) {
  EXPECT_FALSE(SaslClient::start("GSSAPI", {"ann", "secret"}, "mx1.example.net").has_value());
}

}  // namespace
}  // namespace tenax::delivery
