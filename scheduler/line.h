// SPDX-License-Identifier: Apache-2.0
#pragma once
// The requests that wait for one destination, and which of them is tried next.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "mail/delivery_request.h"
#include "mail/time.h"

#include "scheduler/sender.h"
#include "scheduler/shares.h"

namespace tenax::scheduler {

/// Where a request stands: first attempts apart from the others, each sender by itself, then by due
/// time, then as they came.
struct Place {
  bool retry = false;
  Sender sender;
  mail::WallTime due;
  std::uint64_t number = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

/// First attempts before later ones, but of five requests one is a later one while both wait; among
/// either the senders take turns, and of a sender the one that is due longest goes first.
/// Concurrency: value; moves only.
class Line {
 public:
  /// `last_chance`: the message's lifetime is over; this attempt decides.
  void add(mail::DeliveryRequest request, std::uint64_t number, bool last_chance);
  [[nodiscard]] mail::DeliveryRequest take(Place place);
  /// The same, for one that is tried now: its sender had its turn.
  [[nodiscard]] mail::DeliveryRequest start(Place place);
  [[nodiscard]] const mail::DeliveryRequest& at(Place place) const { return waiting_.at(place); }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] bool has_fresh() const { return !turns_[0].empty(); }
  /// Recipients of this sender whose first attempt waits here; does not count beyond `most`.
  [[nodiscard]] std::size_t fresh_of(Sender sender, std::size_t most) const;
  [[nodiscard]] std::size_t recipients() const { return recipients_; }
  [[nodiscard]] bool has_last_chance() const { return !last_chances_.empty(); }

  /// Who goes next, and who could wait longest.
  [[nodiscard]] Place first() const;
  [[nodiscard]] Place last() const;
  [[nodiscard]] Place first_last_chance() const { return last_chances_.begin()->second; }
  [[nodiscard]] bool is_last_chance(Place place) const {
    return last_chances_.contains({place.due, place.number});
  }
  /// All of them: first attempts before the others, then by due time.
  [[nodiscard]] std::vector<Place> places() const;

 private:
  using Waiting = std::map<Place, mail::DeliveryRequest>;
  [[nodiscard]] bool shares_sender(Waiting::const_iterator one) const;

  Waiting waiting_;
  std::array<SenderTurns, 2> turns_;  // of first attempts, and of later ones
  std::map<std::pair<mail::WallTime, std::uint64_t>, Place> last_chances_;
  std::size_t recipients_ = 0;
  int fresh_in_a_row_ = 0;  // while a later one could have gone
};

}  // namespace tenax::scheduler
