// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words that replies use of time and number, in a dozen languages, each as its meaning: the
// grammar behind it has one rule for "zu viele Verbindungen" and "too many connections".

#include <optional>
#include <string_view>

namespace tenax::scheduler::hints {

/// What a word means; `other` is one that no rule asks for.
enum class Word : unsigned char {
  other,
  // to do it again
  again,
  retry,
  try_,
  attempt,  // the next one, or one that was
  back,
  later,
  wait,
  delay,
  remaining,
  passed,
  // between an act and its time
  in,
  in_a,  // of languages without articles: "через час"
  after,
  for_,
  until,
  at,
  before,
  between,
  within,
  every,
  per,
  over,
  from,
  now,
  ago,
  delivered,
  seen,
  last,
  next,
  about,  // and other words that may stand before a length: "at least", "another"
  and_,
  is,  // "the wait is 5 minutes"
  // time
  one,
  numeral,
  half,
  quarter,
  few,
  millisecond,
  second,
  minute,
  hour,
  day,
  week,
  hourly,
  daily,
  tomorrow,
  midnight,
  // states
  greylisted,
  listed,
  list,
  grey,
  blocked,
  delayed,   // blocked, or so late already
  rejected,  // "recipient address rejected: " and then why
  closing,
  accepted,
  expires,
  ends,
  begins,  // of a period: so much again from then on
  valid,   // for so long, then no more
  due,     // of bills, and of what is deleted
  credential,
  timeout,
  // what is counted
  connection,
  message,
  transaction,
  recipients,
  mailbox,
  failure,
  size,
  quota,
  // limits
  rate,
  limit,
  max,
  exceed,
  too,
  many,
  too_many,
  fast,
  slow,
  down,
  slower,
  throttled,
  unusual,
  volume,
  concurrent,
  number,
  only,
  than,
  busy,
  sending,
  receiving,
  // whose
  this_,
  your,
  their,
  ip,
  host,
  sender,
  domain,
};

/// The meaning of a word in lower case without accents (hint_words.h folds it so).
[[nodiscard]] Word meaning_of(std::string_view folded);

/// "five": 5.
[[nodiscard]] std::optional<int> numeral(std::string_view folded);

/// "nov", "november": 11.
[[nodiscard]] std::optional<int> month(std::string_view folded);

/// "cest": 120, minutes east of UTC.
[[nodiscard]] std::optional<int> zone(std::string_view folded);

}  // namespace tenax::scheduler::hints
