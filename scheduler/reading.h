// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one temporary refusal means for when to try again. Read from what the server said only; our
// own words teach nothing.

#include <optional>

#include "mail/time.h"
#include "mail/verdict.h"

#include "scheduler/quota.h"

namespace tenax::scheduler {

enum class Meaning {
  stranger,         // it may not know us yet, or not say
  mailbox_full,     // this mailbox, for now
  mailbox_busy,     // this mailbox has had too much mail for the time
  mailbox_unknown,  // this mailbox, and who knows for how long
  crowded,          // too many sessions at once
  rate,             // too many messages for the time
  trouble,          // the receiver is unwell
};

/// Concurrency: value.
struct Reading {
  Meaning meaning = Meaning::stranger;
  std::optional<Rate> rate;            // stated
  std::optional<mail::Duration> wait;  // stated; not yet believed
  double confidence = 0;               // in `wait`
  bool hung_up = false;                // 421, for a policy
};

/// Refused for good, and tried again all the same, since the operator wants that: it is about that
/// recipient and tells nothing of times or the site. A 5xx that is a deferral by itself has another
/// status. Concurrency: pure.
[[nodiscard]] inline bool is_for_good(const mail::Verdict& verdict) {
  return verdict.reply && verdict.reply->permanent() && verdict.status.klass == 5;
}

/// Concurrency: pure.
[[nodiscard]] Reading read(const mail::Verdict& verdict, mail::WallTime now);

}  // namespace tenax::scheduler
