// SPDX-License-Identifier: Apache-2.0
#pragma once
// What each cause means to a person who is no postmaster, whose turn it is, and what they can do.

#include <string>
#include <string_view>
#include <vector>

#include "bounce/cause.h"
#include "bounce/phrases.h"

namespace tenax::bounce {

/// Whose turn it is.
enum class Actor { nobody, you, your_admin, recipient, their_admin };
[[nodiscard]] std::string_view to_string(Actor actor);  // "your-admin"

/// Who can do something about it, first of all. `temporary`: while it is still tried. Concurrency:
/// pure.
[[nodiscard]] Actor actor_of(Cause cause, bool temporary);

/// In the language of `phrases`, valid as long as those. Concurrency: pure.
[[nodiscard]] Explanation explain(Cause cause, bool temporary, const Phrases& phrases);

/// The same of a refusal with this status, which may say more than its cause. Concurrency: pure.
[[nodiscard]] Explanation explain(Cause cause, const mail::EnhancedStatus& status, bool temporary,
                                  const Phrases& phrases);

/// What a refusal means, in a sentence that owns up to a guess: where nothing but the reply code
/// and the moment decided, the server gave no reason. Concurrency: pure.
[[nodiscard]] std::string meaning_of(const mail::Verdict& verdict, bool temporary,
                                     const Phrases& phrases);

/// The same, whose turn it is (if it is anybody's), and what the sender can do. Concurrency: pure.
[[nodiscard]] std::vector<std::string> advice_on(const mail::Verdict& verdict, bool temporary,
                                                 const Phrases& phrases);

}  // namespace tenax::bounce
