// SPDX-License-Identifier: Apache-2.0
#include "engine/what_if.h"

#include <utility>

namespace tenax::engine {

std::optional<scheduler::Past> past_of(const queue::RecipientHistory& history, mail::WallTime now) {
  scheduler::Past past;
  past.message = history.message;
  past.accepted = history.accepted;
  past.until = history.ended.value_or(now);
  int counted = 0;
  for (const queue::RecipientHistory::Try& one : history.tries) {
    if (!one.counted) continue;
    ++counted;
    const scheduler::Past::Try attempt{one.started, one.finished};
    const bool expired = one.kind == mail::Kind::failed && one.transient;
    if (one.kind == mail::Kind::deferred || expired) {
      past.deferrals.push_back(attempt);
      past.expired = expired;
      if (expired) past.until = one.finished;
    } else {
      past.answer = attempt;
      past.delivered = one.kind == mail::Kind::delivered;
    }
  }
  if (counted == 0 || counted != history.attempts) return std::nullopt;
  return past;
}

io::Result<WhatIfAnswer> what_if(queue::Reader& reader, scheduler::Schedule in_force,
                                 scheduler::Schedule other, scheduler::Overrides overrides,
                                 mail::WallTime since, mail::WallTime now) {
  WhatIfAnswer answer{{std::move(in_force), std::move(other), std::move(overrides)}, 0};
  const io::Result<> read =
      reader.histories(since, [&answer, now](const queue::RecipientHistory& history) {
        const std::optional<scheduler::Past> past = past_of(history, now);
        if (past) {
          answer.counted.add(history.destination, *past);
        } else {
          ++answer.left_out;
        }
      });
  if (!read) return read.error();
  return answer;
}

}  // namespace tenax::engine
