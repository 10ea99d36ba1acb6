// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: config and bounce -> scheduler. The operator's [[destination]] entries: what they say,
// filled in with what holds for everybody, and which of their rules an answer meets.

#include <optional>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/destination.h"
#include "mail/verdict.h"

#include "engine/config.h"
#include "scheduler/overrides.h"
#include "scheduler/scheduler.h"

namespace tenax::engine {

/// `everybody` and `retry`: what holds where no entry does. Concurrency: pure.
[[nodiscard]] scheduler::Overrides overrides_of(const Config& config,
                                                const scheduler::SchedulerPolicy& everybody,
                                                const scheduler::RetryPolicy& retry,
                                                std::vector<ConfigProblem>& problems);

/// The first rule of the entry that the answer meets: by its cause, its code or its enhanced
/// status. nullptr: none. Concurrency: pure.
[[nodiscard]] const scheduler::OnAnswer* rule_for(const scheduler::Override& entry,
                                                  const mail::Verdict& answer);

/// Refusals for good that a rule of the entry has tried again become deferrals of their recipients;
/// status and words stay the server's. `entry`: nullptr for none. Concurrency: pure.
void put_off_refusals(const scheduler::Override* entry, mail::DeliveryReport& report);

/// How patiently one is retried after this answer. What is returned lives as long as what was
/// given. Concurrency: pure.
[[nodiscard]] const scheduler::RetryPolicy& retry_after(const scheduler::RetryPolicy& everybody,
                                                        const scheduler::Override* entry,
                                                        const mail::Verdict& answer);

/// Of somebody who waits, by what is written down of it: its mail hosts are known as far as one of
/// them answered last.
[[nodiscard]] scheduler::OverridePtr entry_of(const scheduler::Overrides& overrides,
                                              const mail::Destination& destination,
                                              const std::optional<mail::Verdict>& last);
[[nodiscard]] const scheduler::RetryPolicy& retry_of(const scheduler::RetryPolicy& everybody,
                                                     const scheduler::Overrides& overrides,
                                                     const mail::Destination& destination,
                                                     const std::optional<mail::Verdict>& last);

}  // namespace tenax::engine
