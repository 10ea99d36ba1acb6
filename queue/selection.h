// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which recipients an operator means, and what is to be done with them.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/ids.h"
#include "mail/recipient.h"
#include "mail/time.h"

namespace tenax::queue {

/// All given conditions must hold. Nothing given selects every open recipient. Texts are compared
/// without regard to ASCII case. Concurrency: value.
struct Selection {
  std::vector<mail::QueueId> messages;       // any of these; empty: all
  std::string sender;                        // whole address, "<>" for the null path, or "@domain"
  std::string recipient;                     // whole address or "@domain"
  std::string destination;                   // Destination text
  std::vector<mail::RecipientState> states;  // any of these; empty: waiting, leased, held
  std::optional<mail::WallTime> accepted_before;
  std::optional<mail::WallTime> accepted_after;
  std::string reply;  // a part of the last verdict's text
};

enum class Verb { retry, hold, release, remove };

struct Operation {
  Verb verb = Verb::retry;
  Selection selection;
  mail::WallTime now;
  std::string by;  // "uid 0": kept in the history
};

/// Recipients changed, and those it could not be done to because a delivery has them right now.
struct Operated {
  std::int64_t changed = 0;
  std::int64_t leased = 0;
  /// Of a retry: where those that were changed go; none when there are more than 1,000.
  std::vector<std::string> destinations = {};
  std::vector<mail::QueueId> unknown = {};  // of the ids that were named: no message has them
};

/// One recipient whom a verb means. Concurrency: value.
struct Meant {
  std::int64_t message = 0;
  std::int64_t recipient = 0;
  friend auto operator<=>(const Meant&, const Meant&) = default;
};

}  // namespace tenax::queue
