// SPDX-License-Identifier: Apache-2.0
#include "delivery/auth.h"

#include <gsasl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace tenax::delivery {

namespace {

struct Mechanism {
  std::string_view name;
  bool shows_password;
  bool begins;
  bool proves_server;
};

constexpr std::array kMechanisms{
    Mechanism{"SCRAM-SHA-256", false, true, true},  // RFC 7677
    Mechanism{"SCRAM-SHA-1", false, true, true},    // RFC 5802
    Mechanism{"PLAIN", true, true, false},          // RFC 4616
    Mechanism{"LOGIN", true, false, false},         // never written down, widely spoken
    Mechanism{"CRAM-MD5", false, false, false},     // RFC 2195
};

const Mechanism* find_mechanism(std::string_view name) {
  const auto found = std::ranges::find(kMechanisms, name, &Mechanism::name);
  return found == kMechanisms.end() ? nullptr : found;
}

bool offered_in(const std::vector<std::string>& offered, std::string_view name) {
  return std::ranges::find(offered, name) != offered.end();
}

struct Done {
  void operator()(Gsasl* sasl) const { gsasl_done(sasl); }
  void operator()(Gsasl_session* session) const { gsasl_finish(session); }
};

io::Error trouble(int code) {
  return io::error(io::Errc::protocol, std::string{"AUTH: "} + gsasl_strerror(code));
}

/// "r=...,s=...,i=4096", the first words of a SCRAM server (RFC 5802 7). What is no number is for
/// the library to refuse.
bool asks_for_too_many_rounds(const std::string& challenge) {
  const std::string said = from_base64(challenge);
  const std::size_t field = said.find(",i=");
  if (field == std::string::npos) return false;
  std::uint32_t rounds = 0;
  const auto [end, bad] =
      std::from_chars(said.data() + field + 3, said.data() + said.size(), rounds);
  return bad == std::errc::result_out_of_range || rounds > kMostRounds;
}

/// As SCRAM prepares passwords (RFC 5802 5.1). Asked beforehand: the library asks in the middle of
/// the dialogue, where not every server hears that we will not go on, and loses memory then.
bool can_be_prepared(const std::string& password) {
  char* output = nullptr;
  const int code = gsasl_saslprep(password.c_str(), GSASL_ALLOW_UNASSIGNED, &output, nullptr);
  gsasl_free(output);
  return code == GSASL_OK;
}

}  // namespace

std::string from_base64(const std::string& text) {
  char* output = nullptr;
  std::size_t size = 0;
  const int code = gsasl_base64_from(text.data(), text.size(), &output, &size);
  const std::unique_ptr<char, decltype(&std::free)> owned{output, &std::free};
  return code == GSASL_OK ? std::string{output, size} : std::string{};
}

std::vector<std::string> usable_mechanisms(const std::vector<std::string>& offered,
                                           bool encrypted) {
  std::vector<std::string> usable;
  for (const Mechanism& mechanism : kMechanisms) {
    if (mechanism.shows_password && !encrypted) continue;
    if (offered_in(offered, mechanism.name)) usable.emplace_back(mechanism.name);
  }
  return usable;
}

bool shows_password(const std::string& mechanism) {
  const Mechanism* found = find_mechanism(mechanism);
  return found != nullptr && found->shows_password;
}

bool offers_only_with_tls(const std::vector<std::string>& offered) {
  return usable_mechanisms(offered, false).empty() && !usable_mechanisms(offered, true).empty();
}

struct SaslClient::State {
  std::unique_ptr<Gsasl, Done> sasl;
  std::unique_ptr<Gsasl_session, Done> session;
  const Mechanism* mechanism = nullptr;
  bool finished = false;
  bool unspeakable = false;  // the password, by this mechanism
  NoAnswer no_answer = NoAnswer::their_words;
};

SaslClient::SaslClient(std::unique_ptr<State> state) : state_{std::move(state)} {}
SaslClient::SaslClient(SaslClient&&) noexcept = default;
SaslClient& SaslClient::operator=(SaslClient&&) noexcept = default;
SaslClient::~SaslClient() = default;

io::Result<SaslClient> SaslClient::start(const std::string& mechanism,
                                         const Credentials& credentials, const std::string& host) {
  auto state = std::make_unique<State>();
  state->mechanism = find_mechanism(mechanism);
  if (state->mechanism == nullptr) return trouble(GSASL_UNKNOWN_MECHANISM);

  Gsasl* sasl = nullptr;
  if (const int code = gsasl_init(&sasl); code != GSASL_OK) return trouble(code);
  state->sasl.reset(sasl);
  Gsasl_session* session = nullptr;
  const int code = gsasl_client_start(sasl, mechanism.c_str(), &session);
  if (code != GSASL_OK) return trouble(code);
  state->session.reset(session);
  for (const auto& [property, value] :
       {std::pair{GSASL_AUTHID, &credentials.user},
        std::pair{GSASL_PASSWORD, &credentials.password}, std::pair{GSASL_HOSTNAME, &host}}) {
    if (const int set = gsasl_property_set(session, property, value->c_str()); set != GSASL_OK) {
      return trouble(set);
    }
  }
  gsasl_property_set(session, GSASL_SERVICE, "smtp");
  state->unspeakable = state->mechanism->proves_server && !can_be_prepared(credentials.password);
  return SaslClient{std::move(state)};
}

bool SaslClient::begins() const { return state_->mechanism->begins; }

io::Result<std::string> SaslClient::answer(const std::string& challenge) {
  if (state_->unspeakable) {
    state_->no_answer = NoAnswer::our_credentials;
    return trouble(GSASL_SASLPREP_ERROR);
  }
  if (state_->mechanism->proves_server && asks_for_too_many_rounds(challenge)) {
    state_->no_answer = NoAnswer::too_many_rounds;
    return io::error(io::Errc::protocol, "AUTH: too many rounds");
  }
  // PLAIN and LOGIN answer whatever is asked, and it need not be base64.
  const char* asked = state_->mechanism->shows_password ? "" : challenge.c_str();
  char* output = nullptr;
  const int code = gsasl_step64(state_->session.get(), asked, &output);
  const std::unique_ptr<char, decltype(&std::free)> owned{output, &std::free};
  if (code == GSASL_SASLPREP_ERROR) state_->no_answer = NoAnswer::our_credentials;
  if (code != GSASL_OK && code != GSASL_NEEDS_MORE) return trouble(code);
  state_->finished = code == GSASL_OK;
  return output == nullptr ? std::string{} : std::string{output};
}

NoAnswer SaslClient::no_answer() const { return state_->no_answer; }

bool SaslClient::finished() const { return state_->finished || !state_->mechanism->proves_server; }

}  // namespace tenax::delivery
