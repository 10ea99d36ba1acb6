// SPDX-License-Identifier: Apache-2.0
// Any reply to EHLO: what is read of it stays in its bounds.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "delivery/auth.h"
#include "delivery/capabilities.h"
#include "delivery/reply_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenax;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  delivery::ReplyParser parser;
  for (std::size_t at = 0; at < bytes.size() && !parser.done() && !parser.broken();) {
    at += parser.feed(bytes.substr(at));
  }
  if (!parser.done()) return 0;
  const delivery::Capabilities found = delivery::Capabilities::parse(parser.take());
  if (found.auth.size() > 32 || found.largest < 0) std::abort();
  for (const std::string& mechanism : delivery::usable_mechanisms(found.auth, false)) {
    if (mechanism == "PLAIN" || mechanism == "LOGIN") std::abort();
  }
  return 0;
}
