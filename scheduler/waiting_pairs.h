// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pairs of sender and recipient that a site lets wait: what is new between the same two waits
// along, since to the receiver it is the same stranger knocking again.

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "mail/delivery_request.h"

namespace tenax::scheduler {

/// At most `most`; the one that knocked longest ago goes first. Concurrency: value.
class WaitingPairs {
 public:
  explicit WaitingPairs(std::size_t most) : most_{most} {}

  void knocked(std::uint64_t pair, const mail::Knocks& knocks);
  void passed(std::uint64_t pair);
  /// A message between the two goes: the others wait for what comes of it.
  void asks(std::uint64_t pair, std::uint64_t message, mail::WallTime now);
  [[nodiscard]] bool asked_by_another(std::uint64_t pair, std::uint64_t message,
                                      mail::WallTime now) const;
  [[nodiscard]] std::optional<mail::Knocks> find(std::uint64_t pair) const;
  /// A copy that knows this one only.
  [[nodiscard]] WaitingPairs only(std::uint64_t pair) const;
  void shift(mail::Duration step);

 private:
  struct Entry {
    mail::Knocks knocks;
    std::uint64_t asker = 0;
    mail::WallTime asked_until;
    std::list<std::uint64_t>::iterator place;
  };
  std::size_t most_;
  std::unordered_map<std::uint64_t, Entry> pairs_;
  std::list<std::uint64_t> order_;
};

}  // namespace tenax::scheduler
