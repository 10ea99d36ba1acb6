// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a simulated receiver does at each step: rules, read from lines, asked at every command.
//
//   STAGE [PATTERN] [first N | every N | chance P] ACTION
//
//   connect delay 2s                    every greeting comes late
//   rcpt *@grey.test greylist 60s       450 until client, sender, recipient waited 60 s
//   rcpt *@shop.test rate 20/1h         452 beyond 20 accepted recipients an hour
//   rcpt full@* reply 452 4.2.2 full
//   dot chance 0.1 hangup               one message in ten is taken, but no answer comes
//   mail every 3 reply 421 4.3.2 bye    and the connection ends, as for every 421

#include <chrono>
#include <iosfwd>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "mail/parsed.h"
#include "mail/time.h"

namespace tenax::mxsim {

enum class Step { connect, ehlo, mail, rcpt, data, dot, rset, quit };

struct Action {
  enum class Type { reply, greylist, rate, delay, hangup, silence, garbage } type = Type::reply;
  std::string reply;         // "450 4.7.1 text"
  mail::Duration length{0};  // greylist, delay; the period of a rate
  int count = 0;             // of a rate
};

struct Rule {
  Step step = Step::rcpt;
  std::string pattern =
      "*";        // of the recipient (rcpt, dot: any of them), the sender (mail), the client (else)
  int first = 0;  // only the first N times it matches
  int every = 0;  // only each Nth time
  double chance = 1.0;
  Action action;
};

/// One rule from one line. Fails saying what it expected.
[[nodiscard]] mail::Parsed<Rule> parse_rule(std::string_view line);

/// Rules one a line; empty lines and those that begin with # are skipped. The error begins with the
/// number of its line.
[[nodiscard]] mail::Parsed<std::vector<Rule>> parse_rules(std::istream& lines);

/// "*" for any characters; ASCII case is ignored.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

/// What is asked: who is at the door, and with what.
struct Occasion {
  Step step = Step::connect;
  std::string client;  // address
  std::string sender;
  std::vector<std::string> recipients;  // the one named (rcpt), all accepted (data, dot)
};

/// What to do, in this order. Concurrency: value.
struct Conduct {
  mail::Duration delay{0};
  bool hangup = false;
  bool silence = false;  // say nothing more, keep the connection
  bool garbage = false;
  std::optional<std::string> reply;  // instead of the good answer
};

/// The rules and their memory: who is greylisted since when, how many came. Memory is bounded; the
/// oldest is forgotten. Concurrency: one user at a time.
class Script {
 public:
  explicit Script(std::vector<Rule> rules, unsigned seed = 1);
  [[nodiscard]] Conduct decide(const Occasion& occasion, mail::WallTime now);

 private:
  struct Memory {
    int seen = 0;
    std::map<std::string, mail::WallTime> first_seen;  // greylist: by client, sender, recipient
    std::vector<mail::WallTime> accepted;              // rate
  };
  bool applies(const Rule& rule, Memory& memory, const Occasion& occasion);
  void greylist(const Rule& rule, Memory& memory, const Occasion& occasion, mail::WallTime now,
                Conduct& conduct);
  void rate(const Rule& rule, Memory& memory, mail::WallTime now, Conduct& conduct);

  std::vector<Rule> rules_;
  std::vector<Memory> memories_;
  std::mt19937 dice_;
};

}  // namespace tenax::mxsim
