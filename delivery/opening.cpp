// SPDX-License-Identifier: Apache-2.0
#include "delivery/opening.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "io/address_text.h"

#include "delivery/auth.h"
#include "delivery/classify.h"
#include "delivery/tls_policy.h"
#include "delivery/withheld.h"

namespace tenax::delivery {

using mail::Reply;
using mail::Stage;
using mail::Verdict;

namespace {

constexpr int kMostSaslSteps = 10;            // SCRAM needs three
constexpr std::size_t kLongestCommand = 512;  // RFC 5321 4.5.3.1.4, CRLF included

// An Exim takes more than ten messages of a connection, but only queues the others: its next queue
// run has them, half an hour later by habit (smtp_accept_queue_per_connection).
constexpr int kWelcomeAtAnExim = 10;

/// "220 mx.example.net ESMTP Exim 4.96 Wed, 25 Nov 2026 15:26:00 +0000", its smtp_banner.
bool greets_as_exim(const Reply& greeting) {
  return greeting.lines.front().find(" ESMTP Exim ") != std::string::npos;
}

/// What went wrong before with the same host, and is left out this time.
struct Omitted {
  bool tls = false;
  bool ehlo = false;
  bool ehlo_refused = false;  // which is an answer; otherwise nobody knows what it would offer
};

/// A session of HELO knows neither STARTTLS nor AUTH.
bool may_do_without_ehlo(const DestinationPolicy& policy) {
  const bool needs_tls = policy.tls == TlsMode::encrypt || policy.tls == TlsMode::verify;
  return !policy.credentials && (!needs_tls || policy.implicit_tls);
}

bool hung_up(const io::Result<Reply>& reply) {
  return !reply && (reply.error().is(io::Errc::closed) || reply.error().is(io::Errc::reset));
}

/// Opens one session. Each step returns nullopt when the dialogue may go on.
class Opening {
 public:
  Opening(const OpeningTerms& terms, const Host& host, Omitted omitted)
      : terms_{terms}, host_{host}, omitted_{omitted} {}

  io::Async<Opened> run() {
    std::optional<Verdict> refused = co_await connect();
    if (!refused) refused = co_await greeting();
    if (!refused) refused = co_await hello();
    if (!refused) refused = co_await secure();
    if (!refused) refused = co_await log_in();
    Opened opened;
    opened.verdict = std::move(refused);
    if (!opened.verdict) opened.session = std::move(session_);
    if (session_) co_await part();
    co_return opened;
  }

  [[nodiscard]] bool tls_broke() const { return tls_broke_; }
  /// Only a new connection will show whether it takes HELO.
  [[nodiscard]] bool helo_needed() const { return helo_needed_; }
  [[nodiscard]] bool ehlo_refused() const { return ehlo_refused_; }

 private:
  io::Async<std::optional<Verdict>> connect() {
    began_ = terms_.patience.clock.now();
    mail::RemoteHost remote;
    remote.name = mail::printable(host_.name, 300);
    remote.address = io::to_string(host_.address);
    remote.port = terms_.port;
    const io::Endpoint to{host_.address, static_cast<std::uint16_t>(terms_.port)};
    const io::Instant deadline = terms_.patience.until(Stage::connect);
    io::Result<std::unique_ptr<io::Stream>> stream =
        co_await terms_.connector.connect(to, deadline);
    if (!stream) co_return classify(Stage::connect, stream.error(), remote);
    const io::Executor home = co_await io::asio::this_coro::executor;
    session_ =
        std::make_unique<Session>(std::move(*stream), home, terms_.patience, std::move(remote));
    if (!terms_.policy.implicit_tls) co_return std::nullopt;
    std::optional<Verdict> refused = co_await handshake();
    co_return refused;
  }

  io::Async<std::optional<Verdict>> greeting() {
    const io::Result<Reply> reply = co_await session_->receive(Stage::greeting);
    if (reply && greets_as_exim(*reply)) session_->welcome = kWelcomeAtAnExim;
    co_return refusal(Stage::greeting, reply);
  }

  io::Async<std::optional<Verdict>> hello() {
    if (!omitted_.ehlo) {
      std::string command = "EHLO " + terms_.our_name;
      const io::Result<Reply> extended =
          co_await session_->exchange(Stage::ehlo, std::move(command));
      note_ehlo(extended);
      if (extended && accepts(Stage::ehlo, *extended)) {
        session_->capabilities = Capabilities::parse(*extended);
        co_return std::nullopt;
      }
      // RFC 5321 3.2: an old server answers EHLO with an error and knows HELO. One that is only
      // busy knows EHLO, and what it would have offered is worth the wait: TLS, SMTPUTF8.
      if (!extended || !extended->permanent()) co_return refusal(Stage::ehlo, extended);
    }
    std::string command = "HELO " + terms_.our_name;
    const io::Result<Reply> plain = co_await session_->exchange(Stage::ehlo, std::move(command));
    session_->capabilities = {};
    session_->capabilities_unknown = omitted_.ehlo && !omitted_.ehlo_refused;
    ehlo_refused_ = !omitted_.ehlo;
    helo_needed_ = ehlo_refused_ && hung_up(plain);  // some refuse EHLO and leave
    co_return refusal(Stage::ehlo, plain);
  }

  /// In TLS it is TLS that broke.
  void note_ehlo(const io::Result<Reply>& reply) {
    if (!session_->remote().tls.empty() && !terms_.policy.implicit_tls) return;
    const std::string host =
        session_->remote().address + ":" + std::to_string(session_->remote().port);
    BrokenExtensions& broken = *terms_.broken_extensions;
    const io::Instant now = terms_.patience.clock.now();
    if (reply) broken.answered_ehlo(host);
    if (!hung_up(reply)) return;
    broken.hung_up_at_ehlo(host, began_, now);
    helo_needed_ = broken.hangs_up_at_ehlo(host, now);
  }

  io::Async<std::optional<Verdict>> secure() {
    if (terms_.policy.implicit_tls) co_return std::nullopt;
    switch (tls_step(terms_.policy.tls, session_->capabilities.starttls, omitted_.tls)) {
      case TlsStep::stay_in_clear: co_return std::nullopt;
      case TlsStep::refuse: co_return finding(Finding::tls_not_offered, Stage::starttls);
      case TlsStep::start: break;
    }
    std::string command = "STARTTLS";
    const io::Result<Reply> reply =
        co_await session_->exchange(Stage::starttls, std::move(command));
    if (!reply) tls_broke_ = true;
    std::optional<Verdict> refused = refusal(Stage::starttls, reply);
    if (refused) {
      const bool stands = reply && !session_->spent && may_go_in_clear(terms_.policy);
      if (stands) co_return std::nullopt;  // RFC 3207 4: "454 not available" and the like
      if (reply && reply->code == 421) tls_broke_ = true;  // for want of TLS, it may be
      co_return refused;
    }
    // Whatever waits behind the 220 came in clear and would be taken for the server's words in TLS:
    // somebody put it there (CVE-2011-0411 and its kin).
    if (session_->has_unread()) co_return finding(Finding::injected, Stage::starttls);
    refused = co_await handshake();
    if (!refused) {
      refused = co_await hello();  // RFC 3207 4.2
      // Some servers end the handshake and only then find out that they cannot go on.
      if (refused && !refused->reply) tls_broke_ = true;
    }
    co_return refused;
  }

  io::Async<std::optional<Verdict>> handshake() {
    io::TlsRequirement requirement = tls_requirement(terms_.policy, host_.name);
    const io::Result<> secured = co_await session_->start_tls(std::move(requirement));
    if (secured) co_return std::nullopt;
    tls_broke_ = true;
    co_return classify(Stage::starttls, secured.error(), session_->remote());
  }

  io::Async<std::optional<Verdict>> log_in() {
    if (!terms_.policy.credentials) co_return std::nullopt;
    const bool encrypted = !session_->remote().tls.empty();
    const auto& offered = session_->capabilities.auth;
    const std::vector<std::string> usable = usable_mechanisms(offered, encrypted);
    if (usable.empty()) {
      const bool shows = !encrypted && offers_only_with_tls(offered);
      co_return finding(shows ? Finding::auth_only_in_clear : Finding::auth_not_offered,
                        Stage::auth);
    }
    withheld_.emplace(terms_.policy.credentials->user, terms_.policy.credentials->password);
    std::optional<Verdict> refused;
    bool denied = false;
    for (const std::string& mechanism : usable) {
      const bool shown = shows_password(mechanism);
      if (denied && !shown) continue;
      passed_over_ = false;
      refused = co_await log_in_with(mechanism);
      // 504 and 534 refuse the mechanism, not the user (RFC 4954 6). So may 535: many servers offer
      // what the passwords they keep cannot serve, and take only one that is shown.
      const int code = refused && refused->reply ? refused->reply->code : 0;
      denied = code == 535 && !shown;
      const bool next_may_do = passed_over_ || denied || code == 504 || code == 534;
      if (session_->spent || !next_may_do) break;
    }
    co_return refused;
  }

  io::Async<std::optional<Verdict>> log_in_with(std::string mechanism) {
    io::Result<SaslClient> started =
        SaslClient::start(mechanism, *terms_.policy.credentials, host_.name);
    if (!started) co_return classify(Stage::auth, started.error(), session_->remote());
    SaslClient sasl = std::move(*started);

    std::string command = "AUTH " + mechanism;
    std::string later;  // an initial response that is too long for the command line
    if (sasl.begins()) {
      const io::Result<std::string> first = sasl.answer("");
      if (!first && sasl.no_answer() != NoAnswer::their_words) co_return pass_over(mechanism, sasl);
      if (!first) co_return classify(Stage::auth, first.error(), session_->remote());
      withheld_->add_answer(*first);
      const std::string shown = first->empty() ? "=" : *first;  // RFC 4954 4
      const bool fits = command.size() + 1 + shown.size() + 2 <= kLongestCommand;
      if (fits) command += " " + shown;
      if (!fits) later = *first;
    }
    for (int step = 0; step < kMostSaslSteps; ++step) {
      const io::Result<Reply> reply = co_await session_->exchange(Stage::auth, command);
      if (!reply || reply->code != 334) co_return end_of_login(reply, sasl);
      if (!later.empty()) {
        command = std::exchange(later, {});
        continue;
      }
      const io::Result<std::string> answer = sasl.answer(reply->lines.front());
      if (!answer && sasl.no_answer() != NoAnswer::their_words) {
        co_await cancel_login();
        co_return pass_over(mechanism, sasl);
      }
      command = answer ? *answer : "*";  // RFC 4954 4: the client cancels
      withheld_->add_answer(command);
    }
    session_->spent = true;
    co_return finding(Finding::auth_unproven, Stage::auth);
  }

  /// It is our side that does not go on with this mechanism; another may do.
  Verdict pass_over(const std::string& mechanism, const SaslClient& sasl) {
    passed_over_ = true;
    const bool costly = sasl.no_answer() == NoAnswer::too_many_rounds;
    const Finding why = costly ? Finding::auth_too_costly : Finding::auth_unspeakable;
    const std::string detail = costly ? std::to_string(kMostRounds) : mechanism;
    return classify(why, Stage::auth, session_->remote(), detail);
  }

  /// Whatever is said to that (RFC 4954 4).
  io::Async<> cancel_login() {
    std::string command = "*";
    const io::Result<Reply> reply = co_await session_->exchange(Stage::auth, std::move(command));
    const bool ended = reply && (reply->transient() || reply->permanent());
    if (!ended) session_->spent = true;
  }

  std::optional<Verdict> end_of_login(const io::Result<Reply>& reply, const SaslClient& sasl) {
    if (reply && accepts(Stage::auth, *reply) && !sasl.finished()) {
      return finding(Finding::auth_unproven, Stage::auth);
    }
    if (!reply) return refusal(Stage::auth, reply);
    return refusal(Stage::auth, withheld_->without_it(*reply));
  }

  /// A host that would not have us is left politely, if it still listens.
  io::Async<> part() {
    if (!session_->spent) co_await session_->take_leave();
  }

  std::optional<Verdict> refusal(Stage stage, const io::Result<Reply>& reply) {
    if (!reply) return classify(stage, reply.error(), session_->remote());
    if (accepts(stage, *reply)) return std::nullopt;
    // Who speaks something else than SMTP is told no goodbye.
    if (!reply->transient() && !reply->permanent()) session_->spent = true;
    return classify(stage, *reply, session_->remote());
  }

  Verdict finding(Finding what, Stage stage) { return classify(what, stage, session_->remote()); }

  const OpeningTerms& terms_;
  const Host& host_;
  Omitted omitted_;
  bool tls_broke_ = false;
  bool helo_needed_ = false;
  bool ehlo_refused_ = false;
  io::Instant began_;
  std::optional<Withheld> withheld_;
  bool passed_over_ = false;  // by us: the mechanism, not the login
  std::unique_ptr<Session> session_;
};

}  // namespace

io::Async<Opened> open_session(OpeningTerms terms, Host host) {
  Opening first{terms, host, {}};
  Opened opened = co_await first.run();
  const bool ours = opened.verdict && opened.verdict->fault == mail::Fault::ours;
  Omitted omitted;
  omitted.tls = first.tls_broke() && may_go_in_clear(terms.policy);
  omitted.ehlo = !omitted.tls && first.helo_needed() && may_do_without_ehlo(terms.policy);
  omitted.ehlo_refused = first.ehlo_refused();
  if (ours || (!omitted.tls && !omitted.ehlo)) co_return opened;
  Opening second{terms, host, omitted};
  opened = co_await second.run();
  co_return opened;
}

}  // namespace tenax::delivery
