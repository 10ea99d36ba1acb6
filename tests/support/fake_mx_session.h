// SPDX-License-Identifier: Apache-2.0
#pragma once
// One connection with a FakeMx, from its greeting to its end.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fake_mx.h"

namespace tenax::testing {

/// Each step returns false when the connection is over. Concurrency: one coroutine.
class MxSession {
 public:
  MxSession(FakeMx& mx, std::unique_ptr<FakeStream> stream);
  ~MxSession();
  MxSession(const MxSession&) = delete;
  MxSession& operator=(const MxSession&) = delete;

  io::Async<> run();

 private:
  struct Spoken {
    bool goes_on = false;
    bool positive = false;
  };

  io::Async<bool> greet();
  io::Async<bool> obey(std::string line);
  io::Async<bool> hello(std::string line, bool extended);
  io::Async<bool> start_tls(std::string line);
  io::Async<bool> authenticate(std::string line);
  io::Async<bool> mail_from(std::string line);
  io::Async<bool> rcpt_to(std::string line);
  io::Async<bool> data(std::string line);
  io::Async<bool> contents();
  io::Async<bool> interrupt(MxRule rule);
  io::Async<bool> dot();

  /// The reply of this stage, or what a rule makes of it.
  io::Async<Spoken> answer(mail::Stage stage, std::string command, std::string reply);
  io::Async<Spoken> answer_as(std::optional<MxRule> rule, std::string reply);
  io::Async<bool> say(std::string bytes);
  io::Async<bool> say_slowly(std::string bytes, io::Span interval);
  io::Async<> flood(std::string bytes);
  io::Async<> stall();
  io::Async<bool> fill();
  io::Async<std::optional<std::string>> line();

  [[nodiscard]] std::string mail_reply(std::string_view line) const;
  [[nodiscard]] std::string rcpt_reply(const std::string& recipient);
  void take(bool answered);
  void forget_transaction();

  FakeMx& mx_;
  std::shared_ptr<int> open_;
  std::unique_ptr<FakeStream> stream_;
  std::string inbox_;
  std::size_t read_ = 0;  // of inbox_
  int number_;
  std::string client_;
  bool authenticated_ = false;
  bool in_transaction_ = false;
  bool in_contents_ = false;
  bool spoke_idle_ = false;
  int messages_ = 0;
  TakenMail mail_;
  std::size_t octets_ = 0;
};

}  // namespace tenax::testing
