// SPDX-License-Identifier: Apache-2.0
#pragma once
// The requests that wait for one destination, in the order in which they will be tried.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "mail/delivery_request.h"
#include "mail/time.h"

namespace tenax::scheduler {

/// Where a request stands: first attempts before all others, then by due time, then as they came.
struct Place {
  bool retry = false;
  mail::WallTime due;
  std::uint64_t number = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

/// Concurrency: value.
class Line {
 public:
  /// `last_chance`: the message's lifetime is over; this attempt decides.
  Place add(mail::DeliveryRequest request, std::uint64_t number, bool last_chance);
  [[nodiscard]] mail::DeliveryRequest take(Place place);
  [[nodiscard]] const mail::DeliveryRequest& at(Place place) const { return waiting_.at(place); }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] std::size_t recipients() const { return recipients_; }
  [[nodiscard]] bool has_last_chance() const { return !last_chances_.empty(); }

  [[nodiscard]] Place first() const { return waiting_.begin()->first; }
  [[nodiscard]] Place last() const { return waiting_.rbegin()->first; }
  [[nodiscard]] Place first_last_chance() const { return *last_chances_.begin(); }
  [[nodiscard]] bool is_last_chance(Place place) const { return last_chances_.contains(place); }
  [[nodiscard]] std::vector<Place> places() const;

  /// Takes one recipient out of the request at `place`; the rest, if any, is filed anew.
  /// {found, where the rest stands now}.
  std::pair<bool, std::optional<Place>> forget(Place place, mail::RecipientId recipient);

 private:
  std::map<Place, mail::DeliveryRequest> waiting_;
  std::set<Place> last_chances_;
  std::size_t recipients_ = 0;
};

}  // namespace tenax::scheduler
