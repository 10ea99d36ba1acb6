// SPDX-License-Identifier: Apache-2.0
#include "delivery/tls_policy.h"

#include <cstdlib>

#include "mail/reply.h"

namespace tenax::delivery {

TlsStep tls_step(TlsMode mode, bool offered, bool broke_before) {
  switch (mode) {
    case TlsMode::never: return TlsStep::stay_in_clear;
    case TlsMode::may: return offered && !broke_before ? TlsStep::start : TlsStep::stay_in_clear;
    case TlsMode::encrypt:
    case TlsMode::verify: return offered && !broke_before ? TlsStep::start : TlsStep::refuse;
  }
  std::abort();
}

bool may_go_in_clear(const DestinationPolicy& policy) {
  return policy.tls == TlsMode::may && !policy.implicit_tls;
}

io::TlsRequirement tls_requirement(const DestinationPolicy& policy, const std::string& host_name) {
  io::TlsRequirement requirement;
  requirement.server_name = host_name;
  requirement.verify = policy.tls == TlsMode::verify;
  requirement.ca_file = policy.ca_file;
  return requirement;
}

std::string in_words(const io::TlsFacts& facts) {
  return mail::printable(facts.protocol + " " + facts.cipher, 100);
}

}  // namespace tenax::delivery
