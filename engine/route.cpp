// SPDX-License-Identifier: Apache-2.0
#include "engine/route.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <utility>

#include "mail/ascii.h"
#include "mail/reply.h"

#include "io/certificate_file.h"
#include "io/file.h"
#include "io/name_key.h"

#include "engine/destinations.h"
#include "engine/next_hop.h"

namespace tenax::engine {

namespace {

std::optional<delivery::TlsMode> tls_mode(std::string_view word) {
  if (word == "never") return delivery::TlsMode::never;
  if (word == "may") return delivery::TlsMode::may;
  if (word == "encrypt") return delivery::TlsMode::encrypt;
  if (word == "verify") return delivery::TlsMode::verify;
  return std::nullopt;
}

/// Turns the [[route]] tables into routes and ways of speaking.
class RouteReader {
 public:
  RouteReader(const Config& config, PlannedConfig& into) : config_{config}, into_{into} {}

  void read_all() {
    const std::optional<delivery::TlsMode> tls = tls_mode(config_.tls);
    if (!tls) {
      problem(config_.line_of("delivery.tls"), "delivery.tls", "not never, may, encrypt or verify");
    }
    ours_.tls = tls.value_or(delivery::TlsMode::may);
    for (const RouteConfig& route : config_.routes) read(route);
    const auto all = ways_.find(kAll);
    into_.plan.agent.fallback = all == ways_.end() ? ours_ : all->second.policy;
    for (const RouteConfig& route : config_.routes) check_not_overruled(route);
    for (auto& [destination, way] : ways_) {
      if (destination != kAll) into_.plan.agent.destinations.emplace(destination, way.policy);
    }
  }

 private:
  /// How to speak with a destination, and the line of the route that says so.
  struct Way {
    delivery::DestinationPolicy policy;
    int line = 0;
  };
  static constexpr const char* kAll = "*";

  void read(const RouteConfig& route) {
    std::optional<mail::Destination> to;
    if (!route.to.empty()) {
      const auto parsed = mail::Destination::parse(route.to);
      if (!parsed) return problem(route, "to", parsed.error().why);
      to = by_its_key(*parsed);
    }
    const delivery::DestinationPolicy policy = policy_of(route);
    for (const std::string& domain : route.domains) {
      if (!to) speak_with_domain(route, mail::to_lower(domain), policy);
      into_.plan.routes.add(domain, to);
    }
    if (to) speak(route, "to", to->text(), policy);
  }

  [[nodiscard]] static bool speaks_by_default(const RouteConfig& route) {
    return route.tls.empty() && !route.implicit_tls && route.user.empty() && route.ca_file.empty();
  }

  /// Lanes and sessions are shared by all mail for a destination: it is spoken with in one way.
  void speak(const RouteConfig& route, std::string_view key, const std::string& destination,
             const delivery::DestinationPolicy& policy) {
    const auto [way, is_new] = ways_.try_emplace(destination, Way{policy, route.line});
    if (is_new || way->second.policy == policy) return;
    problem(route, key,
            "\"" + mail::printable(destination, 300) +
                "\" is spoken with in one way only, and the route in line " +
                std::to_string(way->second.line) +
                " says another (tls, implicit_tls, user, ca_file)");
  }

  void speak_with_domain(const RouteConfig& route, const std::string& pattern,
                         const delivery::DestinationPolicy& policy) {
    if (pattern == kAll) {
      if (!route.user.empty()) {
        problem(
            route, "user",
            "a login that any server of the world could ask for; name the one it is for in `to`");
      }
      return speak(route, "domains", kAll, policy);
    }
    const auto domain = mail::Domain::parse(pattern);
    if (!pattern.starts_with('.') && domain) {
      return speak(route, "domains", own_servers(*domain).text(), policy);
    }
    if (speaks_by_default(route)) return;
    problem(route, "domains",
            "how to speak with \"" + mail::printable(pattern, 80) +
                "\" can be said for a single domain or with `to` only");
  }

  /// A route for everything below a domain, without a word on how to speak there, means [delivery];
  /// the destinations of its mail have no entry of their own to keep "*" away from them.
  void check_not_overruled(const RouteConfig& route) {
    if (!route.to.empty() || !speaks_by_default(route) || into_.plan.agent.fallback == ours_)
      return;
    for (const std::string& domain : route.domains) {
      if (!domain.starts_with('.')) continue;
      problem(route, "domains",
              "\"" + mail::printable(domain, 80) +
                  "\" would be spoken with as the route for \"*\" in line " +
                  std::to_string(ways_.at(kAll).line) + " says");
    }
  }

  delivery::DestinationPolicy policy_of(const RouteConfig& route) {
    delivery::DestinationPolicy policy = ours_;
    if (!route.tls.empty()) {
      const std::optional<delivery::TlsMode> tls = tls_mode(route.tls);
      if (!tls) problem(route, "tls", "not never, may, encrypt or verify");
      policy.tls = tls.value_or(policy.tls);
    }
    policy.implicit_tls = route.implicit_tls;
    policy.ca_file = route.ca_file;
    check_certificates(route);
    if (!route.user.empty()) policy.credentials = {route.user, password_of(route)};
    return policy;
  }

  /// A file without certificates would be found out at the first delivery, and stop all mail there.
  void check_certificates(const RouteConfig& route) {
    if (route.ca_file.empty()) return;
    const io::Result<io::Fd> file = io::open_regular_file(route.ca_file);
    if (!file) return problem(route, "ca_file", io::to_string(file.error()));
    const io::Result<> read = io::check_certificates(route.ca_file);
    if (!read) problem(route, "ca_file", io::to_string(read.error()));
  }

  std::string password_of(const RouteConfig& route) {
    constexpr std::size_t kLongestPasswordFile = 4096;
    const io::Result<std::string> text =
        io::read_regular_file(route.password_file, kLongestPasswordFile);
    if (!text && text.error().is(io::Errc::line_too_long)) {
      problem(route, "password_file",
              "longer than " + std::to_string(kLongestPasswordFile) + " octets");
      return {};
    }
    if (!text) {
      problem(route, "password_file", io::to_string(text.error()));
      return {};
    }
    const std::size_t end = text->find_first_of("\r\n");
    std::string password = text->substr(0, end);
    if (password.empty()) problem(route, "password_file", "its first line is empty");
    return password;
  }

  void problem(const RouteConfig& route, std::string_view key, std::string what) {
    problem(route.line_of(key), "route." + std::string{key}, std::move(what));
  }

  void problem(int line, std::string key, std::string what) {
    into_.problems.push_back({config_.file, line, std::move(key), std::move(what)});
  }

  const Config& config_;
  PlannedConfig& into_;
  delivery::DestinationPolicy ours_;  // as [delivery] says: where no route says anything
  std::map<std::string, Way> ways_;   // by Destination text, and kAll
};

delivery::AgentPolicy agent_policy(const Config& config) {
  delivery::AgentPolicy policy;
  policy.our_name = config.our_name();
  policy.our_names = {mail::to_lower(config.our_name())};
  policy.most_hosts = config.most_hosts;
  policy.recipients_per_transaction = config.recipients_per_transaction;
  policy.messages_per_session = config.messages_per_session;
  policy.idle_session = std::chrono::duration_cast<std::chrono::seconds>(config.idle_session);
  policy.patience = config.patience;
  policy.prefer_ipv6 = config.prefer_ipv6;
  return policy;
}

scheduler::SchedulerPolicy scheduler_policy(const Config& config) {
  scheduler::SchedulerPolicy policy;
  policy.lane.first_window = config.first_window;
  policy.lane.longest_window = config.longest_window;
  policy.lane.failures_to_park = config.failures_to_park;
  policy.lane.first_parking = config.first_parking;
  policy.lane.longest_parking = config.longest_parking;
  policy.sessions = static_cast<std::size_t>(std::max(config.sessions, 1));
  policy.lifetime = config.lifetime;
  if (config.learn) {
    scheduler::MemoryPolicy& memory = policy.learning.emplace();
    memory.lifetime = config.lifetime;
    memory.first_delay = config.first_delay;
    memory.first_window = config.first_window;
    memory.longest_window = config.longest_window;
  }
  return policy;
}

Terms terms_of(const Config& config) {
  scheduler::RetryPolicy retry;
  retry.first_delay = config.first_delay;
  retry.longest_delay = config.longest_delay;
  retry.growth = config.growth;
  retry.jitter = config.jitter;
  retry.lifetime = config.lifetime;
  retry.delay_notices = config.delay;
  retry.learns = config.learn;
  return {retry, config.our_name(), config.our_domain(), config.postmaster, false};
}

/// Often enough that history is not remembered for much longer than it should be.
mail::Duration housekeeping_for(mail::Duration history) {
  return std::clamp<mail::Duration>(history / 10, std::chrono::seconds{1}, std::chrono::minutes{1});
}

}  // namespace

void Routes::add(std::string pattern, std::optional<mail::Destination> to) {
  if (entries_.use_count() > 1) entries_ = std::make_shared<Entries>(*entries_);
  entries_->try_emplace(io::name_key(pattern), std::move(to));
}

mail::Destination Routes::destination_of(const mail::Domain& domain) const {
  if (entries_->empty()) return own_servers(domain);
  const std::string name = io::name_key(domain.text());
  auto entry = entries_->find(name);
  if (!domain.is_literal()) {
    // ".example.org" is example.org itself and everything below it.
    std::string below = "." + name;
    while (entry == entries_->end() && !below.empty()) {
      entry = entries_->find(below);
      const std::size_t dot = below.find('.', 1);
      below = dot == std::string::npos ? std::string{} : below.substr(dot);
    }
  }
  if (entry == entries_->end()) entry = entries_->find("*");
  if (entry == entries_->end() || !entry->second) return own_servers(domain);
  return *entry->second;
}

std::string Routes::text() const {
  // Whoever routed without A-labels routes anew, once.
  std::string text = "routes by A-labels\n";
  for (const auto& [pattern, to] : *entries_) {
    text += pattern + " " + (to ? to->text() : "mx") + "\n";
  }
  return text;
}

std::vector<mail::Destination> Routes::destinations_of(
    const std::vector<mail::NewRecipient>& recipients) const {
  std::vector<mail::Destination> destinations;
  destinations.reserve(recipients.size());
  for (const mail::NewRecipient& recipient : recipients) {
    destinations.push_back(destination_of(recipient.address.domain()));
  }
  return destinations;
}

PlannedConfig plan_of(const Config& config) {
  PlannedConfig planned{.plan = {.routes = {},
                                 .agent = agent_policy(config),
                                 .scheduler = scheduler_policy(config),
                                 .terms = terms_of(config),
                                 .full_limit = config.full_limit,
                                 .history = config.history,
                                 .grace = config.grace,
                                 .housekeeping = housekeeping_for(config.history),
                                 .max_message_size = config.max_message_size,
                                 .max_recipients = config.max_recipients,
                                 .paused = config.paused,
                                 .storm = {config.storm_after, config.storm_within}},
                        .problems = {}};
  RouteReader{config, planned}.read_all();
  Plan& plan = planned.plan;
  plan.terms.overrides = overrides_of(config, plan.scheduler, plan.terms.retry, planned.problems);
  plan.scheduler.overrides = plan.terms.overrides;
  plan.terms.cleared = config.notice_cleared;
  plan.terms.suppression = {config.suppression_after, config.suppression_expires,
                            config.suppression_enforce};
  plan.terms.notices_per_hour = config.notices_per_hour;
  plan.terms.wording = std::make_shared<const Wording>(Wording::read(config, planned.problems));
  return planned;
}

}  // namespace tenax::engine
