// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message: its envelope, and what is known of its contents without reading them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/address.h"
#include "mail/ids.h"
#include "mail/recipient.h"
#include "mail/time.h"

namespace tenax::mail {

/// RET= (RFC 3461 4.3): how much of the message a failure notice gives back.
enum class Ret { unspecified, full, headers };

/// What the contents need of a transport.
enum class BodyType { seven_bit, eight_bit };  // RFC 6152

/// Why this message exists; a notice is never answered by a notice (promise 7).
enum class Origin { submitted, notice };

/// The envelope without its recipients (RFC 5321 2.3.1). Concurrency: value.
struct Envelope {
  ReversePath sender;
  Ret ret = Ret::unspecified;
  std::string envid;  // ENVID, decoded; "" if none; at most 100 characters (RFC 3461 4.4)
  BodyType body = BodyType::seven_bit;
  bool smtputf8 = false;  // an address or a header needs RFC 6531
  bool automatic =
      false;  // bulk, list or automatic mail: Auto-Submitted, Precedence, List-*: no delay notice
  std::int64_t size = 0;  // octets of the contents as stored, CRLF included
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// Who handed it in, for the log and the Received field.
struct Submitter {
  std::int64_t uid = -1;  // -1: ourselves (a notice) or unknown
  std::int64_t pid = -1;
  std::string door;  // "socket", "drop", "notice", "smtp"
};

/// A message about to enter the queue. The contents go beside it. Concurrency: value.
struct NewMessage {
  QueueId id;                              // from Store::new_id()
  std::optional<SubmissionId> submission;  // makes a repeated hand-over harmless
  Envelope envelope;
  std::vector<NewRecipient> recipients;  // at least one
  Origin origin = Origin::submitted;
  Submitter submitter;
  WallTime accepted;
  std::string
      message_id;       // the Message-ID field's value with its <>, "" if unknown; for finding mail
  std::string subject;  // the first 200 characters, printable; for people
  bool held = false;    // enters held instead of waiting
  bool leased = false;  // enters leased: whoever enqueues it delivers it at once
};

}  // namespace tenax::mail
