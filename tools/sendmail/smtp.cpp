// SPDX-License-Identifier: Apache-2.0
#include "tools/sendmail/smtp.h"

#include <sysexits.h>

#include <optional>
#include <string>

#include "io/file.h"
#include "io/random.h"

#include "engine/smtp_dialogue.h"
#include "engine/smtp_submission.h"

namespace tenax::sendmail {

namespace {

constexpr std::size_t kReadOctets = 64 * 1024;

engine::SmtpAnswer hand_in(engine::SmtpSubmission& message, const HandOver& hand_over,
                           io::Random& random) {
  engine::Outcome<engine::ReadySubmission> ready =
      message.finish(mail::SubmissionId{io::hex(random, 32)});
  if (!ready) return engine::answer_to(ready.error());
  const engine::Outcome<engine::HandedOver> done = hand_over(*ready);
  if (!done) return engine::answer_to(done.error());
  if (done->queue_id.empty()) return {250, "2.0.0 kept until the daemon runs"};
  return {250, "2.0.0 queued as " + done->queue_id};
}

}  // namespace

engine::Outcome<> speak_smtp(const engine::Config& config, const HandOver& hand_over, int input,
                             int output) {
  engine::SmtpDialogue dialogue{{config.our_name(), config.our_domain(), config.max_message_size,
                                 config.max_recipients, true}};
  engine::SmtpSurroundings around{
      config.our_name(), config.our_domain(), config.max_message_size, config.max_recipients, {}};
  io::SystemRandom random;
  std::optional<engine::SmtpSubmission> message;
  std::string buffer(kReadOctets, '\0');
  for (;;) {
    switch (dialogue.next()) {
      case engine::SmtpDialogue::Step::begins:
        around.moment = engine::this_moment(random);
        message.emplace(dialogue.envelope(), around);
        continue;
      case engine::SmtpDialogue::Step::contents: message->push(dialogue.contents()); continue;
      case engine::SmtpDialogue::Step::complete: {
        const engine::SmtpAnswer answer = hand_in(*message, hand_over, random);
        message.reset();
        dialogue.answer(answer.code, answer.text);
        continue;
      }
      case engine::SmtpDialogue::Step::wants_more:
      case engine::SmtpDialogue::Step::ended: break;
    }
    const io::Result<> said = io::write_all(output, dialogue.take_replies(), "standard output");
    if (!said) return engine::Refusal{EX_IOERR, io::to_string(said.error())};
    if (dialogue.ended()) return {};
    const io::Result<std::size_t> octets = io::read_some(input, buffer, "standard input");
    if (!octets) return engine::Refusal{EX_NOINPUT, io::to_string(octets.error())};
    if (*octets == 0) {
      // Without QUIT: what was not answered was not taken.
      if (dialogue.between_messages()) return {};
      return engine::Refusal{EX_DATAERR, "the input ended inside a message, which is not queued"};
    }
    dialogue.feed(std::string_view{buffer}.substr(0, *octets));
  }
}

}  // namespace tenax::sendmail
