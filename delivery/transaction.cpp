// SPDX-License-Identifier: Apache-2.0
#include "delivery/transaction.h"

#include <utility>

#include "delivery/commands.h"
#include "delivery/data_writer.h"

namespace tenax::delivery {

using mail::Kind;
using mail::Reply;
using mail::Scope;
using mail::Stage;
using mail::Verdict;

namespace {

// Commands sent before the replies to them are read must fit the buffers between us: a server that
// cannot get rid of its replies stops reading, and both would wait (RFC 2920 3.1).
constexpr std::size_t kFlightOctets = 4096;

// A server may take five minutes for each recipient (RFC 5321 4.5.3.2.3), and a delivery ends after
// an hour. So the first flight shows how fast it is, and whoever was accepted after a quarter of
// that gets the message, the others another transaction.
constexpr std::size_t kFirstFlight = 20;  // commands
constexpr std::size_t kSlowFlight = 5;
constexpr io::Span kSlowAnswers = std::chrono::seconds{30};  // to the first flight
constexpr io::Span kLongestNaming = std::chrono::minutes{15};

}  // namespace

io::Async<> Transaction::run() {
  if (!prepare()) co_return;
  auto opened = co_await contents_.open(request_.message);
  if (!opened) {
    outcome_.silent = false;  // a fresh connection would not help
    outcome_.broken = classify(Stage::local, opened.error(), session_.remote());
    co_return;
  }
  const std::unique_ptr<io::ByteSource> source = std::move(*opened);
  ++session_.transactions;
  if (session_.needs_reset) co_await reset();
  if (!outcome_.broken) co_await name_everyone();
  if (!outcome_.broken && !data_asked_ && !accepted_.empty()) co_await ask_for_data();
  if (!outcome_.broken && failed_at_data_) co_await prove_the_step();
  if (outcome_.broken || !data_open_) co_return;
  if (accepted_.empty()) {
    co_await send_nothing();
  } else {
    co_await send_message(*source);
  }
}

/// Makes the commands, and answers those whom this server cannot be named to.
bool Transaction::prepare() {
  const Capabilities& server = session_.capabilities;
  const mail::RemoteHost& remote = session_.remote();
  const bool utf8 = speaks_utf8(request_, server);
  const std::optional<std::string> mail = mail_command(request_.envelope, server, utf8);
  std::optional<Verdict> hopeless;
  if (!mail) {
    hopeless = lacking(Finding::sender_not_ascii, Stage::mail);
  } else if (server.largest > 0 && request_.envelope.size > server.largest) {
    const std::string limit = std::to_string(server.largest) + " octets";
    hopeless = classify(Finding::too_large, Stage::mail, remote, limit);
  }
  if (hopeless) {
    refuse(*hopeless, recipients_);
    return false;
  }
  steps_.push_back({Stage::mail, 0, *mail});
  for (const std::size_t recipient : recipients_) {
    const auto rcpt = rcpt_command(request_.recipients[recipient], server, utf8);
    if (rcpt) {
      steps_.push_back({Stage::rcpt, recipient, *rcpt});
      named_.push_back(recipient);
    } else {
      answer(recipient, lacking(Finding::recipient_not_ascii, Stage::rcpt));
    }
  }
  answered_by_us_ = outcome_.answered.size();
  if (named_.empty()) return false;
  dsn_ = server.dsn;
  if (server.pipelining) steps_.push_back({Stage::data, 0, "DATA"});
  return true;
}

/// What a session cannot carry, another one may, where the host was not asked what it offers.
Verdict Transaction::lacking(Finding what, Stage stage) const {
  Verdict verdict = classify(what, stage, session_.remote());
  if (session_.capabilities_unknown) {
    verdict.kind = Kind::deferred;
    verdict.status.klass = 4;
  }
  return verdict;
}

io::Async<> Transaction::reset() {
  std::string command = "RSET";
  const io::Result<Reply> reply = co_await session_.exchange(Stage::mail, std::move(command));
  if (!reply) {
    break_off(Stage::mail, reply.error());
  } else if (!accepts(Stage::mail, *reply)) {
    // Who does not forget must not be told more. To the caller this session is gone.
    session_.spent = true;
    outcome_.broken = classify(Finding::out_of_step, Stage::mail, session_.remote());
  }
  session_.needs_reset = false;
}

/// Recipients were accepted, and their mail is refused for good before it was sent. Had the server
/// said one thing too much before, that would be the answer to another of them, and the one to DATA
/// would now be taken for the answer to RSET.
io::Async<> Transaction::prove_the_step() {
  std::string command = "RSET";
  const io::Result<Reply> reply = co_await session_.exchange(Stage::data, std::move(command));
  session_.needs_reset = false;
  const bool in_step = !reply || reply->code == 421 || accepts(Stage::mail, *reply);
  if (!in_step) lose_the_step(classify(Finding::out_of_step, Stage::data, session_.remote()));
}

/// Nobody knows which reply was for whom: none counts.
void Transaction::lose_the_step(Verdict why) {
  const auto first = outcome_.answered.begin() + static_cast<std::ptrdiff_t>(answered_by_us_);
  outcome_.answered.erase(first, outcome_.answered.end());
  outcome_.elsewhere.clear();
  accepted_.clear();
  session_.spent = true;
  outcome_.broken = std::move(why);
}

io::Async<> Transaction::name_everyone() {
  const io::Instant began = session_.now();
  std::size_t next = 0;
  while (next < steps_.size() && !outcome_.broken && !outcome_.sender_refused && !full_) {
    const std::size_t end = end_of_flight(next);
    co_await fly(next, end);
    next = end;
    const io::Span took = session_.now() - began;
    slow_ = slow_ || took >= kSlowAnswers;
    if (took >= kLongestNaming && !accepted_.empty()) full_ = true;
  }
}

std::size_t Transaction::end_of_flight(std::size_t begin) const {
  if (!session_.capabilities.pipelining) return begin + 1;
  const std::size_t most = begin == 0 ? kFirstFlight : slow_ ? kSlowFlight : steps_.size();
  std::size_t octets = 0;
  std::size_t end = begin;
  while (end < steps_.size() && end - begin < most) {
    octets += steps_[end].command.size() + 2;
    if (end > begin && octets > kFlightOctets) break;
    ++end;
  }
  return end;
}

/// One flight of commands, and their replies in the same order.
io::Async<> Transaction::fly(std::size_t begin, std::size_t end) {
  std::string bytes;
  for (std::size_t at = begin; at < end; ++at) bytes += steps_[at].command + "\r\n";
  const Stage first = steps_[begin].stage;
  const io::Result<> sent = co_await session_.send(first, bytes);
  if (!sent) {
    break_off(first, sent.error());
    co_return;
  }
  for (std::size_t at = begin; at < end && !outcome_.broken; ++at) {
    const Step& step = steps_[at];
    const io::Result<Reply> reply = co_await session_.receive(step.stage);
    if (!reply) {
      break_off(step.stage, reply.error());
    } else {
      note(step, *reply);
    }
    // The replies to the rest of the flight are still to come, and nobody will read them.
    if (outcome_.broken && at + 1 < end) session_.spent = true;
  }
}

io::Async<> Transaction::ask_for_data() {
  steps_.push_back({Stage::data, 0, "DATA"});
  co_await fly(steps_.size() - 1, steps_.size());
}

io::Async<> Transaction::send_message(io::ByteSource& source) {
  session_.allow_for(source.size());
  const Written written = co_await write_contents(session_, source);
  if (written.contents) {
    outcome_.broken = classify(Stage::body, *written.contents, session_.remote());
    co_return;
  }
  if (written.early) {
    note_early(*written.early);
    co_return;
  }
  if (written.wire) {
    break_off(written.dot_sent ? Stage::dot : Stage::body, *written.wire);
    co_return;
  }
  const io::Result<Reply> reply = co_await session_.receive(Stage::dot);
  if (!reply) {
    break_off(Stage::dot, reply.error());
    co_return;
  }
  session_.needs_reset = false;
  answer_accepted(classify(Stage::dot, *reply, session_.remote()));
}

/// The server wants contents although it refused every recipient: it gets none (RFC 2920 3.1).
io::Async<> Transaction::send_nothing() {
  std::string dot = ".";
  const io::Result<Reply> reply = co_await session_.exchange(Stage::dot, std::move(dot));
  if (reply) session_.needs_reset = false;
}

void Transaction::note(const Step& step, const Reply& reply) {
  outcome_.silent = false;
  if (reply.code == 421) {
    outcome_.broken = classify(step.stage, reply, session_.remote());
    // The first word on a session that has served before: tired of us, or gone meanwhile.
    if (step.stage == Stage::mail) outcome_.silent = true;
    return;
  }
  switch (step.stage) {
    case Stage::mail: note_sender(reply); break;
    case Stage::rcpt: note_recipient(step.recipient, reply); break;
    default: note_data(reply); break;
  }
}

/// It may be the session that is refused and not the sender: "one message per connection" has every
/// code there is. So no later message meets this session.
void Transaction::note_sender(const Reply& reply) {
  if (accepts(Stage::mail, reply)) {
    session_.needs_reset = true;
    return;
  }
  outcome_.sender_refused = true;
  if (takes_back_an_offer(Stage::mail, reply)) return;
  session_.parting = true;
  refuse(classify(Stage::mail, reply, session_.remote()), named_);
}

/// 555 (RFC 5321 4.1.1.11): it does not know the parameters that it offered, as where a filter
/// speaks for another server. Nobody's mail fails for what is only our wish.
bool Transaction::takes_back_an_offer(Stage stage, const Reply& reply) {
  if (reply.code != 555) return false;
  Capabilities& server = session_.capabilities;
  const bool in_mail = stage == Stage::mail;
  const bool more = in_mail && (server.size || server.eight_bit || server.smtputf8);
  if (!dsn_ && !more) return false;
  server.dsn = false;
  if (in_mail) server.size = server.eight_bit = server.smtputf8 = false;
  outcome_.fewer_offers = true;
  return true;
}

void Transaction::note_recipient(std::size_t recipient, const Reply& reply) {
  if (outcome_.sender_refused) return;  // "503 MAIL first" says nothing of this recipient
  if (accepts(Stage::rcpt, reply)) {
    accepted_.push_back(recipient);
    return;
  }
  if (!accepted_.empty() && asks_for_another_transaction(reply)) {
    full_ = true;
    return;
  }
  if (takes_back_an_offer(Stage::rcpt, reply)) return;
  // "354" to a RCPT: who knows what the next reply would be for.
  if (!reply.transient() && !reply.permanent()) session_.parting = true;
  Verdict verdict = classify(Stage::rcpt, reply, session_.remote());
  if (verdict.scope == Scope::host) {
    outcome_.elsewhere.emplace_back(recipient, std::move(verdict));
  } else {
    answer(recipient, std::move(verdict));
  }
}

void Transaction::note_data(const Reply& reply) {
  data_asked_ = true;
  data_open_ = accepts(Stage::data, reply);
  if (data_open_ || accepted_.empty()) return;
  Verdict verdict = classify(Stage::data, reply, session_.remote());
  if (!reply.transient() && !reply.permanent()) return lose_the_step(std::move(verdict));
  failed_at_data_ = reply.permanent();
  answer_accepted(verdict);
}

/// A refusal needs no dot: it is the verdict on the message. Anything else does.
void Transaction::note_early(const Reply& reply) {
  if (reply.transient() || reply.permanent()) {
    answer_accepted(classify(Stage::body, reply, session_.remote()));
  } else {
    outcome_.broken = classify(Finding::out_of_step, Stage::body, session_.remote());
  }
}

void Transaction::answer(std::size_t recipient, Verdict verdict) {
  outcome_.answered.emplace_back(recipient, std::move(verdict));
}

void Transaction::answer_accepted(const Verdict& verdict) {
  Verdict one = verdict;
  // RFC 3461 5.2.2: a server that took NOTIFY reports success itself.
  one.notify_passed_on = verdict.kind == Kind::delivered && dsn_;
  refuse(one, accepted_);
}

/// Gives all of them this verdict, unless it is about the host: then they have no answer yet.
void Transaction::refuse(const Verdict& verdict, const std::vector<std::size_t>& whom) {
  if (verdict.scope == Scope::host && !verdict.in_doubt) {
    outcome_.broken = verdict;
    const bool refused = !verdict.reply || verdict.reply->transient() || verdict.reply->permanent();
    if (!refused) session_.spent = true;  // out of step
    return;
  }
  if (verdict.in_doubt) session_.spent = true;
  for (const std::size_t recipient : whom) answer(recipient, verdict);
}

void Transaction::break_off(Stage stage, const io::Error& error) {
  Verdict verdict = classify(stage, error, session_.remote());
  if (!verdict.in_doubt) {
    outcome_.broken = std::move(verdict);
    return;
  }
  // In doubt for those whose message it was; the others of this delivery go on elsewhere.
  outcome_.silent = false;
  for (const std::size_t recipient : accepted_) answer(recipient, verdict);
  outcome_.broken = std::move(verdict);
  outcome_.broken->in_doubt = false;
}

}  // namespace tenax::delivery
