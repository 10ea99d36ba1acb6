// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which words of a notice say why: the nearest to the recipient that are no riddle.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "mail/enhanced_status.h"

#include "bounce/cause.h"
#include "bounce/returned_mail.h"

namespace tenax::bounce {

/// What decided, and what it said beside the cause.
struct Judged {
  Judgement judgement;
  int code = 0;  // 0: none
  std::optional<mail::EnhancedStatus> status;
  std::string text;
};

/// The texts in the order of their nearness to the recipient; the first that is no riddle decides.
/// Before the whole notice is asked, which speaks of much, a clear status is enough. Concurrency:
/// pure.
[[nodiscard]] Judged judged(std::initializer_list<std::string_view> texts, std::string_view notice,
                            const std::optional<mail::EnhancedStatus>& told);

/// Does it tell, in words that are seldom said of anything but mail, what is wrong?
[[nodiscard]] bool names_trouble(const Judged& found);

/// One status out of what fields, reply and cause say. A vague one yields to the reply's.
/// `for_good`: the notice calls it permanent.
[[nodiscard]] mail::EnhancedStatus settle_status(const std::optional<mail::EnhancedStatus>& told,
                                                 const Judged& judged, Action action,
                                                 bool for_good);

/// As it is shown: a server's reply without what stands around it, else all of it; one line.
[[nodiscard]] std::string shown_reply(std::string_view text);

}  // namespace tenax::bounce
