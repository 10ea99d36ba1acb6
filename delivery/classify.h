// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an answer, a failure or a finding of our own means for the mail. The only place that
// decides.

#include <string>
#include <string_view>

#include "mail/reply.h"
#include "mail/stage.h"
#include "mail/verdict.h"

#include "io/result.h"

namespace tenax::delivery {

/// Is this the reply that lets the dialogue go on at this stage? Concurrency: pure, as all here.
[[nodiscard]] bool accepts(mail::Stage stage, const mail::Reply& reply);

/// What a reply means: delivered when it accepts the message (stage dot), deferred or failed
/// otherwise. Not for replies that accept an earlier stage: they decide nothing yet.
///
/// A positive reply of the wrong kind, or one of no known class, means that server and client are
/// out of step: the host is left, and after the dot the message is in doubt. But whatever is said
/// to a RCPT concerns that recipient alone (RFC 5321 3.3), unless the host is leaving (421).
[[nodiscard]] mail::Verdict classify(mail::Stage stage, const mail::Reply& reply,
                                     const mail::RemoteHost& from);

/// What a failure outside means: of the wire, of the names, of our own disk. After the dot the
/// message is in doubt whatever failed (RFC 1047).
[[nodiscard]] mail::Verdict classify(mail::Stage stage, const io::Error& error,
                                     const mail::RemoteHost& with);

/// "Too many recipients": not a deferral but the wish for another transaction. 452, and 552 from
/// old servers (RFC 5321 4.5.3.1.10), unless an enhanced status says that something else is meant.
[[nodiscard]] bool asks_for_another_transaction(const mail::Reply& reply);

/// What we find out without being told.
enum class Finding {
  null_mx,              // RFC 7505
  no_such_domain,       // NXDOMAIN
  no_mail_service,      // the name is there, but no host for its mail
  many_dead_hosts,      // none of those looked up is there, and there are more
  route_unknown,        // our own route names what has no host for mail
  route_loops,          // our own route leads to ourselves
  loop,                 // the best host is ourselves
  own_door,             // every address is this machine, where we listen
  tls_not_offered,      // and we must not do without
  injected,             // replies in clear behind the 220 to STARTTLS
  auth_not_offered,     // and we have credentials to show
  auth_only_in_clear,   // only mechanisms that would show the password
  auth_unproven,        // the server did not prove that it knows the password (SCRAM)
  auth_unspeakable,     // what we have to show cannot be said in any way offered
  auth_too_costly,      // more rounds of hashing are asked for than we compute
  too_large,            // larger than the server's stated limit
  sender_not_ascii,     // and the server lacks SMTPUTF8
  recipient_not_ascii,  // the same
  out_of_step,          // more replies than commands
  out_of_time,          // the time for the whole delivery is over
  stopped,              // our owner cancelled the delivery
};

/// `detail` completes the sentence; "" when there is nothing to add.
[[nodiscard]] mail::Verdict classify(Finding finding, mail::Stage stage,
                                     const mail::RemoteHost& with, std::string_view detail = {});

/// "mx1.example.net[192.0.2.1]".
[[nodiscard]] std::string called(const mail::RemoteHost& host);

}  // namespace tenax::delivery
