// SPDX-License-Identifier: Apache-2.0
#pragma once
// MAIL and RCPT with the parameters this server understands (RFC 1870, 3461, 6152, 6531).

#include <optional>
#include <string>

#include "mail/delivery_request.h"

#include "delivery/capabilities.h"

namespace tenax::delivery {

/// Does this transaction speak UTF-8: the server can, and something in the envelope needs it?
/// Concurrency: pure, as all here.
[[nodiscard]] bool speaks_utf8(const mail::DeliveryRequest& request, const Capabilities& server);

/// Without CRLF. nullopt when the sender cannot be named: its local part is not ASCII, and
/// `utf8` is false. A domain that is not ASCII then goes as A-labels.
[[nodiscard]] std::optional<std::string> mail_command(const mail::Envelope& envelope,
                                                      const Capabilities& server, bool utf8);

/// The same for a recipient.
[[nodiscard]] std::optional<std::string> rcpt_command(const mail::DueRecipient& recipient,
                                                      const Capabilities& server, bool utf8);

}  // namespace tenax::delivery
