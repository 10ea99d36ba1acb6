// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operator is told of a storm of refusals: mail that is held because a destination
// suddenly refuses most of it (docs/notices.md).

#include <cstdint>
#include <string>
#include <vector>

#include "bounce/notice.h"
#include "bounce/page.h"

namespace tenax::bounce {

/// Concurrency: value.
struct StormMail {
  enum class About { begun, goes_on, over };
  /// Somebody's words, and how many held recipients have them.
  struct Said {
    std::string text;
    std::int64_t recipients = 0;
  };
  About about = About::begun;
  std::string destination;
  mail::WallTime began;
  // Of what is held; unused when it is over.
  std::int64_t messages = 0, senders = 0, recipients = 0;
  std::vector<Said> said = {};  // last answers, the most frequent first
  mail::QueueId notice;
  mail::Address told;
  std::string our_name;
  mail::Domain from_domain;
  mail::WallTime now;
  std::string boundary_token;
  PhrasesPtr phrases = nullptr;  // null: English
  bool html = true;
};

/// Answers that differ only where they have digits - ids, dates, addresses - as one, in the words
/// of the most frequent; the most frequent first, at most three. Concurrency: pure.
[[nodiscard]] std::vector<StormMail::Said> most_said(const std::vector<StormMail::Said>& said);

[[nodiscard]] Page storm_page(const StormMail& mail);

/// A plain mail from nobody: no report, for it tells of no recipient's end. Concurrency: pure.
[[nodiscard]] Notice compose(const StormMail& mail);

}  // namespace tenax::bounce
