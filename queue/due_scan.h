// SPDX-License-Identifier: Apache-2.0
#pragma once
// The two walks over the indexes of waiting recipients.

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "mail/time.h"

#include "io/result.h"

#include "queue/sqlite.h"
#include "queue/store.h"

namespace tenax::queue {

struct Pick {
  std::int64_t recipient = 0;
  std::int64_t due = 0;
};

/// Picks due recipients for one ClaimOrder: those that go ahead, last chances, those that may come
/// before their dates, first attempts, then later ones; oldest due first. Concurrency: one user.
class DueScan {
 public:
  DueScan(Connection& db, const ClaimOrder& order);
  [[nodiscard]] io::Result<std::vector<Pick>> run();

 private:
  [[nodiscard]] io::Result<> ahead();
  [[nodiscard]] io::Result<> last_chances();
  [[nodiscard]] io::Result<> last_chances_at(const std::string& destination,
                                             mail::Duration lifetime);
  [[nodiscard]] io::Result<> early();
  [[nodiscard]] io::Result<bool> by_time(bool retried);  // false: gave up in a crowd
  [[nodiscard]] io::Result<bool> few_destinations();     // that wait
  [[nodiscard]] io::Result<> by_destination(bool retried);
  [[nodiscard]] io::Result<> from_lane(const std::string& destination, bool retried,
                                       mail::WallTime until);
  [[nodiscard]] std::size_t room_for(const std::string& destination) const;
  [[nodiscard]] std::size_t room() const {
    return order_.max_recipients - (picks_.size() - ahead_count_);
  }

  struct Found {
    Pick pick;
    std::string destination;
    friend bool operator<(const Found& a, const Found& b) {
      if (a.pick.due != b.pick.due) return a.pick.due < b.pick.due;
      return a.pick.recipient < b.pick.recipient;
    }
  };
  void take(std::vector<Found> found);

  Connection& db_;
  const ClaimOrder& order_;
  std::unordered_set<std::string> except_;
  std::unordered_map<std::string, std::size_t> taken_;  // at most max_recipients entries
  std::unordered_set<std::int64_t> picked_;  // out of turn, so that no walk picks them again
  std::size_t ahead_count_ = 0;              // of those, who take no room
  std::vector<Pick> picks_;
  std::vector<Found> best_;  // heap, the last due on top; at most room()
};

/// Whose lifetime is over, among all and at one destination.
extern const char* const kOldOnesWalk;
extern const char* const kOldOnesThereWalk;

/// The first destination after `last` that has waiting recipients; nullopt at the end.
[[nodiscard]] io::Result<std::optional<std::string>> next_destination(Connection& db,
                                                                      const std::string& last);

}  // namespace tenax::queue
