// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what was said in an SMTP dialogue to a submission that can be handed over: the same
// normalising as for sendmail(8) (RFC 6409 8), with an envelope of SMTP's.

#include <optional>
#include <string>
#include <string_view>

#include "queue/submission.h"

#include "engine/config.h"
#include "engine/smtp_dialogue.h"
#include "engine/submit.h"

namespace tenax::engine {

/// A reply to the end of the contents: "554", "5.6.0 the header cannot be read".
struct SmtpAnswer {
  int code = 250;
  std::string text;
};
[[nodiscard]] SmtpAnswer answer_to(const queue::Refusal& refusal);
/// What the daemon told sendmail(8), told a client.
[[nodiscard]] SmtpAnswer answer_to(const SubmissionAnswer& answer);

/// What of the config and the moment a message needs. Concurrency: value.
struct SmtpSurroundings {
  std::string our_name;
  mail::Domain domain;
  std::int64_t max_size = 0;
  std::int64_t max_recipients = 0;
  Moment moment;
};

/// One message of a dialogue, from its first octet to what the queue takes. Constant memory (see
/// queue::Submission). Concurrency: one user at a time.
class SmtpSubmission {
 public:
  SmtpSubmission(SmtpEnvelope said, const SmtpSurroundings& around,
                 queue::Spool spool = queue::Spool{});

  /// Contents without their transparency. After a refusal they are thrown away.
  void push(std::string_view bytes);

  /// Octets of it in memory.
  [[nodiscard]] std::size_t held() const { return submission_.held(); }

  /// `id`: of the submission.
  [[nodiscard]] Outcome<ReadySubmission> finish(mail::SubmissionId id);

 private:
  SmtpEnvelope said_;
  mail::WallTime now_;
  queue::Submission submission_;
  bool over_ = false;
};

/// The trace field of a message that came by SMTP, folded, with its CRLF (RFC 5321 4.4). `address`
/// "": it came through a socket with a name.
[[nodiscard]] std::string received_by_smtp(std::string_view our_name, const SmtpDialogue& dialogue,
                                           bool smtputf8, std::string_view address,
                                           mail::QueueId id, mail::WallTime accepted);

}  // namespace tenax::engine
