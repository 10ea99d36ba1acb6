// SPDX-License-Identifier: Apache-2.0
#include "engine/laboratory_lines.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace tenax::engine::laboratory {

namespace {

using Json = nlohmann::json;

constexpr double kLongest = 1e9;  // seconds: thirty years

/// What a line lacks; ends its reading.
struct Wrong {
  std::string why;
};

const Json& field(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) throw Wrong{std::string{"\""} + name + "\" is missing"};
  return *found;
}

std::string text_of(const Json& object, const char* name) {
  const Json& value = field(object, name);
  if (!value.is_string()) throw Wrong{std::string{"\""} + name + "\" is no string"};
  return value.get<std::string>();
}

double number_of(const Json& object, const char* name, double least, double most) {
  const Json& value = field(object, name);
  if (!value.is_number()) throw Wrong{std::string{"\""} + name + "\" is no number"};
  const auto number = value.get<double>();
  if (!(number >= least && number <= most)) {
    throw Wrong{std::string{"\""} + name + "\" is out of range"};
  }
  return number;
}

const Json& list_of(const Json& object, const char* name) {
  const Json& value = field(object, name);
  if (!value.is_array()) throw Wrong{std::string{"\""} + name + "\" is no list"};
  return value;
}

mail::Duration millis(double seconds) {
  return mail::Duration{static_cast<mail::Duration::rep>(std::llround(seconds * 1000))};
}

Begin begin_of(const Json& object) {
  Begin begin;
  begin.sessions = static_cast<std::size_t>(number_of(object, "max_connections", 1, 1e6));
  begin.lifetime = millis(number_of(object, "queue_lifetime", 1, kLongest));
  return begin;
}

Submitted submitted_of(const Json& object) {
  Submitted submitted;
  submitted.id = text_of(object, "id");
  submitted.sender = text_of(object, "sender");
  for (const Json& one : list_of(object, "recipients")) {
    if (!one.is_string()) throw Wrong{"a recipient is no string"};
    submitted.recipients.push_back(one.get<std::string>());
  }
  submitted.size = static_cast<std::int64_t>(number_of(object, "size", 0, 1e15));
  return submitted;
}

std::vector<std::string> mail_hosts_of(const Json& object) {
  std::vector<std::pair<double, std::string>> pairs;
  for (const Json& one : list_of(object, "mx")) {
    const bool pair = one.is_array() && one.size() == 2 && one[0].is_string() && one[1].is_number();
    if (!pair) throw Wrong{"an entry of \"mx\" is no pair of a host and a preference"};
    pairs.emplace_back(one[1].get<double>(), one[0].get<std::string>());
  }
  std::ranges::stable_sort(pairs, {}, &std::pair<double, std::string>::first);
  std::vector<std::string> hosts;
  hosts.reserve(pairs.size());
  for (auto& [preference, host] : pairs) hosts.push_back(std::move(host));
  return hosts;
}

Outcome outcome_of(const Json& object) {
  Outcome outcome;
  outcome.attempt = static_cast<std::int64_t>(number_of(object, "attempt", 0, 9e15));
  outcome.mail_hosts = mail_hosts_of(object);
  for (const Json& one : list_of(object, "hosts")) {
    if (!one.is_object()) throw Wrong{"an entry of \"hosts\" is no object"};
    outcome.hosts.push_back({text_of(one, "host"), text_of(one, "outcome")});
  }
  for (const Json& one : list_of(object, "recipients")) {
    if (!one.is_object()) throw Wrong{"an entry of \"recipients\" is no object"};
    outcome.recipients.push_back({text_of(one, "recipient"), text_of(one, "stage"),
                                  static_cast<int>(number_of(one, "code", 0, 999)),
                                  text_of(one, "enhanced"), text_of(one, "text")});
  }
  return outcome;
}

Line line_of(const Json& object) {
  if (!object.is_object()) throw Wrong{"not a JSON object"};
  const std::string name = text_of(object, "event");
  Line line;
  line.at = millis(number_of(object, "at", 0, kLongest));
  if (name == "config") line.event = begin_of(object);
  if (name == "submit") line.event = submitted_of(object);
  if (name == "result") line.event = outcome_of(object);
  if (name == "go") line.event = Go{};
  if (name == "end") line.event = End{};
  return line;
}

std::string dumped(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

mail::Parsed<Line> read_line(std::string_view text) {
  const Json object = Json::parse(text, nullptr, false);
  if (object.is_discarded()) return mail::ParseError{"not a JSON object"};
  try {
    return line_of(object);
  } catch (const Wrong& wrong) {
    return mail::ParseError{wrong.why};
  }
}

std::string attempt_line(std::int64_t attempt, const std::string& message,
                         const std::string& destination, const std::vector<std::string>& recipients,
                         const std::string& host) {
  Json line{{"event", "attempt"},
            {"attempt", attempt},
            {"id", message},
            {"destination", destination},
            {"recipients", recipients}};
  if (!host.empty()) line["host"] = host;
  return dumped(line);
}

std::string delivered_line(const std::string& message, const std::vector<std::string>& recipients) {
  return dumped({{"event", "delivered"}, {"id", message}, {"recipients", recipients}});
}

std::string failed_line(const std::string& message, const std::vector<std::string>& recipients,
                        bool rejected) {
  return dumped({{"event", "failed"},
                 {"id", message},
                 {"recipients", recipients},
                 {"reason", rejected ? "rejected" : "expired"}});
}

std::string wait_line(std::optional<mail::Duration> until) {
  Json line{{"event", "wait"}, {"until", nullptr}};
  if (until) line["until"] = static_cast<double>(until->count()) / 1000.0;
  return dumped(line);
}

}  // namespace tenax::engine::laboratory
