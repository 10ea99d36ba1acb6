// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operator says of some destinations: what holds for their mail instead of what holds for
// everybody's. A table, built once from the configuration and never changed.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mail/destination.h"

#include "scheduler/lane_policy.h"
#include "scheduler/pace.h"
#include "scheduler/retry_policy.h"

namespace tenax::scheduler {

/// After answers of a kind.
struct OnAnswer {
  std::vector<std::string> answers;  // "greylisted", "452", "4.2.2", "4.7.*"
  RetryPolicy retry;                 // filled in with what holds after any other
  bool fails = false;                // it is not tried again
  bool retries = false;              // it is, even where the server said no for good
};

/// One entry, filled in with what holds for everybody. Concurrency: value.
struct Override {
  int line = 0;                         // of the file that says so
  std::vector<std::string> domains;     // patterns, in lower case: of the next hop
  std::vector<std::string> mail_hosts;  // or of any of its mail hosts

  LanePolicy lane;
  std::optional<PaceLimit> pace;  // of messages
  int recipients_per_transaction = 100;
  int messages_per_session = 100;
  bool learns = true;  // where the scheduler does: what was learnt decides when to come back
  RetryPolicy retry;
  std::vector<OnAnswer> on = {};  // the first that fits

  /// By which it is told from others: its first pattern.
  [[nodiscard]] const std::string& name() const {
    return domains.empty() ? mail_hosts.front() : domains.front();
  }
};

using OverridePtr = std::shared_ptr<const Override>;

/// "example.net"; ".example.net", it and all below; "*" any text and "?" any character, as in
/// "*.example.net" (all below), "mx?.example.net", "*". Concurrency: pure.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name);

/// The most exact entry holds, and only that one: a domain by its name, then the domain pattern
/// with the most characters that are not "*" or "?", then the same for mail hosts, then "*" for all
/// domains; of equal ones the first. Concurrency: value; copies share what they hold.
class Overrides {
 public:
  Overrides() = default;
  /// Each has one pattern at least.
  explicit Overrides(std::vector<Override> entries);

  /// nullptr: none. `mail_hosts`: in lower case, as far as they are known.
  [[nodiscard]] OverridePtr find(const mail::Destination& destination,
                                 const std::vector<std::string>& mail_hosts) const;

  [[nodiscard]] bool empty() const { return table_ == nullptr; }
  [[nodiscard]] bool by_mail_hosts() const { return table_ && !table_->hosts.empty(); }

 private:
  struct Rule {
    std::string pattern;
    std::size_t exactness;
    OverridePtr entry;
  };
  using Rules = std::vector<Rule>;  // the most exact first
  struct Table {
    std::unordered_map<std::string, OverridePtr> domains;  // by name
    Rules patterns;
    Rules hosts;
    OverridePtr all;
  };
  std::shared_ptr<const Table> table_;
};

}  // namespace tenax::scheduler
