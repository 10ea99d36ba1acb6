// SPDX-License-Identifier: Apache-2.0
#pragma once
// A receiver that can be told how to misbehave, speaking SMTP over a FakeStream. It remembers all
// it accepted, so that tests and the simulation can count copies.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mail/stage.h"

#include "io/clock.h"
#include "io/random.h"

#include "tests/support/fake_net.h"

namespace tenax::testing {

/// What a receiver does at one stage instead of its ordinary answer. The first rule that applies
/// wins.
class MxRule {
 public:
  /// This reply, lines separated by CRLF or whole without; positive ones have their usual effect.
  MxRule& says(std::string reply) { return becomes(Act::says, std::move(reply)); }
  /// These bytes as they are; then it goes on as if it had answered.
  MxRule& sends(std::string bytes) { return becomes(Act::sends, std::move(bytes)); }
  /// These bytes again and again, as fast as they are taken, until the client goes.
  MxRule& floods(std::string bytes) { return becomes(Act::floods, std::move(bytes)); }
  MxRule& hangs_up() { return becomes(Act::hangs_up); }  // before answering
  MxRule& resets() { return becomes(Act::resets); }
  MxRule& answers_and_hangs_up() { return becomes(Act::answers_and_hangs_up); }
  MxRule& says_and_hangs_up(std::string reply) {
    return becomes(Act::says_and_hangs_up, std::move(reply));
  }
  /// At the dot only: the mail is taken, but the answer is never sent.
  MxRule& takes_it_and_hangs_up() { return becomes(Act::takes_it_and_hangs_up); }
  MxRule& stalls() { return becomes(Act::stalls); }  // and never answers again
  /// At the dot only: the mail is taken, then silence.
  MxRule& takes_it_and_stalls() { return becomes(Act::takes_it_and_stalls); }
  /// The ordinary answer, one byte each `interval`.
  MxRule& drips(io::Span interval);
  /// The ordinary answer after a while.
  MxRule& waits(io::Span length);

  MxRule& times(int most) {  // applies so often, then never again
    left_ = most;
    return *this;
  }
  MxRule& chance(double part) {  // of the times it could apply; needs FakeMx's dice
    chance_ = part;
    return *this;
  }
  MxRule& only(std::string text) {  // when the command contains this
    only_ = std::move(text);
    return *this;
  }
  MxRule& after(int sessions) {  // not before this many sessions have begun
    after_ = sessions;
    return *this;
  }

 private:
  friend class FakeMx;
  friend class MxSession;
  enum class Act {
    answers,
    says,
    sends,
    floods,
    hangs_up,
    resets,
    answers_and_hangs_up,
    says_and_hangs_up,
    takes_it_and_hangs_up,
    takes_it_and_stalls,
    stalls,
    drips,
    waits
  };
  explicit MxRule(mail::Stage stage) : stage_{stage} {}
  MxRule& becomes(Act act, std::string bytes = {}) {
    act_ = act;
    bytes_ = std::move(bytes);
    return *this;
  }

  mail::Stage stage_;
  Act act_ = Act::answers;
  std::string bytes_;
  std::string only_;
  io::Span span_{0};
  int left_ = -1;
  int after_ = 0;
  double chance_ = 1.0;
};

/// One transaction the receiver took responsibility for.
struct TakenMail {
  std::string sender;                   // between "<" and ">"
  std::vector<std::string> recipients;  // the accepted ones, same form
  std::string contents;                 // dots unstuffed
  std::string mail_command;             // "MAIL FROM:<ann@example.org> SIZE=12"
  std::vector<std::string> rcpt_commands;
  std::string client;  // as it said in EHLO or HELO
  bool tls = false;
  bool answered = true;  // false: it took the mail, but its answer was not sent
  int session = 0;       // counted from 1
  io::WallTime when;
};

/// What it offers and refuses. Plain values; a test or a seed sets what it wants.
struct MxManners {
  std::string name = "mx.example.net";
  bool knows_ehlo = true;
  bool pipelining = true;
  bool breaks_under_pipelining = false;  // hangs up at MAIL when more commands came with it
  bool eight_bit = true;
  bool smtputf8 = false;
  bool dsn = false;
  bool enhanced = true;
  std::optional<std::int64_t> size;  // SIZE=; refuses what is larger
  std::string auth;                  // "PLAIN LOGIN"; "" offers none
  std::string user, password;        // what AUTH accepts
  bool scram_begins = false;         // AUTH SCRAM has its challenge, but is never let in
  bool auth_required = false;        // 530 before it
  bool starttls = false;
  bool tls_required = false;             // 530 before it
  bool tls_works = true;                 // false: the handshake breaks
  bool deaf_in_tls = false;              // hangs up at the first command inside
  bool tls_at_once = false;              // port 465
  std::vector<std::string> certificate;  // names it proves
  std::vector<std::string> more_ehlo;    // further EHLO lines
  io::Span greylisting{0};               // for each (sender, recipient), from its first try
  int per_hour = 0;                      // messages; 0: no limit
  int most_recipients = 0;               // per transaction, then 452; 0: no limit
  int messages_per_session = 0;          // then `enough`; 0: no limit
  std::string enough = "421 4.7.0 enough for one session";
  int octets_per_second = 0;                  // how fast it reads contents; 0: at once
  int most_sessions = 0;                      // at once, then 421 as greeting; 0: no limit
  io::Span tarpit{0};                         // before every answer
  io::Span idle{std::chrono::minutes{10}};    // then it hangs up
  std::string idle_words;                     // or says this, once a session, and waits on
  std::set<std::string> unknown;              // recipients refused with 550
  std::set<std::string> temporarily_failing;  // and with 450
  std::size_t keep_contents = 1'000'000;      // of each message; the rest is counted only
};

/// Set it up, give server() to a FakeHost. One FakeMx may stand behind several addresses. It must
/// outlive the run of the context. Concurrency: one thread.
class FakeMx {
 public:
  explicit FakeMx(io::Clock& clock, io::Random* dice = nullptr) : clock_{clock}, dice_{dice} {}
  FakeMx(const FakeMx&) = delete;
  FakeMx& operator=(const FakeMx&) = delete;

  MxManners manners;

  /// A new rule for this stage. `ehlo` covers HELO too; `body` acts in the middle of the contents:
  /// it answers, floods, hangs up, resets or stalls there; having answered, it reads on.
  MxRule& at(mail::Stage stage);
  void forget_rules() { rules_.clear(); }

  /// Called for each mail as it is taken.
  std::function<void(const TakenMail&)> on_taken;

  [[nodiscard]] FakeHost::Server server();

  [[nodiscard]] const std::vector<TakenMail>& taken() const { return taken_; }
  /// How many copies this recipient got.
  [[nodiscard]] int copies(std::string_view recipient) const;
  [[nodiscard]] int sessions() const { return sessions_; }
  [[nodiscard]] int open_sessions() const { return *open_; }
  [[nodiscard]] int most_open_sessions() const { return most_open_; }
  /// Octets it put on the wire, read or not.
  [[nodiscard]] std::size_t said() const { return said_; }
  /// Every line a client sent, contents left out; the last 10,000.
  [[nodiscard]] const std::deque<std::string>& heard() const { return heard_; }
  [[nodiscard]] int heard(std::string_view verb) const;  // lines that begin so

 private:
  friend class MxSession;
  io::Async<> serve(std::unique_ptr<FakeStream> stream);
  /// A copy of the rule that applies now; it counts as used.
  std::optional<MxRule> rule_for(mail::Stage stage, std::string_view command);
  bool rate_limited();
  bool greylisted(const std::string& sender, const std::string& recipient);

  io::Clock& clock_;
  io::Random* dice_;
  std::deque<MxRule> rules_;
  std::vector<TakenMail> taken_;
  std::map<std::pair<std::string, std::string>, io::Instant> first_seen_;
  std::deque<io::Instant> this_hour_;
  std::deque<std::string> heard_;
  std::size_t said_ = 0;
  int sessions_ = 0;
  std::shared_ptr<int> open_ = std::make_shared<int>(0);  // sessions may outlive us, asleep
  int most_open_ = 0;
};

}  // namespace tenax::testing
