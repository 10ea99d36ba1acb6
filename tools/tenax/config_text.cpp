// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/config_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/config_keys.h"

namespace tenax::cli {

namespace {

/// A basic string (TOML 1.0): controls and the two special characters escaped.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04X", static_cast<unsigned>(byte));
      out += escaped.data();
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string quoted_list(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) out += (out.size() > 1 ? ", " : "") + in_quotes(value);
  return out + "]";
}

/// Texts whole and escaped, so that what is printed can be read back; value_text() is for reading
/// only and cuts them.
std::string written(const engine::ConfigKey& key, const engine::Config& config) {
  if (const auto* text = std::get_if<engine::TextKey>(&key.kind)) {
    return in_quotes(config.*text->member);
  }
  if (const auto* texts = std::get_if<engine::TextsKey>(&key.kind)) {
    return quoted_list(config.*texts->member);
  }
  return engine::value_text(key, config);
}

std::string route_text(const engine::RouteConfig& route) {
  std::string text = "\n[[route]]\ndomains = " + quoted_list(route.domains) + "\n";
  const auto key = [&text](const char* name, const std::string& value) {
    if (!value.empty()) text += std::string{name} + " = " + in_quotes(value) + "\n";
  };
  key("to", route.to);
  key("tls", route.tls);
  if (route.implicit_tls) text += "implicit_tls = true\n";
  key("user", route.user);
  key("password_file", route.password_file);
  key("ca_file", route.ca_file);
  return text;
}

std::string lengths(const std::vector<mail::Duration>& values) {
  std::string out = "[";
  for (const mail::Duration value : values) {
    out += (out.size() > 1 ? ", \"" : "\"") + engine::duration_text(value) + "\"";
  }
  return out + "]";
}

std::string answer_text(const engine::AnswerConfig& answer) {
  std::string text = "\n[[destination.on]]\ncause = " + quoted_list(answer.cause) + "\n";
  if (!answer.schedule.empty()) text += "schedule = " + lengths(answer.schedule) + "\n";
  if (answer.lifetime) {
    text += "lifetime = " + in_quotes(engine::duration_text(*answer.lifetime)) + "\n";
  }
  if (!answer.then.empty()) text += "then = " + in_quotes(answer.then) + "\n";
  return text;
}

std::string destination_text(const engine::DestinationConfig& entry) {
  std::string text = "\n[[destination]]\n";
  const auto key = [&text](std::string_view name, const std::string& value) {
    text += std::string{name} + " = " + value + "\n";
  };
  if (!entry.domains.empty()) key("domains", quoted_list(entry.domains));
  if (!entry.mx.empty()) key("mx", quoted_list(entry.mx));
  if (!entry.rate.empty()) key("rate", in_quotes(entry.rate));
  if (entry.burst) key("burst", std::to_string(*entry.burst));
  if (entry.learn) key("learn", *entry.learn ? "true" : "false");
  if (!entry.schedule.empty()) key("schedule", lengths(entry.schedule));
  const auto written = [&](std::string_view name, const auto& instead) {
    const auto& value = entry.*instead.member;
    if (value) key(name, engine::value_text(instead, *value));
  };
  for (const engine::DestinationKey& one : engine::destination_keys()) {
    std::visit([&](const auto& instead) { written(one.name, instead); }, one.kind);
  }
  for (const engine::AnswerConfig& answer : entry.on) text += answer_text(answer);
  return text;
}

}  // namespace

std::string config_text(const engine::Config& config) {
  // What was left to be found out, as it was found.
  engine::Config effective = config;
  effective.runtime = config.runtime_directory();
  effective.hostname = config.our_name();
  effective.domain = config.our_domain().text();

  std::string top;
  std::vector<std::string> order;
  std::map<std::string, std::string> sections;
  for (const engine::ConfigKey& key : engine::config_keys()) {
    const std::size_t dot = key.name.find('.');
    const std::string line = " = " + written(key, effective) + "\n";
    if (dot == std::string_view::npos) {
      top += std::string{key.name} + line;
      continue;
    }
    const std::string section{key.name.substr(0, dot)};
    if (!sections.contains(section)) order.push_back(section);
    sections[section] += std::string{key.name.substr(dot + 1)} + line;
  }

  std::string text =
      config.file.empty() ? "# built-in defaults\n" : "# from " + in_quotes(config.file) + "\n";
  text += top;
  for (const std::string& section : order) text += "\n[" + section + "]\n" + sections[section];
  for (const engine::RouteConfig& route : config.routes) text += route_text(route);
  for (const engine::DestinationConfig& one : config.destinations) text += destination_text(one);
  return text;
}

std::string rules_text(const engine::DestinationConfig& entry) {
  const std::string text = destination_text(entry);
  std::string rules;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view{text}.substr(at, end - at);
    at = end + 1;
    const bool for_whom = line.starts_with("domains =") || line.starts_with("mx =");
    if (line.empty() || for_whom || line == "[[destination]]") continue;
    if (line == "[[destination.on]]") {
      rules += rules.empty() ? "on " : "; on ";
    } else {
      rules += (rules.empty() || rules.ends_with("on ") ? "" : ", ") + std::string{line};
    }
  }
  return rules;
}

}  // namespace tenax::cli
