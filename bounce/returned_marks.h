// SPDX-License-Identifier: Apache-2.0
#pragma once
// The phrases by which returned mail is known: bounce/returned.marks, which the build makes part of
// this room.

#include "bounce/mark_index.h"

namespace tenax::bounce {

/// Local parts that programs write from.
MarkList program_senders();
/// In the Subject of a notice of failure.
MarkList failure_subjects();
/// In the text of one, where its Subject says nothing.
MarkList failure_words();
/// In Subject or text: not given up yet.
MarkList delay_words();
/// In the text: given up after all, whatever was tried before.
MarkList surrender_words();
/// In Subject or first lines: it arrived.
MarkList success_words();
/// Of what programs write to many, whatever failures it speaks of.
MarkList ordinary_subjects();
MarkList auto_reply_subjects();
MarkList auto_reply_words();
MarkList unsubscribe_subjects();
/// Of complaints from before RFC 5965, with the mail attached.
MarkList complaint_subjects();
/// In a line behind which the mail that came back begins.
MarkList returned_mail_marks();
/// In a line whose addresses are those of somebody to ask.
MarkList contact_words();
/// In front of an address to write to instead, in its sentence.
MarkList instead_words();
/// In front of the address that failed, on its line.
MarkList recipient_labels();
/// Of paragraphs that a program writes into every notice: they say nothing of this one.
MarkList routine_words();
/// At the start of a line that programs add of their own behind a server's words.
MarkList story_ends();
/// Local parts of programs that write of much else besides mail: what has no recipient is not about
/// mail.
MarkList weak_senders();
/// For mail itself.
MarkList words_for_mail();

}  // namespace tenax::bounce
