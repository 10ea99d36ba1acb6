// SPDX-License-Identifier: Apache-2.0
#pragma once
// sendmail -bs: SMTP on standard input and output, for programs that start us to speak it with
// (pine, some web servers), also while the daemon is down.

#include <functional>

#include "engine/config.h"
#include "engine/hand_over.h"
#include "engine/submit.h"

namespace tenax::sendmail {

using HandOver = std::function<engine::Outcome<engine::HandedOver>(engine::ReadySubmission&)>;

/// Speaks until QUIT or the end of the input between two messages; a refusal says what went wrong
/// before. What was answered with 250 is on disk.
/// Who ends lines with LF alone in its first command may do so throughout: this is a pipe, and
/// nobody else's mail is in it.
[[nodiscard]] engine::Outcome<> speak_smtp(const engine::Config& config, const HandOver& hand_over,
                                           int input, int output);

}  // namespace tenax::sendmail
