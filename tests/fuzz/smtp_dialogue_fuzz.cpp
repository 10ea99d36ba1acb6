// SPDX-License-Identifier: Apache-2.0
// What a program may say to the SMTP port, cut into any pieces.

#include <string>
#include <vector>

#include "engine/smtp_dialogue.h"
#include "tests/fuzz/property.h"

namespace {

using namespace tenax;
using engine::SmtpDialogue;

struct Heard {
  std::string replies;
  std::vector<std::string> messages;
  bool ended = false;
  bool operator==(const Heard&) const = default;
};

Heard speak(std::string_view text, std::size_t piece, bool lone_lf) {
  SmtpDialogue dialogue{
      {"out.example.org", mail::Domain::parse("example.org").value(), 4096, 5, lone_lf}};
  Heard heard;
  for (std::size_t at = 0; at < text.size() && !heard.ended; at += piece) {
    dialogue.feed(text.substr(at, piece));
    for (bool more = true; more;) {
      switch (dialogue.next()) {
        case SmtpDialogue::Step::begins:
          fuzz::hold(!dialogue.envelope().recipients.empty(), "contents have recipients");
          heard.messages.emplace_back();
          break;
        case SmtpDialogue::Step::contents: heard.messages.back() += dialogue.contents(); break;
        case SmtpDialogue::Step::complete: dialogue.answer(250, "2.0.0 queued"); break;
        case SmtpDialogue::Step::ended: heard.ended = true; [[fallthrough]];
        case SmtpDialogue::Step::wants_more: more = false;
      }
    }
    heard.replies += dialogue.take_replies();
  }
  return heard;
}

void any_cut_is_the_same_dialogue(std::string_view text) {
  const bool lone_lf = text.size() % 2 == 0;
  const Heard whole = speak(text, text.size() + 1, lone_lf);
  const Heard cut = speak(text, text.size() % 5 + 1, lone_lf);
  // An overlong line is thrown away as it comes; where it is cut decides which part is the last.
  if (text.size() <= 4096) fuzz::hold(whole == cut, "the cuts of the stream do not matter");
  for (std::size_t at = whole.replies.find('\n'); at != std::string::npos;
       at = whole.replies.find('\n', at + 1)) {
    fuzz::hold(at > 0 && whole.replies[at - 1] == '\r', "replies are lines");
  }
}

}  // namespace

TENAX_FUZZ_ONE(any_cut_is_the_same_dialogue)
