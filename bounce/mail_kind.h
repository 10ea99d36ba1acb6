// SPDX-License-Identifier: Apache-2.0
#pragma once
// A notice of failure, a robot's answer, or a person's letter? Asked where no machine-readable part
// says it.

#include <string>
#include <string_view>

#include "bounce/mime_tree.h"
#include "bounce/returned_mail.h"

namespace tenax::bounce {

/// Concurrency: pure. `notice` is the text for people, in lower case.
[[nodiscard]] MailKind kind_of(const MimeTree& tree, std::string_view notice,
                               bool brings_mail_back);

/// Does it come from a mail server, as far as its sender tells? Others write of deliveries too.
[[nodiscard]] bool from_a_program(const mail::Header& header);

/// A program whose mail is mostly about something else ("noreply@").
[[nodiscard]] bool writes_of_much(const mail::Header& header);

/// What a text without fields says became of the mail.
[[nodiscard]] Action action_told(std::string_view subject, std::string_view notice);

}  // namespace tenax::bounce
