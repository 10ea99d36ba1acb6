// SPDX-License-Identifier: Apache-2.0
// What anybody may write into the control socket, and what a daemon gone mad may answer.

#include "engine/control_lines.h"
#include "tests/fuzz/property.h"

namespace {

using namespace tenax;

void what_is_read_is_written_and_read_again_as_the_same(std::string_view line) {
  if (const auto request = engine::decode_request(line)) {
    const std::string text = engine::encode_request(*request);
    const auto again = engine::decode_request(text);
    fuzz::hold(again && engine::encode_request(*again) == text, "a request");
  }
  if (const auto answer = engine::decode_answer(line)) {
    const std::string text = engine::encode_answer(*answer);
    const auto again = engine::decode_answer(text);
    fuzz::hold(again && engine::encode_answer(*again) == text, "an answer");
  }
}

}  // namespace

TENAX_FUZZ_ONE(what_is_read_is_written_and_read_again_as_the_same)
