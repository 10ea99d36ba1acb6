// SPDX-License-Identifier: Apache-2.0
// Any bytes from a server: the parser stays in its bounds, pieces make no difference, and whatever
// comes out can be judged and printed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "delivery/classify.h"
#include "delivery/reply_reader.h"

namespace {

using namespace tenax;

void check(bool holds) {
  if (!holds) std::abort();
}

/// All replies in `bytes`, judged; returns what tells two runs apart.
std::size_t read_all(std::string_view bytes, std::size_t piece) {
  delivery::ReplyParser parser;
  const mail::RemoteHost host{"mx.example.net", "192.0.2.1", 25, ""};
  std::size_t seen = 0;
  std::size_t at = 0;
  while (at < bytes.size() && !parser.broken()) {
    at += parser.feed(bytes.substr(at, piece));
    if (!parser.done()) continue;
    const mail::Reply reply = parser.take();
    check(reply.code >= 100 && reply.code <= 999);
    check(!reply.lines.empty() && reply.lines.size() <= 512);
    seen = seen * 31 + static_cast<std::size_t>(reply.code) + reply.lines.size();
    for (int stage = 0; stage <= static_cast<int>(mail::Stage::local); ++stage) {
      const auto where = static_cast<mail::Stage>(stage);
      if (where != mail::Stage::dot && delivery::accepts(where, reply)) continue;
      const mail::Verdict verdict = delivery::classify(where, reply, host);
      for (const char c : verdict.text) check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
      check(verdict.kind != mail::Kind::delivered || reply.code / 100 == 2);
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const std::size_t whole = read_all(bytes, bytes.size());
  check(read_all(bytes, 1) == whole);
  check(read_all(bytes, 7) == whole);
  return 0;
}
