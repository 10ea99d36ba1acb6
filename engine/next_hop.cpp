// SPDX-License-Identifier: Apache-2.0
#include "engine/next_hop.h"

#include "mail/ascii.h"

#include "io/name_key.h"

namespace tenax::engine {

mail::Destination own_servers(const mail::Domain& domain) {
  if (domain.is_ascii()) return mail::Destination::of(domain);
  return mail::Destination::mx(io::name_key(domain.text()));
}

mail::Destination by_its_key(const mail::Destination& destination) {
  if (mail::is_ascii(destination.name())) return destination;
  const std::string key = io::name_key(destination.name());
  return destination.by_mx() ? mail::Destination::mx(key, destination.port())
                             : mail::Destination::host(key, destination.port());
}

}  // namespace tenax::engine
