// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one answer means for one recipient, and how far it reaches.

#include <optional>
#include <string>
#include <string_view>

#include "mail/enhanced_status.h"
#include "mail/reply.h"
#include "mail/stage.h"

namespace tenax::mail {

enum class Kind { delivered, deferred, failed };

/// How far one answer reaches.
enum class Scope {
  host,       // this host will not serve us now; ask the next one
  message,    // this host will not have this message; other messages may pass
  recipient,  // this recipient alone
};

/// Whose limit was hit when no server refused: decides whether an attempt is counted (promise 9).
enum class Fault {
  theirs,  // the destination's: a reply, a closed door, silence
  ours,    // our own network, resolver, disk or limits: nothing was learnt about the destination
};

/// The remote end of a session, as far as it got. Strings are empty where unknown. Concurrency:
/// value.
struct RemoteHost {
  std::string name;     // "mx1.example.net"; printable
  std::string address;  // "192.0.2.1"
  int port = 0;
  std::string tls;  // "" in clear, else "TLSv1.3 TLS_AES_256_GCM_SHA384"
  friend bool operator==(const RemoteHost&, const RemoteHost&) = default;
};

/// Whatever we decide, we can show why. Concurrency: value.
struct Verdict {
  Kind kind = Kind::deferred;
  Scope scope = Scope::recipient;
  Fault fault = Fault::theirs;
  Stage stage = Stage::local;
  EnhancedStatus status;       // the server's, else ours by RFC 3463; its class agrees with `kind`,
                               // but where the operator has what is refused tried again
  std::optional<Reply> reply;  // what the server said, if it said anything
  std::string text;            // one printable line: the reply's text or our own words
  RemoteHost host;             // who said it
  bool in_doubt = false;       // the wire died between our dot and the answer (RFC 1047)
  bool notify_passed_on = false;  // delivered to a server that knows DSN: success is its to tell
                                  // (RFC 3461 5.2.2)
};

[[nodiscard]] std::string_view to_string(Kind kind);    // "delivered", "deferred", "failed"
[[nodiscard]] std::string_view to_string(Scope scope);  // "host", "message", "recipient"
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view text);
[[nodiscard]] std::optional<Scope> parse_scope(std::string_view text);

}  // namespace tenax::mail
