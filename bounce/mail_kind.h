// SPDX-License-Identifier: Apache-2.0
#pragma once
// A notice of failure, a robot's answer, or a person's letter? Asked where no machine-readable part
// says it.

#include <optional>
#include <string>
#include <string_view>

#include "bounce/mime_tree.h"
#include "bounce/returned_mail.h"

namespace tenax::bounce {

/// Concurrency: pure. `notice` is the text for people, in lower case.
[[nodiscard]] MailKind kind_of(const MimeTree& tree, std::string_view notice,
                               bool brings_mail_back);

/// "Re: ...", "Fwd: ...": people write that. `subject` is in lower case.
[[nodiscard]] bool is_answer(std::string_view subject);

/// Does it come from a mail server, as far as its sender tells? Others write of deliveries too.
[[nodiscard]] bool from_a_program(const mail::Header& header);

/// By its From alone: "postmaster", "mdaemon", or nobody.
[[nodiscard]] bool has_a_programs_name(const mail::Header& header);

/// A program whose mail is mostly about something else ("noreply@").
[[nodiscard]] bool writes_of_much(const mail::Header& header);

/// Written to many by people, or by what writes of much: refusals stand in it, but none of its own.
/// Notices that a list passes on have its fields, too.
[[nodiscard]] bool is_bulk(const mail::Header& header);

/// A welcome or a filter's summary, by its Subject: it may speak of failures, but tells of none.
[[nodiscard]] bool is_routine(const MimeTree& tree, bool brings_mail_back);

/// RFC 3464's five, and what programs say instead: Postfix of a probe, gateways of anything. `name`
/// is in lower case.
[[nodiscard]] std::optional<Action> action_named(std::string_view name);

/// What a text without fields says became of the mail.
[[nodiscard]] Action action_told(std::string_view subject, std::string_view notice);

}  // namespace tenax::bounce
