// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why an attempt comes when it does.

#include <optional>
#include <string_view>

namespace tenax::scheduler {

enum class Reason {
  schedule,     // the retry policy's formula
  first,        // it was never attempted
  stated,       // the server said when
  checks,       // a knock before a stated time: is that a clock?
  known_age,    // the age at which this site took others it had refused
  explores,     // at a growing age, to find out how long this site lets strangers wait
  other_asks,   // another message asks, and this one waits for what it finds
  sender,       // its sender is refused while others are taken: one of its messages asks at a time
  domain,       // the same, of its destination among those that its mail hosts serve
  growing,      // nothing was said of time: ever longer
  patience,     // it was refused often or for long, and is left alone whatever seems to follow
  unwell,       // the server says it is in trouble
  door,         // the site takes no more for now, or so many in a period
  own_limit,    // the site takes no more of its sender for now
  crowded,      // too many sessions at once
  probe,        // nobody is there: the next look
  name,         // the name does not resolve: the next look
  mailbox,      // the mailbox is full or unknown for now, and asked in turn
  own_fault,    // our own side failed
  last_chance,  // the end of its lifetime
};

[[nodiscard]] std::string_view to_string(Reason reason);
[[nodiscard]] std::optional<Reason> parse_reason(std::string_view text);

}  // namespace tenax::scheduler
