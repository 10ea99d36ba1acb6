// SPDX-License-Identifier: Apache-2.0
#pragma once
// Addresses that mail does not reach, row by row: counted failures, and what the operator says
// (docs/suppression.md).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/ids.h"
#include "mail/recipient.h"
#include "mail/time.h"

#include "io/result.h"

#include "queue/selection.h"

namespace tenax::queue {

class Connection;

/// When a counted failure counts no more, and how many suppress an address. Concurrency: value.
struct SuppressionPolicy {
  int after = 0;  // permanent failures; 0: none are counted
  mail::Duration expires = std::chrono::hours{24 * 90};
  bool enforce = false;  // mail to a suppressed address is refused
};

/// One address of the list. Concurrency: value.
struct Suppression {
  std::string address;                  // suppression_key()
  std::int64_t failures = 0;            // counted
  std::optional<mail::WallTime> first;  // of them
  std::optional<mail::WallTime> last;
  std::string cause;                    // of the last: "no-such-user"
  std::string text;                     // the words that came with it
  std::optional<mail::WallTime> added;  // the operator put it on the list: it stays
  std::string by;
  std::string note;

  [[nodiscard]] bool in_force(const SuppressionPolicy& policy, mail::WallTime now) const {
    const bool fresh = last && now - *last < policy.expires;
    return added || (policy.after > 0 && failures >= policy.after && fresh);
  }
};

/// A failure that lies with the address itself. Concurrency: value.
struct AddressFault {
  std::string cause;
  mail::Duration expires{};  // an older one is forgotten before this one is counted
};

enum class SuppressionVerb {
  add,       // the operator says so
  remove,    // and forgets what was counted
  returned,  // mail of ours came back, or somebody complained of it
};

struct SuppressionEdit {
  SuppressionVerb verb = SuppressionVerb::add;
  std::string address;               // to add or remove
  mail::RecipientId recipient = {};  // whose mail came back
  std::string cause;
  std::string text;  // the operator's note; the reply
};

/// So many the operator may add, and so many in all are kept (some hundred more until the next
/// look): of more, those whose failures are oldest go.
inline constexpr std::int64_t kMostSuppressions = 1'000'000;

/// As the list spells it: in lower case, the domain in A-labels.
[[nodiscard]] std::string suppression_key(const mail::Address& address);

/// Once for each recipient of a message, however often it is told: true when it was counted.
[[nodiscard]] io::Result<bool> count_failure(Connection& db, mail::RecipientId recipient,
                                             const AddressFault& fault, const std::string& text,
                                             mail::WallTime now);

/// `changed` counts what made a difference. What came back is noted in the history of its message,
/// and counted if `counted` names its cause.
[[nodiscard]] io::Result<Operated> edit_suppressions(Connection& db,
                                                     const std::vector<SuppressionEdit>& edits,
                                                     const std::vector<std::string>& counted,
                                                     mail::Duration expires, const std::string& by,
                                                     mail::WallTime now);

/// Those of these addresses that are on the list, in force or not.
[[nodiscard]] io::Result<std::vector<Suppression>> suppressions_of(
    Connection& db, const std::vector<std::string>& addresses);

/// The list, those that changed last first.
[[nodiscard]] io::Result<std::vector<Suppression>> read_suppressions(Connection& db,
                                                                     std::size_t limit);

/// A mail that came back, as far as it tells whose it was.
struct Sought {
  std::string message_id;   // of ours; "" if it does not tell
  std::string envelope_id;  // likewise
  std::string sender;       // the envelope sender, where it alone names the recipient (VERP)
  std::string recipient;    // an address
};

/// A recipient in our history.
struct Sent {
  mail::QueueId message;
  mail::RecipientId recipient;
  mail::RecipientState state = mail::RecipientState::delivered;
  bool known = false;  // that it came back was noted before
};

/// For each of `sought` the newest message of ours that it names and that went to that recipient.
/// One walk over the history for all of them.
[[nodiscard]] io::Result<std::vector<std::optional<Sent>>> find_sent(
    Connection& db, const std::vector<Sought>& sought);

}  // namespace tenax::queue
