// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: config -> delivery and scheduler. Which way mail for a domain goes, and how the rooms
// are to behave, out of the words of tenax.toml.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mail/destination.h"
#include "mail/domain.h"
#include "mail/recipient.h"

#include "delivery/agent.h"
#include "engine/config.h"
#include "engine/settle.h"
#include "engine/storm.h"
#include "scheduler/scheduler.h"

namespace tenax::engine {

/// Where mail for a domain goes. Copies share what they hold. Concurrency: value.
class Routes {
 public:
  /// `pattern`: "example.org", ".example.org" (and all below), "*". nullopt: the domain's own mail
  /// servers.
  void add(std::string pattern, std::optional<mail::Destination> to);

  /// The most exact entry wins: "mail.example.org", then ".mail.example.org", ".example.org", then
  /// "*"; among equals the first. Without any, the domain's own mail servers.
  [[nodiscard]] mail::Destination destination_of(const mail::Domain& domain) const;

  /// All entries, one a line, in order of the patterns: equal texts, equal routes.
  [[nodiscard]] std::string text() const;

  /// One per recipient.
  [[nodiscard]] std::vector<mail::Destination> destinations_of(
      const std::vector<mail::NewRecipient>& recipients) const;

 private:
  using Entries = std::map<std::string, std::optional<mail::Destination>>;  // in lower case
  std::shared_ptr<Entries> entries_ = std::make_shared<Entries>();  // never changed while shared
};

/// What the config makes of the rooms. Concurrency: value.
struct Plan {
  Routes routes;
  delivery::AgentPolicy agent;
  scheduler::SchedulerPolicy scheduler;
  Terms terms;
  std::int64_t full_limit = 0;  // octets; originals up to this are given back whole when asked for
  mail::Duration history{};
  mail::Duration grace{};
  // How often the engine looks after what nobody rings for: a stepped clock, history to purge.
  mail::Duration housekeeping = std::chrono::minutes{1};
  std::int64_t max_message_size = 0;  // octets; 0: no limit
  std::int64_t max_recipients = 0;
  bool paused = false;  // nothing new is attempted
  StormPolicy storm = {};
};

struct PlannedConfig {
  Plan plan;
  std::vector<ConfigProblem> problems;  // a route nobody can read, a password file that is missing
};

/// Reads the password files the routes name. Blocking, short. Concurrency: thread-safe.
[[nodiscard]] PlannedConfig plan_of(const Config& config);

}  // namespace tenax::engine
