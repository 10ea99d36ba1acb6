// SPDX-License-Identifier: Apache-2.0
#pragma once
// When a destination that took mail suddenly refuses most of it by policy - a block list, an
// expired login, a domain's settings - the mail is not at fault, and its senders can do nothing. It
// is held back until the operator has looked (docs/notices.md).

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/time.h"

namespace tenax::engine {

struct StormPolicy {
  int after = 0;  // refused messages; 0: never
  mail::Duration within = std::chrono::minutes{10};
};

/// Is this a refusal of us rather than of the recipient or the size of a message?
[[nodiscard]] bool refused_by_policy(const mail::Verdict& verdict);

/// Concurrency: the engine's strand; time comes from the caller.
class StormWatch {
 public:
  void adopt(StormPolicy policy) { policy_ = policy; }

  /// A transaction came home. True when a storm begins with it.
  bool landed(const mail::DeliveryReport& report, mail::WallTime now);

  /// Is mail that is refused there by policy to be held?
  [[nodiscard]] bool rages(const mail::Destination& destination) const {
    return storms_.contains(destination.text());
  }

  /// Storms are where the queue holds mail because of one: after a start, and after the operator
  /// did something to held mail. Those that are over are counted from nothing.
  void set(const std::vector<std::string>& stormed);

 private:
  struct Count {
    int refused = 0;
    int others = 0;
  };
  /// Two halves of the time that is looked at, so that a count never ends all at once.
  struct Site {
    mail::WallTime since;  // when `now` began
    Count now;
    Count before;
    bool took_mail = false;
  };
  void forget_something();

  StormPolicy policy_;
  std::unordered_map<std::string, Site> sites_;
  std::set<std::string, std::less<>> storms_;
};

}  // namespace tenax::engine
