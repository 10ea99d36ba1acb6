// SPDX-License-Identifier: Apache-2.0
#pragma once
// The retry laboratory: the daemon's scheduler, driven by a simulated world over a line protocol.
// One JSON object on each line; the world owns the clock.

#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "mail/delivery_report.h"
#include "mail/parsed.h"

#include "engine/laboratory_lines.h"
#include "engine/laboratory_queue.h"
#include "scheduler/scheduler.h"

namespace tenax::engine {

/// One run. Concurrency: one user at a time.
class Laboratory {
 public:
  explicit Laboratory(scheduler::SchedulerPolicy policy);

  /// Takes one line; what is to be answered is added to `answer`. True: it was the last one. Fails
  /// on what breaks the protocol.
  mail::Parsed<bool> hear(std::string_view line, std::string& answer);
  /// The answer so far is whole: the world waits for it.
  [[nodiscard]] bool turn_is_over() const { return turn_is_over_; }

 private:
  struct Under {
    mail::DeliveryRequest request;
    mail::WallTime started;
  };
  void act(const laboratory::Begin& begin);
  void act(const laboratory::Submitted& submitted);
  void act(const laboratory::Outcome& outcome, std::string& answer);
  void turn(std::string& answer);
  bool claim();
  bool give_back();
  bool start(std::string& answer);
  void settle(const mail::DeliveryRequest& request, const mail::DeliveryReport& report,
              std::string& answer);
  [[nodiscard]] mail::DeliveryReport report_of(const Under& under,
                                               const laboratory::Outcome& outcome) const;

  scheduler::SchedulerPolicy policy_;
  std::unique_ptr<scheduler::Scheduler> scheduler_;
  laboratory::Queue queue_;
  std::map<std::int64_t, Under> under_way_;
  std::int64_t attempts_ = 0;
  bool turn_is_over_ = false;
  mail::WallTime now_;
};

/// Speaks the protocol until the world ends it: nullopt; or what was wrong, with the line's number.
std::optional<std::string> run_laboratory(std::istream& in, std::ostream& out);

}  // namespace tenax::engine
