// SPDX-License-Identifier: Apache-2.0
#pragma once
// What has changed since it was last written down, and by when it should be.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "mail/time.h"

namespace tenax::scheduler {

/// At most kMost keys; what changes beyond them is noted when it changes again. Concurrency: value.
class Unwritten {
 public:
  static constexpr std::size_t kMost = 20'000;

  /// The sooner date holds.
  void changed(const std::string& key, mail::WallTime due);
  /// The one that should have been written first, if it is due.
  [[nodiscard]] std::optional<std::string> pop(mail::WallTime now);
  [[nodiscard]] std::optional<mail::WallTime> next() const;
  void shift(mail::Duration step);

 private:
  std::map<std::string, mail::WallTime> due_;
  std::set<std::pair<mail::WallTime, std::string>> order_;
};

}  // namespace tenax::scheduler
