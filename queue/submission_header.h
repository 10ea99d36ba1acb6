// SPDX-License-Identifier: Apache-2.0
#pragma once
// The header section of a submitted message, made fit to travel: what is missing is added (RFC 6409
// 8), what must not be seen is taken out, and nobody's own words are changed otherwise.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/header.h"
#include "mail/message.h"
#include "mail/time.h"

#include "queue/body_form.h"
#include "queue/refusal.h"

namespace tenax::queue {

/// What the submitter asked for, who they are, and what surrounds them. Concurrency: value.
struct SubmissionRules {
  explicit SubmissionRules(mail::Address from) : author{std::move(from)}, domain{author.domain()} {}

  bool recipients_from_header = false;  // -t: To, Cc and Bcc besides `recipients`
  bool dot_ends = true;                 // a line with nothing but "." ends the message; -i: not
  std::vector<mail::Address> recipients;
  mail::ReversePath sender;  // the envelope's
  mail::Notify notify;       // for every recipient
  mail::Ret ret = mail::Ret::unspecified;
  std::string envid;

  mail::Address author;                      // of the From field, should there be none
  std::function<std::string()> author_name;  // beside it, UTF-8; unset or "": none. Asked if needed
  mail::Domain domain;                       // completes addresses in the header
  std::string our_name;                      // right side of a Message-ID
  std::string unique;                        // left side of it, besides the date
  mail::WallTime now;
  int utc_offset_minutes = 0;

  std::int64_t max_size = 0;  // octets; 0: no limit
  std::int64_t max_recipients = 100'000;
};

struct FinishedHeader {
  std::string text;  // canonical, with the empty line that ends it
  std::vector<mail::NewRecipient> recipients;
  mail::Envelope envelope;  // all but the size
  std::string message_id;
  std::string subject;
  BodyForm form = BodyForm::as_is;  // what its MIME fields say of the body
};

[[nodiscard]] Refusal too_many_recipients(std::int64_t limit);

/// `text` holds fields only, lines ended by CRLF, no stray octet. Pure.
///
/// Refused with EX_USAGE when nobody is named as a recipient, EX_DATAERR when a field that must be
/// read cannot be, there are too many recipients, or the message has travelled in a circle.
[[nodiscard]] Outcome<FinishedHeader> finish_header(std::string_view text, const BodyNature& body,
                                                    const SubmissionRules& rules);

}  // namespace tenax::queue
