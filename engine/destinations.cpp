// SPDX-License-Identifier: Apache-2.0
#include "engine/destinations.h"

#include <algorithm>
#include <string>
#include <utility>

#include "mail/ascii.h"
#include "mail/printable.h"

#include "io/name_key.h"

#include "bounce/cause.h"

namespace tenax::engine {

namespace {

std::vector<std::string> patterns_of(const std::vector<std::string>& written) {
  std::vector<std::string> patterns;
  for (const std::string& one : written) {
    const auto domain = mail::Domain::parse(one);
    const bool literal = domain && domain->is_literal();
    patterns.push_back(io::name_key(literal ? domain->literal_address() : one));
  }
  return patterns;
}

/// "452", "4.2.2", "4.7.*", "45?".
bool is_code(std::string_view text) {
  return text.size() <= 12 && text.find_first_of("0123456789") != std::string_view::npos &&
         text.find_first_not_of("0123456789.*?") == std::string_view::npos;
}

/// Fills entries in, one by one.
class Filling {
 public:
  Filling(const Config& config, const scheduler::SchedulerPolicy& everybody,
          const scheduler::RetryPolicy& retry, std::vector<ConfigProblem>& problems)
      : config_{config}, everybody_{everybody}, retry_{retry}, problems_{problems} {}

  scheduler::Override fill(const DestinationConfig& given) {
    scheduler::Override entry;
    entry.line = given.line;
    entry.domains = patterns_of(given.domains);
    entry.mail_hosts = patterns_of(given.mx);
    entry.lane = lane_of(given);
    entry.pace = pace_of(given);
    entry.recipients_per_transaction =
        given.recipients_per_transaction.value_or(config_.recipients_per_transaction);
    entry.messages_per_session = given.messages_per_session.value_or(config_.messages_per_session);
    entry.learns = learns(given);
    entry.retry = retry_in(given);
    entry.retry.learns = retry_.learns && entry.learns;
    for (const AnswerConfig& answer : given.on) entry.on.push_back(rule_of(answer, entry.retry));
    return entry;
  }

 private:
  [[nodiscard]] scheduler::LanePolicy lane_of(const DestinationConfig& given) {
    scheduler::LanePolicy lane = everybody_.lane;
    lane.longest_window = given.longest_window.value_or(lane.longest_window);
    // Who narrows the one need not name the other.
    lane.first_window =
        given.first_window.value_or(std::min(lane.first_window, lane.longest_window));
    lane.failures_to_park = given.failures_to_park.value_or(lane.failures_to_park);
    lane.longest_parking = given.longest_parking.value_or(lane.longest_parking);
    lane.first_parking =
        given.first_parking.value_or(std::min(lane.first_parking, lane.longest_parking));
    if (lane.first_window > lane.longest_window) {
      problem(given.line_of("first_window"), "first_window",
              "more than longest_window, which is " + std::to_string(lane.longest_window));
    }
    if (lane.first_parking > lane.longest_parking) {
      problem(given.line_of("first_parking"), "first_parking", "more than longest_parking");
    }
    return lane;
  }

  [[nodiscard]] static std::optional<scheduler::PaceLimit> pace_of(const DestinationConfig& given) {
    const std::optional<RateWords> rate = parse_rate(given.rate);
    if (!rate) return std::nullopt;
    return scheduler::PaceLimit{rate->count, rate->period, given.burst.value_or(1)};
  }

  /// Who says when mail comes back wants it so.
  [[nodiscard]] bool learns(const DestinationConfig& given) {
    if (given.learn.value_or(false) && !retry_.learns) {
      problem(given.line_of("learn"), "learn", "retry.learn is false: nothing is learnt at all");
    }
    const bool dates = given.first_delay || given.longest_delay || given.growth || given.jitter ||
                       !given.schedule.empty() ||
                       std::ranges::any_of(given.on, [](const AnswerConfig& answer) {
                         return !answer.schedule.empty();
                       });
    return given.learn.value_or(!dates);
  }

  [[nodiscard]] scheduler::RetryPolicy retry_in(const DestinationConfig& given) {
    scheduler::RetryPolicy retry = retry_;
    retry.schedule = given.schedule;
    retry.longest_delay = given.longest_delay.value_or(retry.longest_delay);
    retry.first_delay =
        given.first_delay.value_or(std::min(retry.first_delay, retry.longest_delay));
    retry.growth = given.growth.value_or(retry.growth);
    // Who writes every delay down means those.
    retry.jitter = given.jitter.value_or(given.schedule.empty() ? retry.jitter : 0.0);
    retry.lifetime = given.lifetime.value_or(retry.lifetime);
    if (retry.first_delay > retry.longest_delay) {
      problem(given.line_of("first_delay"), "first_delay",
              "more than longest_delay, which is " + mail::in_short(retry.longest_delay));
    }
    return retry;
  }

  [[nodiscard]] scheduler::OnAnswer rule_of(const AnswerConfig& given,
                                            const scheduler::RetryPolicy& otherwise) {
    scheduler::OnAnswer rule{.answers = {},
                             .retry = otherwise,
                             .fails = given.then == "fail",
                             .retries = given.then == "retry"};
    for (const std::string& cause : given.cause) {
      if (!is_code(cause) && !bounce::parse_cause(cause)) {
        problem(given.line_of("cause"), "on.cause",
                "\"" + mail::printable(cause, 60) +
                    "\" is neither a cause, as \"greylisted\", nor a code, as \"452\" or "
                    "\"4.2.2\"; tenax.toml(5) lists them");
      }
      rule.answers.push_back(cause);
    }
    if (!given.schedule.empty()) {
      rule.retry.schedule = given.schedule;
      rule.retry.jitter = 0.0;
    }
    rule.retry.lifetime = given.lifetime.value_or(otherwise.lifetime);
    return rule;
  }

  void problem(int line, std::string_view key, std::string what) {
    problems_.push_back({config_.file, line, "destination." + std::string{key}, std::move(what)});
  }

  const Config& config_;
  const scheduler::SchedulerPolicy& everybody_;
  const scheduler::RetryPolicy& retry_;
  std::vector<ConfigProblem>& problems_;
};

}  // namespace

scheduler::Overrides overrides_of(const Config& config, const scheduler::SchedulerPolicy& everybody,
                                  const scheduler::RetryPolicy& retry,
                                  std::vector<ConfigProblem>& problems) {
  Filling filling{config, everybody, retry, problems};
  std::vector<scheduler::Override> entries;
  entries.reserve(config.destinations.size());
  for (const DestinationConfig& one : config.destinations) entries.push_back(filling.fill(one));
  return scheduler::Overrides{std::move(entries)};
}

const scheduler::OnAnswer* rule_for(const scheduler::Override& entry, const mail::Verdict& answer) {
  if (entry.on.empty() || answer.fault == mail::Fault::ours) return nullptr;
  const std::string_view cause = bounce::to_string(bounce::cause_of(answer));
  const std::string code = answer.reply ? std::to_string(answer.reply->code) : "";
  const std::string status = answer.status.text();
  for (const scheduler::OnAnswer& rule : entry.on) {
    const bool meets = std::ranges::any_of(rule.answers, [&](const std::string& one) {
      if (!is_code(one)) return one == cause;
      return (!code.empty() && scheduler::matches(one, code)) || scheduler::matches(one, status);
    });
    if (meets) return &rule;
  }
  return nullptr;
}

void put_off_refusals(const scheduler::Override* entry, mail::DeliveryReport& report) {
  if (entry == nullptr || entry->on.empty()) return;
  for (mail::RecipientVerdict& answer : report.verdicts) {
    mail::Verdict& verdict = answer.verdict;
    const bool refused =
        verdict.kind == mail::Kind::failed && verdict.reply && verdict.reply->permanent();
    if (!refused) continue;
    const scheduler::OnAnswer* const rule = rule_for(*entry, verdict);
    if (rule != nullptr && rule->retries) verdict.kind = mail::Kind::deferred;
  }
}

const scheduler::RetryPolicy& retry_after(const scheduler::RetryPolicy& everybody,
                                          const scheduler::Override* entry,
                                          const mail::Verdict& answer) {
  if (entry == nullptr) return everybody;
  const scheduler::OnAnswer* const rule = rule_for(*entry, answer);
  return rule != nullptr ? rule->retry : entry->retry;
}

scheduler::OverridePtr entry_of(const scheduler::Overrides& overrides,
                                const mail::Destination& destination,
                                const std::optional<mail::Verdict>& last) {
  std::vector<std::string> hosts;
  if (last && !last->host.name.empty()) hosts.push_back(mail::to_lower(last->host.name));
  return overrides.find(destination, hosts);
}

const scheduler::RetryPolicy& retry_of(const scheduler::RetryPolicy& everybody,
                                       const scheduler::Overrides& overrides,
                                       const mail::Destination& destination,
                                       const std::optional<mail::Verdict>& last) {
  if (overrides.empty()) return everybody;
  const scheduler::Override* const entry = entry_of(overrides, destination, last).get();
  if (entry == nullptr) return everybody;
  return last ? retry_after(everybody, entry, *last) : entry->retry;
}

}  // namespace tenax::engine
