// SPDX-License-Identifier: Apache-2.0
// What a local user may write into the socket or a drop file.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/intake.h"

using namespace tenax;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  engine::SubmissionReader reader{1 << 20};
  const std::size_t piece = size % 7 + 1;
  using Step = engine::SubmissionReader::Step;
  for (std::size_t at = 0; at < size; at += piece) {
    reader.feed(text.substr(at, piece));
    Step step = reader.next();
    while (step == Step::envelope || step == Step::contents) step = reader.next();
    if (step == Step::complete && reader.envelope().recipients.empty()) std::abort();
    if (step == Step::refused) break;
  }
  // An envelope that is read is written and read again as the same.
  const auto envelope = engine::decode_envelope(text);
  if (!envelope) return 0;
  const auto again = engine::decode_envelope(engine::encode_envelope(*envelope));
  if (!again || again->envelope != envelope->envelope) std::abort();
  return 0;
}
