// SPDX-License-Identifier: Apache-2.0
#pragma once
// Does a daemon that begins use what the last one was taught? The first stranger whom a greylister
// refuses in a new life comes back at the age that is written down, not at the one an ignorant
// daemon would try.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mail/lesson.h"

#include "engine/observer.h"
#include "tests/simulation/script.h"

namespace tenax::simulation {

class Remembrance {
 public:
  explicit Remembrance(const Script& script);

  /// A life begins with these lessons.
  void born(const std::vector<mail::Lesson>& lessons, mail::WallTime now);
  void stepped() { known_.clear(); }  // until the next life
  /// What is wrong with this fact, if anything is.
  [[nodiscard]] std::optional<std::string> attempted(const engine::Attempted& fact);
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  struct Ages {
    mail::Duration enough{};
    mail::Duration too_short{};
  };
  [[nodiscard]] static std::optional<Ages> ages_in(const std::string& text);

  std::set<std::string> greylisters_;
  std::map<std::string, Ages> known_;  // by destination; until its first report in this life
  std::size_t used_ = 0;
};

}  // namespace tenax::simulation
