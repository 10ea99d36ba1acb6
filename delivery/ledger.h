// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who of a delivery has an answer and who still waits for one; in the end, its report.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"

namespace tenax::delivery {

/// An answer is final here: the first one stands. What a host as a whole said is kept as the
/// provisional answer of those still open, and becomes theirs if no other host does better.
/// Concurrency: one user at a time.
class Ledger {
 public:
  Ledger(const mail::DeliveryRequest& request, mail::WallTime started);

  /// Places in the request, in its order.
  [[nodiscard]] std::vector<std::size_t> open() const;
  [[nodiscard]] bool complete() const { return open_ == 0; }

  void answer(std::size_t recipient, mail::Verdict verdict);

  /// Until another host does better.
  void answer_for_now(std::size_t recipient, mail::Verdict verdict);

  /// For all who are open: for good when another host would not help, else for now.
  void answer_open(const mail::Verdict& verdict);

  /// Hosts are left that were not asked: what the others said of themselves (521) is not final.
  void hosts_are_left();

  void note(mail::HostTry attempt);
  /// The best that was seen stands.
  void note(mail::Health health);
  void note_reuse() { report_.reused_session = true; }
  void note_mail_hosts(std::vector<std::string> names) { report_.mail_hosts = std::move(names); }

  /// Every recipient has a verdict afterwards.
  [[nodiscard]] mail::DeliveryReport close(mail::WallTime finished) &&;

 private:
  std::vector<std::optional<mail::Verdict>> verdicts_;
  std::map<std::size_t, mail::Verdict> for_now_;
  std::size_t open_;
  std::optional<mail::Verdict> provisional_;
  std::vector<mail::RecipientId> ids_;
  mail::DeliveryReport report_;
};

}  // namespace tenax::delivery
