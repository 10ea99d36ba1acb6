// SPDX-License-Identifier: Apache-2.0
// What a local user may write into the socket or a drop file, read as the daemon reads it.

#include <algorithm>
#include <string>

#include "engine/intake.h"
#include "tests/fuzz/property.h"

namespace {

using namespace tenax;

struct Read {
  std::string contents;
  std::string refusal;
  std::size_t recipients = 0;
  bool complete = false;  // and nothing behind it
  bool operator==(const Read&) const = default;
};

Read read(std::string_view text, std::size_t piece) {
  using Step = engine::SubmissionReader::Step;
  engine::SubmissionReader reader{1 << 20};
  Read found;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    reader.feed(text.substr(0, piece));
    Step step = reader.next();
    for (; step == Step::envelope || step == Step::contents; step = reader.next()) {
      if (step == Step::contents) found.contents += reader.contents();
    }
    found.complete = step == Step::complete;
    if (step != Step::refused) continue;
    found.refusal = reader.answer().text;
    break;
  }
  found.recipients = reader.envelope().recipients.size();
  return found;
}

void what_comes_out_is_canonical_however_it_was_cut(std::string_view text) {
  constexpr std::size_t kOfADropFile = 64 * 1024;
  const Read whole = read(text, kOfADropFile);
  // Whoever takes the pieces stops at a whole submission, and sees more only if it was there by
  // then.
  const Read cut = read(text, text.size() % 7 + 1);
  fuzz::hold(whole.complete == cut.complete, "the end does not depend on the cuts");
  if (!whole.complete) return;
  fuzz::hold(whole == cut, "the cuts of the stream do not matter");
  fuzz::hold(whole.recipients > 0, "a submission has recipients");
  fuzz::hold(whole.contents.ends_with("\r\n"), "contents end with a line");
  fuzz::hold(whole.contents.find('\0') == std::string::npos, "contents have no NUL");
}

void an_envelope_that_is_read_is_written_and_read_again_as_the_same(std::string_view text) {
  const auto envelope = engine::decode_envelope(text);
  if (!envelope) return;
  const auto again = engine::decode_envelope(engine::encode_envelope(*envelope));
  fuzz::hold(again && again->envelope == envelope->envelope, "an envelope");
}

void submission_holds(std::string_view text) {
  what_comes_out_is_canonical_however_it_was_cut(text);
  an_envelope_that_is_read_is_written_and_read_again_as_the_same(text);
}

}  // namespace

TENAX_FUZZ_ONE(submission_holds)
