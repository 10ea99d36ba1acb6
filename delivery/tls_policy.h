// SPDX-License-Identifier: Apache-2.0
#pragma once
// When to turn to TLS, what the server must prove, and what to do when it fails.

#include <string>

#include "io/stream.h"

#include "delivery/agent.h"

namespace tenax::delivery {

enum class TlsStep {
  stay_in_clear,
  start,
  refuse,  // we must not go on without
};

/// After EHLO in clear. `broke_before`: a handshake with this host has just failed. Concurrency:
/// pure, as all here.
[[nodiscard]] TlsStep tls_step(TlsMode mode, bool offered, bool broke_before);

/// May the mail go in clear when STARTTLS is refused or its handshake fails? Opportunistic TLS
/// protects against listeners only; insisting on it would gain nothing against an attacker, who
/// can take the offer away as well (RFC 7435 3).
[[nodiscard]] bool may_go_in_clear(const DestinationPolicy& policy);

/// `host_name` as the mail exchanger or the route is called.
[[nodiscard]] io::TlsRequirement tls_requirement(const DestinationPolicy& policy,
                                                 const std::string& host_name);

/// "TLSv1.3 TLS_AES_256_GCM_SHA384", as RemoteHost::tls writes it.
[[nodiscard]] std::string in_words(const io::TlsFacts& facts);

}  // namespace tenax::delivery
