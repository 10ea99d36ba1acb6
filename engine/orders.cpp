// SPDX-License-Identifier: Apache-2.0
#include "engine/orders.h"

#include <sys/un.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "mail/printable.h"

#include "io/file.h"

#include "engine/config_keys.h"
#include "engine/log_place.h"

namespace tenax::engine {

namespace {

/// The kernel's limit, told before anything is made in a place that cannot serve.
std::string fault_of_sockets(const Config& config) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un{}.sun_path) - 1;
  const std::string path =
      std::max(config.submit_socket(), config.control_socket(),
               [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
  if (path.size() <= kLongest) return "";
  return "\"" + mail::printable(path, 300) + "\" is too long a name for a socket (" +
         std::to_string(path.size()) + " octets, " + std::to_string(kLongest) +
         " are possible): set runtime to a shorter directory";
}

/// What the process was built on: keys and, with a dot behind them, whole sections. The head of
/// tenax.toml(5) lists them.
constexpr std::array<std::string_view, 8> kAtTheStart = {"state",
                                                         "runtime",
                                                         "smtp.",
                                                         "dns.",
                                                         "retry.learn",
                                                         "notice.cause_rules",
                                                         "queue.inline_limit",
                                                         "delivery.threads"};

bool is_read_at_the_start(std::string_view key) {
  return std::ranges::any_of(kAtTheStart, [key](std::string_view one) {
    return one.ends_with('.') ? key.starts_with(one) : key == one;
  });
}

}  // namespace

std::vector<std::string> waiting_for_a_start(const Config& running, const Config& read) {
  std::vector<std::string> waiting;
  for (const ConfigKey& key : config_keys()) {
    if (is_read_at_the_start(key.name) && value_text(key, running) != value_text(key, read)) {
      waiting.emplace_back(key.name);
    }
  }
  return waiting;
}

mail::Parsed<bounce::CauseRules> cause_rules_of(const Config& config) {
  if (config.cause_rules.empty()) return bounce::built_in_rules();
  const io::Result<std::string> own =
      io::read_regular_file(config.cause_rules, bounce::kLongestRuleText);
  if (!own) return mail::ParseError{io::to_string(own.error())};
  const std::array texts = {bounce::RuleText{config.cause_rules, *own},
                            bounce::built_in_rule_text()};
  return bounce::CauseRules::parse(texts);
}

Orders orders_of(LoadedConfig loaded) {
  PlannedConfig planned = plan_of(loaded.config);
  Orders orders{.config = std::move(loaded.config),
                .plan = std::move(planned.plan),
                .operators = {},
                .cause_rules = std::nullopt,
                .problems = std::move(loaded.problems)};
  orders.problems.insert(orders.problems.end(), planned.problems.begin(), planned.problems.end());
  const Config& config = orders.config;
  const auto problem = [&orders](const char* key, std::string what) {
    if (what.empty()) return;
    orders.problems.push_back(
        {orders.config.file, orders.config.line_of(key), key, std::move(what)});
  };
  const io::Result<Operators> operators = operators_of(config.operators_group);
  if (operators) orders.operators = *operators;
  if (!operators) problem("operators_group", io::to_string(operators.error()));
  auto rules = cause_rules_of(config);
  if (rules) orders.cause_rules = std::move(*rules);
  if (!rules) problem("notice.cause_rules", mail::printable(rules.error().why, 500));
  problem("log.to", fault_of_log(config.log_to));
  problem(config.runtime.empty() ? "state" : "runtime", fault_of_sockets(config));
  std::ranges::stable_sort(orders.problems, {}, &ConfigProblem::line);
  return orders;
}

}  // namespace tenax::engine
