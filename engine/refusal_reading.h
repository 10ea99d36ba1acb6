// SPDX-License-Identifier: Apache-2.0
#pragma once
// bounce + scheduler: all that a refusal says, whoever wrote it down. Why, and how long or how
// often.

#include <optional>
#include <string>
#include <string_view>

#include "mail/time.h"

#include "bounce/cause.h"

namespace tenax::engine {

/// So many in a period.
struct StatedRate {
  int count = 0;
  mail::Duration period{};
};

struct RefusalReading {
  bounce::Refusal refusal;  // its codes; its text is the one that was given
  bounce::Judgement judgement;
  std::optional<mail::Duration> wait;  // stated, not guessed
  std::optional<StatedRate> rate;
};

/// `raw` outlives the answer. `now` is for times of day. Concurrency: pure.
[[nodiscard]] RefusalReading read_refusal(std::string_view raw, mail::WallTime now);

/// "10/h", "500/d", "30/m", "2/s"; of other periods "100/10m".
[[nodiscard]] std::string to_string(const StatedRate& rate);

}  // namespace tenax::engine
