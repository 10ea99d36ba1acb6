// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which of the operator's entries holds for each destination, as far as we know its mail hosts.
// Looked up once, and again when the configuration or the hosts change.

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mail/destination.h"

#include "scheduler/overrides.h"

namespace tenax::scheduler {

/// Concurrency: one user at a time.
class Shaping {
 public:
  explicit Shaping(Overrides overrides) : overrides_{std::move(overrides)} {}

  /// nullptr: what holds for everybody. Entries for mail hosts hold from the first report on.
  [[nodiscard]] OverridePtr of(const mail::Destination& destination) const;

  /// A report named the mail hosts. True when another entry holds since.
  bool met(const mail::Destination& destination, const std::vector<std::string>& mail_hosts);

  void adopt(Overrides overrides);

 private:
  // Strangers choose the names of their mail hosts: some 50 MB at worst. Who is forgotten is met
  // again by its next report.
  static constexpr std::size_t kMostDestinations = 20'000;
  static constexpr std::size_t kMostHosts = 10;  // of one destination

  struct Known {
    std::vector<std::string> mail_hosts;
    OverridePtr entry;
  };

  Overrides overrides_;
  mutable std::unordered_map<std::string, Known> known_;  // by Destination text
};

}  // namespace tenax::scheduler
