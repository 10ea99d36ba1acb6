// SPDX-License-Identifier: Apache-2.0
#pragma once
// The phrases by which returned mail is known, as data: lower case.

#include "bounce/mark_index.h"

namespace tenax::bounce {

/// Local parts that programs write from.
Phrases program_senders();
/// In the Subject of a notice of failure.
Phrases failure_subjects();
/// In the text of one, where its Subject says nothing.
Phrases failure_words();
/// In Subject or text: not given up yet.
Phrases delay_words();
/// In the text: given up after all, whatever was tried before.
Phrases surrender_words();
/// In Subject or first lines: it arrived.
Phrases success_words();
/// Of what programs write to many, whatever failures it speaks of.
Phrases ordinary_subjects();
Phrases auto_reply_subjects();
Phrases auto_reply_words();
Phrases unsubscribe_subjects();
/// Of complaints from before RFC 5965, with the mail attached.
Phrases complaint_subjects();
/// In a line behind which the mail that came back begins.
Phrases returned_mail_marks();
/// In a line whose addresses are those of somebody to ask.
Phrases contact_words();
/// In front of an address to write to instead, in its sentence.
Phrases instead_words();
/// In front of the address that failed, on its line.
Phrases recipient_labels();
[[nodiscard]] Phrases routine_words();
[[nodiscard]] Phrases weak_senders();
[[nodiscard]] Phrases words_for_mail();

}  // namespace tenax::bounce
