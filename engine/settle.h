// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: delivery -> queue. What a report does to the queue: who is delivered, who waits and
// until when, who has failed, and which notices that calls for. Decides only; the engine commits.

#include <cstdint>
#include <string>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"

#include "bounce/notice.h"
#include "engine/foretell.h"
#include "engine/wording.h"
#include "queue/settlement.h"
#include "queue/store.h"
#include "scheduler/advice.h"
#include "scheduler/overrides.h"
#include "scheduler/retry_policy.h"

namespace tenax::engine {

/// What settling needs to know beside the report. Concurrency: value.
struct Terms {
  scheduler::RetryPolicy retry;
  std::string our_name;                 // Reporting-MTA
  mail::Domain our_domain;              // MAILER-DAEMON@ this
  std::string postmaster;               // "" if nobody
  bool stopping = false;                // we are going down: what we cut short is due again at once
  scheduler::Overrides overrides = {};  // of some destinations, instead of `retry`
  WordingPtr wording = nullptr;         // of notices; null: English
  queue::SuppressionPolicy suppression = {};
  bool cleared = false;      // whoever was told of a delay is told of its end
  int notices_per_hour = 0;  // of failures and delays, to one sender; 0: any number
  bool paused = false;       // nothing is attempted: a delay has no dates
};

/// A failure nobody can be told of: the null path, or a notice that came back (promise 7).
struct Untold {
  mail::RecipientId recipient;
  mail::Address address;
  std::string text;
};

/// A settlement but for its notices: those still need what only the world can give, an id, the
/// original's header and a boundary. The engine adds them by complete(). Concurrency: value.
struct Draft {
  queue::Settlement settlement;
  std::vector<bounce::Order> orders;
  std::vector<Untold> untold;
  WordingPtr wording = nullptr;  // as in the terms
  int notices_per_hour = 0;      // the same
};

/// A delivery that came home. Concurrency: value.
struct Landing {
  mail::DeliveryRequest request;
  mail::DeliveryReport report;
  std::vector<scheduler::Advice> advice = {};  // of a scheduler that learns, for the deferred
  scheduler::OverridePtr entry = {};           // what the operator says of its destination
  bool storm = false;  // what is refused there by policy is held, not failed
};

/// Every recipient of the landings, all of one message, gets exactly one outcome, in their order;
/// one without a verdict in its report is put off as by our own fault. All failed recipients share
/// one notice. Concurrency: pure.
[[nodiscard]] Draft settle(const std::vector<Landing>& landings, const Terms& terms,
                           mail::WallTime now);

/// Takes out of `landing` those who fail and whose sender must be told; nullopt if there are none.
/// What is left may be without recipients. Concurrency: pure.
[[nodiscard]] std::optional<Landing> take_failures(Landing& landing, const Terms& terms,
                                                   mail::WallTime now);

/// The operator ends what is leased to us: failed, with a notice that says so. Concurrency: pure.
[[nodiscard]] Draft settle_expired_by_operator(const mail::DeliveryRequest& request,
                                               const std::string& by, const Terms& terms,
                                               mail::WallTime now);

/// Delay notices that are due: one for all recipients of the message who may be told, another for
/// those who are held in a storm, and for everybody the time of the next one. Dates are those of
/// `rehearse` where what was learnt decides; without it the schedule does everywhere. Concurrency:
/// pure.
[[nodiscard]] Draft settle_delays(const queue::NoticeDue& due, const Terms& terms,
                                  mail::WallTime now, const Rehearse& rehearse = {});

/// What the notices say of a message that was given up: "not delivered within 5 days".
[[nodiscard]] std::string lifetime_reason(const scheduler::RetryPolicy& retry);

}  // namespace tenax::engine
