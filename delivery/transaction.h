// SPDX-License-Identifier: Apache-2.0
#pragma once
// One MAIL, its RCPTs, DATA and the dot (RFC 5321 3.3), pipelined where the server allows it.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mail/delivery_request.h"
#include "mail/verdict.h"

#include "delivery/agent.h"
#include "delivery/classify.h"
#include "delivery/session.h"

namespace tenax::delivery {

/// What came of it. A recipient that is in neither list has no answer: `broken` says why, or else
/// it goes in another transaction, at once.
struct Outcome {
  std::vector<std::pair<std::size_t, mail::Verdict>> answered;   // by their place in the request
  std::vector<std::pair<std::size_t, mail::Verdict>> elsewhere;  // another host may take them
  std::optional<mail::Verdict> broken;  // scope host: another one may do better; scope message: no
                                        // host will, for now
  bool silent = true;                   // the server said nothing at all
  bool sender_refused = false;          // it would not begin
  bool fewer_offers = false;            // it does not know what it offered: the same without it
};

/// Concurrency: one coroutine, on the session's home; everything given must outlive run().
class Transaction {
 public:
  /// `recipients` are places in request.recipients.
  Transaction(Session& session, const mail::DeliveryRequest& request, Contents& contents,
              std::vector<std::size_t> recipients)
      : session_{session},
        request_{request},
        contents_{contents},
        recipients_{std::move(recipients)} {}

  io::Async<> run();

  [[nodiscard]] Outcome take_outcome() { return std::move(outcome_); }

 private:
  struct Step {
    mail::Stage stage;
    std::size_t recipient;  // for rcpt
    std::string command;
  };

  [[nodiscard]] bool prepare();
  [[nodiscard]] mail::Verdict lacking(Finding what, mail::Stage stage) const;
  io::Async<> reset();
  io::Async<> name_everyone();
  io::Async<> fly(std::size_t begin, std::size_t end);
  [[nodiscard]] std::size_t end_of_flight(std::size_t begin) const;
  io::Async<> ask_for_data();
  io::Async<> send_message(io::ByteSource& source);
  io::Async<> send_nothing();
  io::Async<> prove_the_step();

  void note(const Step& step, const mail::Reply& reply);
  void note_sender(const mail::Reply& reply);
  void note_recipient(std::size_t recipient, const mail::Reply& reply);
  bool takes_back_an_offer(mail::Stage stage, const mail::Reply& reply);
  void note_early(const mail::Reply& reply);
  void note_data(const mail::Reply& reply);
  void lose_the_step(mail::Verdict why);
  void answer(std::size_t recipient, mail::Verdict verdict);
  void answer_accepted(const mail::Verdict& verdict);
  void refuse(const mail::Verdict& verdict, const std::vector<std::size_t>& whom);
  void break_off(mail::Stage stage, const io::Error& error);

  Session& session_;
  const mail::DeliveryRequest& request_;
  Contents& contents_;
  std::vector<std::size_t> recipients_;
  std::vector<Step> steps_;
  std::vector<std::size_t> named_;  // those a command was made for
  std::vector<std::size_t> accepted_;
  bool dsn_ = false;   // the commands are made for a server that knows it
  bool full_ = false;  // no more recipients are to be named
  bool slow_ = false;  // the server, with its answers to those before
  bool data_asked_ = false;
  bool data_open_ = false;  // it waits for contents
  bool failed_at_data_ = false;
  std::size_t answered_by_us_ = 0;  // of outcome_.answered, without asking the server
  Outcome outcome_;
};

}  // namespace tenax::delivery
