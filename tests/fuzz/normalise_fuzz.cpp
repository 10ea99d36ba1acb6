// SPDX-License-Identifier: Apache-2.0
// Submitted text: whatever goes in, what comes out is canonical, the same however it was cut, and
// not changed by doing it again.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "queue/submission.h"

#include "engine/intake.h"

using namespace tenax;

namespace {

queue::SubmissionRules rules() {
  queue::SubmissionRules rules{mail::Address::parse("ann@example.org").value()};
  rules.dot_ends = false;
  rules.recipients = {mail::Address::parse("bob@example.net").value()};
  rules.our_name = "out.example.org";
  rules.unique = "1";
  return rules;
}

std::string normalised(std::string_view text, std::size_t piece) {
  queue::Submission submission{rules()};
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!submission.push(text.substr(at, piece))) break;
  }
  auto prepared = submission.finish();
  if (!prepared) return "";
  std::string all;
  std::string buffer(4096, '\0');
  while (const std::size_t octets = prepared->contents.read_some(buffer).value()) {
    all.append(buffer, 0, octets);
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const std::string out = normalised(text, size + 1);
  if (out.empty()) return 0;
  engine::CanonicalCheck check;
  if (!check.feed(out) || !check.finish()) std::abort();
  if (normalised(text, size % 5 + 1) != out) std::abort();
  if (normalised(out, out.size()) != out) std::abort();
  return 0;
}
