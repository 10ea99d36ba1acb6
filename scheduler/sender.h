// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who sends, as far as turns go: which requests of a line share a turn.

#include <compare>
#include <cstdint>

#include "mail/address.h"

namespace tenax::scheduler {

/// The domain of the envelope sender, and within it the name. Both are hashes: two that fall
/// together share a turn, and nothing else comes of it. Concurrency: value.
struct Sender {
  std::uint32_t domain = 0;
  std::uint32_t name = 0;
  friend auto operator<=>(const Sender&, const Sender&) = default;
};

/// The name is the local part up to the first digit, "+" or "=", so that bulk mail with an address
/// of its own for each recipient (VERP: "list-bounces+bob=example.net", "news-return-17-bob") is
/// one sender; a signature in front of it (BATV: "prvs=1234abcdef=ann") is left out. The null path
/// is a sender like others.
[[nodiscard]] Sender sender_of(const mail::ReversePath& path);

}  // namespace tenax::scheduler
