// SPDX-License-Identifier: Apache-2.0
#include "delivery/classify.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "delivery/stage.h"

namespace tenax::delivery {

using mail::EnhancedStatus;
using mail::Fault;
using mail::Kind;
using mail::Reply;
using mail::Scope;
using mail::Stage;
using mail::Verdict;

namespace {

constexpr std::size_t kReplyLinesKept = 20;  // in a verdict, which is stored once per recipient
constexpr std::size_t kReplyOctetsKept = 4096;

int class_of(Kind kind) {
  switch (kind) {
    case Kind::delivered: return 2;
    case Kind::deferred: return 4;
    case Kind::failed: return 5;
  }
  std::abort();
}

/// Subject and detail for a bare reply code, where RFC 5321 4.2.2 and RFC 4954 leave no choice.
EnhancedStatus status_for_code(int code) {
  switch (code) {
    case 421: return {4, 3, 2};
    case 452: return {4, 3, 1};
    case 500: return {5, 5, 2};
    case 501:
    case 504:
    case 555: return {5, 5, 4};
    case 502:
    case 503: return {5, 5, 1};
    case 521: return {5, 3, 2};
    case 530: return {5, 7, 0};
    case 534: return {5, 7, 9};
    case 535: return {5, 7, 8};
    case 538: return {5, 7, 11};
    case 553: return {5, 1, 3};
    case 556: return {5, 1, 10};
    default: return {code / 100, 0, 0};
  }
}

struct Decision {
  Kind kind;
  Scope scope;
};

/// No class that a client knows what to do with (RFC 5321 4.2.1), or that of another command.
bool is_out_of_step(const Reply& reply) { return !reply.transient() && !reply.permanent(); }

/// Wrong or missing credentials, TLS asked for (RFC 3207 4, RFC 4954 6). With a smarthost that is
/// our configuration, and nobody's mail should be returned for it before somebody had a look. But
/// it is an answer to the one MAIL: it may be for this sender only, so others are not held up.
/// Behind an accepted MAIL the same codes mean a recipient or the contents, whatever their words.
bool asks_for_a_login(int code) { return code == 530 || code == 534 || code == 535 || code == 538; }

/// "X.3.z: the mail system" (RFC 3463 3.4): this host is full, down or not up to it at the moment.
bool concerns_the_host(const Reply& reply) {
  const auto status = reply.status();
  return reply.code == 452 ? !status || status->subject == 3 : status && status->subject == 3;
}

Decision decide_on_recipient(const Reply& reply) {
  const auto status = reply.status();
  // 552 to RCPT means "too many recipients" in old servers and is temporary (RFC 5321
  // 4.5.3.1.10); one that says 5.2.2 beside it means a full mailbox and knows what it says.
  const bool old_552 = reply.code == 552 && (!status || (status->subject == 5));
  if (reply.permanent() && !old_552) return {Kind::failed, Scope::recipient};
  // Its own trouble, as it says itself (RFC 3463 3.4): another host may do better.
  const bool of_the_host = reply.transient() && status && status->subject == 3;
  return {Kind::deferred, of_the_host ? Scope::host : Scope::recipient};
}

Decision decide(Stage stage, const Reply& reply) {
  if (stage == Stage::dot && accepts(stage, reply)) return {Kind::delivered, Scope::message};
  if (reply.code == 421) return {Kind::deferred, Scope::host};  // RFC 5321 3.8: it is leaving
  if (stage == Stage::rcpt) return decide_on_recipient(reply);
  if (is_out_of_step(reply)) return {Kind::deferred, Scope::host};
  switch (stage) {
    case Stage::greeting:
      // RFC 7504 3: a host that never takes mail says 521; the domain may have others.
      if (reply.code == 521) return {Kind::failed, Scope::host};
      [[fallthrough]];
    case Stage::resolve:
    case Stage::connect:
    case Stage::ehlo:
    case Stage::starttls:
    case Stage::auth:
    case Stage::quit:
    case Stage::local:
      // A host that will not talk to us has said nothing about the mail.
      return {Kind::deferred, Scope::host};
    case Stage::mail:
      if (asks_for_a_login(reply.code)) return {Kind::deferred, Scope::message};
      [[fallthrough]];
    case Stage::rcpt:
    case Stage::data:
    case Stage::body:
    case Stage::dot: break;
  }
  if (reply.permanent()) return {Kind::failed, Scope::message};
  return {Kind::deferred, concerns_the_host(reply) ? Scope::host : Scope::message};
}

Reply kept(const Reply& reply) {
  Reply shorter{reply.code, {}};
  std::size_t room = kReplyOctetsKept;
  for (const std::string& line : reply.lines) {
    if (shorter.lines.size() == kReplyLinesKept || room == 0) break;
    shorter.lines.push_back(line.substr(0, room));
    room -= shorter.lines.back().size();
  }
  return shorter;
}

struct Meaning {
  EnhancedStatus status;
  Fault fault;
  Kind kind = Kind::deferred;
};

Meaning meaning(Stage stage, const io::Error& error) {
  using io::Errc;
  const EnhancedStatus bad_connection{4, 4, 2};  // RFC 3463 3.5, as the others
  const EnhancedStatus no_answer{4, 4, 1};
  const EnhancedStatus no_directory{4, 4, 3};
  const EnhancedStatus our_system{4, 3, 0};
  const bool names = stage == Stage::resolve;
  switch (static_cast<Errc>(error.code.value())) {
    case Errc::timed_out:
      if (names) return {no_directory, Fault::theirs};
      return {stage == Stage::connect ? no_answer : bad_connection, Fault::theirs};
    case Errc::closed:
    case Errc::reset: return {bad_connection, Fault::theirs};
    case Errc::refused:
    case Errc::unreachable: return {no_answer, Fault::theirs};
    case Errc::local_network: return {no_answer, Fault::ours};
    case Errc::name_not_found: return {{5, 1, 2}, Fault::theirs, Kind::failed};
    case Errc::name_unavailable:
    case Errc::name_bogus: return {no_directory, Fault::theirs};
    case Errc::tls_failed:
    case Errc::tls_unproven: return {{4, 7, 5}, Fault::theirs};
    case Errc::line_too_long: return {{4, 5, 0}, Fault::theirs};
    case Errc::protocol:
      if (names) return {{5, 1, 2}, Fault::theirs, Kind::failed};  // no name can be spelt so
      return {{4, 5, 0}, Fault::theirs};
    case Errc::cancelled: return {{4, 3, 2}, Fault::ours};
    case Errc::not_found:
    case Errc::disk_full:
    case Errc::disk_failed:
    case Errc::corrupt:
    case Errc::denied:
    case Errc::unfit:
    case Errc::busy:
    case Errc::closed_intake: return {our_system, Fault::ours};
  }
  return {our_system, Fault::ours};
}

std::string words_for(Stage stage, const io::Error& error, const std::string& host) {
  using io::Errc;
  const std::string doing{info(stage).doing};
  const std::string at_length = mail::printable(io::to_string(error), 500);
  switch (static_cast<Errc>(error.code.value())) {
    case Errc::timed_out:
      if (stage == Stage::resolve) return "no answer in time while " + doing + ": " + at_length;
      if (stage == Stage::connect) return "no answer from " + host + " while " + doing;
      return host + " kept us waiting too long while " + doing;
    case Errc::closed:
    case Errc::reset: return "lost connection with " + host + " while " + doing;
    case Errc::refused: return "connection refused by " + host;
    case Errc::unreachable: return "no way to " + host + ": " + at_length;
    case Errc::local_network: return "we cannot open a connection to " + host + ": " + at_length;
    case Errc::name_not_found: return "the name does not exist: " + at_length;
    case Errc::name_unavailable:
    case Errc::name_bogus: return "trouble while " + doing + ": " + at_length;
    case Errc::tls_failed: return "TLS with " + host + " failed: " + at_length;
    case Errc::tls_unproven: return host + " did not prove its name: " + at_length;
    case Errc::line_too_long: return host + " sent more than we read while " + doing;
    case Errc::protocol:
      if (stage == Stage::resolve) return "not a name: " + at_length;
      return host + " sent something else than SMTP replies while " + doing;
    case Errc::cancelled: return "we were stopped while " + doing;
    default: return "our own trouble while " + doing + ": " + at_length;
  }
}

struct Judgement {
  Kind kind;
  Scope scope;
  EnhancedStatus status;
  std::string_view words;
};

Judgement judge(Finding finding) {
  constexpr auto failed = Kind::failed;
  constexpr auto deferred = Kind::deferred;
  constexpr auto host = Scope::host;
  constexpr auto message = Scope::message;
  constexpr auto recipient = Scope::recipient;
  switch (finding) {
    case Finding::null_mx:
      return {failed, recipient, {5, 1, 10}, "the domain says it takes no mail"};
    case Finding::no_such_domain:
      return {failed, recipient, {5, 1, 2}, "the domain does not exist"};
    case Finding::no_mail_service:
      return {failed, recipient, {5, 4, 4}, "the domain has no host for its mail"};
    case Finding::many_dead_hosts:
      return {deferred,
              recipient,
              {4, 4, 4},
              "the domain names many hosts for its mail, and the first do not exist"};
    case Finding::route_unknown:
      return {deferred, message, {4, 3, 5}, "our route leads to an unknown host"};
    case Finding::route_loops:
      return {deferred, message, {4, 3, 5}, "our route leads back to ourselves"};
    case Finding::loop: return {failed, recipient, {5, 4, 6}, "its mail comes back to ourselves"};
    case Finding::own_door:
      return {failed,
              recipient,
              {5, 4, 6},
              "its mail is to stay on this machine, where no mailboxes are kept"};
    case Finding::tls_not_offered:
      return {deferred, host, {4, 7, 4}, "TLS is required here, but not offered"};
    case Finding::injected:
      return {deferred, host, {4, 7, 5}, "bytes in clear came behind the answer to STARTTLS"};
    case Finding::auth_not_offered:
      return {deferred, host, {4, 7, 0}, "no way to log in that we know is offered"};
    case Finding::auth_only_in_clear:
      return {deferred, host, {4, 7, 11}, "logging in would show the password in clear"};
    case Finding::auth_unproven:
      return {deferred, host, {4, 7, 0}, "the server did not prove that it knows the password"};
    case Finding::auth_unspeakable:
      return {deferred,
              host,
              {4, 7, 8},
              "our user name or password has characters with which there is no logging in by"};
    case Finding::auth_too_costly:
      return {
          deferred, host, {4, 7, 0}, "to log in, the server asks for more rounds of hashing than"};
    case Finding::too_large:
      return {failed, message, {5, 3, 4}, "the message is larger than the limit of"};
    case Finding::sender_not_ascii:
      return {failed,
              message,
              {5, 6, 7},
              "the sender's address is not ASCII, and SMTPUTF8 is not offered"};
    case Finding::recipient_not_ascii:
      return {
          failed, recipient, {5, 6, 7}, "the address is not ASCII, and SMTPUTF8 is not offered"};
    case Finding::out_of_step:
      return {deferred, host, {4, 5, 0}, "more replies came than commands were sent"};
    case Finding::out_of_time:
      return {deferred, host, {4, 4, 1}, "the time for one delivery is over"};
    case Finding::stopped: return {deferred, message, {4, 3, 2}, "we were stopped"};
  }
  std::abort();
}

}  // namespace

bool accepts(Stage stage, const Reply& reply) {
  if (stage == Stage::data) return reply.code == 354;
  return reply.code >= 200 && reply.code < 300;
}

Verdict classify(Stage stage, const Reply& reply, const mail::RemoteHost& from) {
  assert(stage == Stage::dot || !accepts(stage, reply));
  const Decision decision = decide(stage, reply);
  Verdict verdict;
  verdict.kind = decision.kind;
  verdict.scope = decision.scope;
  verdict.stage = stage;
  verdict.status = reply.status().value_or(status_for_code(reply.code));
  if (stage == Stage::rcpt && asks_for_another_transaction(reply)) verdict.status = {4, 5, 3};
  const bool out_of_step = is_out_of_step(reply) && verdict.kind != Kind::delivered;
  if (out_of_step) verdict.status = {4, 5, 0};
  // Postponing what the server calls final must not be reported as final (RFC 3463 2).
  verdict.status.klass = class_of(verdict.kind);
  verdict.reply = kept(reply);
  verdict.text = reply.text();
  verdict.host = from;
  verdict.in_doubt = stage == Stage::dot && out_of_step;
  return verdict;
}

Verdict classify(Stage stage, const io::Error& error, const mail::RemoteHost& with) {
  const Meaning means = meaning(stage, error);
  Verdict verdict;
  verdict.kind = means.kind;
  verdict.scope = stage == Stage::resolve ? Scope::recipient : Scope::host;
  verdict.fault = means.fault;
  verdict.stage = stage;
  verdict.status = means.status;
  verdict.text = words_for(stage, error, called(with));
  verdict.host = with;
  verdict.in_doubt = stage == Stage::dot;
  if (means.fault == Fault::ours && !error.is(io::Errc::local_network)) {
    verdict.scope = Scope::message;  // another host would not help
  }
  return verdict;
}

bool asks_for_another_transaction(const Reply& reply) {
  const auto status = reply.status();
  if (status)
    return (reply.transient() || reply.code == 552) && status->subject == 5 && status->detail == 3;
  return reply.code == 452 || reply.code == 552;
}

Verdict classify(Finding finding, Stage stage, const mail::RemoteHost& with,
                 std::string_view detail) {
  const Judgement judged = judge(finding);
  Verdict verdict;
  verdict.kind = judged.kind;
  verdict.scope = judged.scope;
  verdict.fault = finding == Finding::stopped ? Fault::ours : Fault::theirs;
  verdict.stage = stage;
  verdict.status = judged.status;
  verdict.text = judged.words;
  if (!detail.empty()) verdict.text += " " + mail::printable(detail, 500);
  if (!with.name.empty() || !with.address.empty()) verdict.text += " (" + called(with) + ")";
  verdict.host = with;
  return verdict;
}

std::string called(const mail::RemoteHost& host) {
  if (host.name.empty() && host.address.empty()) return "the server";
  std::string text = mail::printable(host.name, 300);
  if (!host.address.empty() && host.address != host.name) text += "[" + host.address + "]";
  return text;
}

}  // namespace tenax::delivery
