// SPDX-License-Identifier: Apache-2.0
#pragma once
// Logging in (RFC 4954) with libgsasl. PLAIN and LOGIN show the password, so never in clear.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/result.h"

#include "delivery/agent.h"

namespace tenax::delivery {

/// The mechanisms we would use out of those offered, best first: SCRAM proves the server too;
/// CRAM-MD5 is last where the wire is encrypted anyway. Concurrency: pure.
[[nodiscard]] std::vector<std::string> usable_mechanisms(const std::vector<std::string>& offered,
                                                         bool encrypted);

/// Concurrency: pure.
[[nodiscard]] bool shows_password(const std::string& mechanism);

/// Is there one that only clear text rules out? Concurrency: pure.
[[nodiscard]] bool offers_only_with_tls(const std::vector<std::string>& offered);

/// The rounds of hashing a server may ask for (SCRAM's iteration count). It names them before it
/// has proved anything, and everybody's mail waits meanwhile: this many are a third of a second.
/// Servers ask for 4096 by habit, the cautious for 100,000.
constexpr std::uint32_t kMostRounds = 250'000;

enum class NoAnswer {
  their_words,      // the mechanism does not know them
  too_many_rounds,  // more than kMostRounds
  our_credentials,  // user or password are nothing this mechanism can say (SASLprep, RFC 4013)
};

/// "" when it is no base64.
[[nodiscard]] std::string from_base64(const std::string& text);

/// The client's side of one mechanism. Concurrency: value (move only).
class SaslClient {
 public:
  static io::Result<SaslClient> start(const std::string& mechanism, const Credentials& credentials,
                                      const std::string& host);
  SaslClient(SaslClient&&) noexcept;
  SaslClient& operator=(SaslClient&&) noexcept;
  ~SaslClient();

  /// PLAIN and SCRAM begin by themselves, with an answer to no challenge.
  [[nodiscard]] bool begins() const;

  /// A challenge and our answer, both in base64 (RFC 4648). Fails with protocol on what the
  /// mechanism does not allow, and where we will not answer; no_answer() tells which.
  [[nodiscard]] io::Result<std::string> answer(const std::string& challenge);

  /// Why the last challenge has none.
  [[nodiscard]] NoAnswer no_answer() const;

  /// The mechanism has nothing left to say; SCRAM: the server has proved itself.
  [[nodiscard]] bool finished() const;

 private:
  struct State;
  explicit SaslClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tenax::delivery
