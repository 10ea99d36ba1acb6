// SPDX-License-Identifier: Apache-2.0
#pragma once
// From an address to a session that may be given mail: connection, greeting, EHLO, TLS, AUTH.

#include <memory>
#include <optional>
#include <string>

#include "mail/verdict.h"

#include "io/clock.h"
#include "io/stream.h"

#include "delivery/agent.h"
#include "delivery/broken_extensions.h"
#include "delivery/mx.h"
#include "delivery/session.h"

namespace tenax::delivery {

/// The session, or why this host will not do; the verdict's scope is the host unless the trouble is
/// our own.
struct Opened {
  std::unique_ptr<Session> session;
  std::optional<mail::Verdict> verdict;
};

/// How to open it.
struct OpeningTerms {
  io::Connector& connector;
  Patience patience;
  std::string our_name;
  DestinationPolicy policy;
  int port = 25;
  BrokenExtensions* broken_extensions;  // outlives the opening
};

/// Opportunistic TLS that fails is followed by a second connection to the same host, in clear; an
/// EHLO at which the host hangs up by one that says HELO, if it did so the last time too.
/// The session lives on the executor of the caller.
io::Async<Opened> open_session(OpeningTerms terms, Host host);

}  // namespace tenax::delivery
