// SPDX-License-Identifier: Apache-2.0
#include "engine/reception.h"

#include <sysexits.h>

#include <algorithm>
#include <utility>

namespace tenax::engine {

SubmissionAnswer answer_to(const io::Error& error) {
  if (error.is(io::Errc::disk_full)) {
    return {EX_TEMPFAIL, {}, "4.3.1 the disk is full; try again later"};
  }
  return {EX_TEMPFAIL, {}, "4.3.0 the queue cannot take mail now; try again later"};
}

Reception::Reception(Engine& engine, queue::Store& store, mail::Submitter submitter)
    : Reception{engine, store, std::move(submitter), engine.plan().max_message_size,
                engine.plan().max_recipients} {}

Reception::Reception(Engine& engine, queue::Store& store, mail::Submitter submitter,
                     std::int64_t max_size, std::int64_t max_recipients)
    : engine_{engine},
      store_{store},
      submitter_{std::move(submitter)},
      most_recipients_{max_recipients},
      reader_{max_size} {}

io::Async<std::optional<SubmissionAnswer>> Reception::take(std::string_view bytes) {
  reader_.feed(bytes);
  for (;;) {
    std::optional<SubmissionAnswer> answer;
    switch (reader_.next()) {
      case SubmissionReader::Step::wants_more: co_return std::nullopt;
      case SubmissionReader::Step::refused: co_return refuse(reader_.answer());
      case SubmissionReader::Step::envelope: {
        answer = begin();
        if (answer) break;
        const std::string received =
            received_field(engine_.plan().terms.our_name, submitter_, {}, id_, accepted());
        answer = co_await append(received);
        break;
      }
      case SubmissionReader::Step::contents: answer = co_await append(reader_.contents()); break;
      case SubmissionReader::Step::complete: answer = co_await finish(); break;
    }
    if (answer) co_return answer;
  }
}

std::optional<SubmissionAnswer> Reception::begin() {
  const SubmissionEnvelope& envelope = reader_.envelope();
  if (std::ssize(envelope.recipients) > most_recipients_) {
    return refuse(
        {EX_DATAERR, {}, "5.5.3 more than " + std::to_string(most_recipients_) + " recipients"});
  }
  if (expected_ && envelope.id != *expected_) {
    return refuse({EX_DATAERR, {}, "5.5.2 the file's name is not its submission's"});
  }
  id_ = store_.new_id(engine_.now());
  contents_ = store_.new_contents();
  return std::nullopt;
}

// Of a message that is only beginning this is no more than what its trace field says: the calendar
// may be stepped before it ends.
mail::WallTime Reception::accepted() const {
  // What lay in the drop folder waited in our care already, and for how long the kernel knows: the
  // envelope's word for it would let whoever wrote it go before everybody else. A time to come
  // would make a message that never ages. A submission handed over twice keeps its first time in
  // the queue.
  const mail::WallTime now = engine_.now();
  return expected_ ? std::min(since_, now) : now;
}

io::Async<std::optional<SubmissionAnswer>> Reception::append(std::string_view bytes) {
  const io::Result<> appended = co_await contents_->append(bytes);
  if (appended) co_return std::nullopt;
  co_return refuse(answer_to(appended.error()));
}

io::Async<SubmissionAnswer> Reception::finish() {
  const SubmissionEnvelope& envelope = reader_.envelope();
  mail::NewMessage message{.id = id_,
                           .submission = envelope.id,
                           .envelope = envelope.envelope,
                           .recipients = envelope.recipients,
                           .origin = mail::Origin::submitted,
                           .submitter = submitter_,
                           .accepted = accepted(),
                           .message_id = envelope.message_id,
                           .subject = envelope.subject,
                           .held = false};
  message.envelope.size = contents_->size();
  const io::Result<queue::EnqueueResult> taken =
      co_await engine_.accept(std::move(message), std::move(contents_));
  if (!taken) co_return refuse(answer_to(taken.error()));
  co_return SubmissionAnswer{EX_OK, taken->id.text(), {}};
}

SubmissionAnswer Reception::refuse(SubmissionAnswer answer) {
  contents_.reset();
  engine_.refuse({submitter_, answer.exit_code, answer.text});
  return answer;
}

}  // namespace tenax::engine
