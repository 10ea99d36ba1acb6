// SPDX-License-Identifier: Apache-2.0
// A file of configuration, from its text to a Config and all that is wrong in it.

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "mail/ascii.h"
#include "mail/printable.h"

#include "engine/config.h"
#include "engine/config_keys.h"
#include "engine/toml.h"
#include "engine/toml_depth.h"

namespace tenax::engine {

namespace {

/// "262144" octets may be written "256KiB".
std::optional<std::int64_t> parse_size(std::string_view text) {
  struct Unit {
    std::string_view sign;
    std::int64_t octets;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"B", 1}}};
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.sign)) continue;
    const std::string_view digits = mail::trimmed(text.substr(0, text.size() - unit.sign.size()));
    const std::optional<int> number = mail::parse_number(digits, 1'000'000'000);
    if (number) return *number * unit.octets;
  }
  return std::nullopt;
}

/// Reads the parsed file into a Config, key by key of the list, and remembers what was wrong.
class Reader {
 public:
  Reader(const std::string& file, LoadedConfig& loaded) : file_{file}, loaded_{loaded} {}

  void read(const toml::table& root) {
    std::set<std::string_view> sections;
    for (const ConfigKey& key : config_keys()) {
      known_.push_back(key.name);
      const std::size_t dot = key.name.find('.');
      if (dot != std::string_view::npos) sections.insert(key.name.substr(0, dot));
    }
    for (const auto& [name, node] : root) {
      const std::string_view section = name.str();
      if (section == "route") {
        read_each(section, node, [this](const toml::table& table) { read_route(table); });
      } else if (section == "destination") {
        read_each(section, node, [this](const toml::table& table) { read_destination(table); });
      } else if (sections.contains(section)) {
        read_section(section, node);
      } else if (node.is_table() || node.is_array_of_tables()) {
        wrong(node, section_name(section), "there is no such section");
      } else {
        read_key(std::string{section}, node);
      }
    }
  }

  void problem(int line, std::string key, std::string what) {
    loaded_.problems.push_back({file_, line, std::move(key), std::move(what)});
  }

 private:
  static int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

  void wrong(const toml::node& node, const std::string& key, std::string what) {
    problem(line_of(node), mail::printable(key, 200), std::move(what));
  }

  static std::string section_name(std::string_view section) {
    return "[" + std::string{section} + "]";
  }

  /// `where`: the section's name and a dot, for those who care for some sections only.
  void unknown(const toml::node& node, const std::string& where, const std::string& key,
               std::span<const std::string_view> known) {
    const std::string meant = nearest_key(key, known);
    wrong(node, where + key,
          "there is no such key" + (meant.empty() ? "" : "; did you mean \"" + meant + "\"?"));
  }

  void read_section(std::string_view section, const toml::node& node) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) return wrong(node, section_name(section), "not a section");
    for (const auto& [name, value] : *table) {
      read_key(std::string{section} + "." + std::string{name.str()}, value);
    }
  }

  void read_key(const std::string& name, const toml::node& node) {
    const auto key = std::ranges::find(config_keys(), name, &ConfigKey::name);
    if (key == config_keys().end()) return unknown(node, "", name, known_);
    loaded_.config.lines[name] = line_of(node);
    const std::string why =
        std::visit([&](const auto& kind) { return take(kind, node, loaded_.config); }, key->kind);
    if (!why.empty()) wrong(node, name, why);
  }

  // Each takes the value, or says what is wrong with it and leaves the default.

  static std::string take(const TextKey& key, const toml::node& node, Config& into) {
    return take_text(node, into.*key.member, key.check);
  }

  static std::string take(const TextsKey& key, const toml::node& node, Config& into) {
    return take_texts(node, into.*key.member, key.check);
  }

  static std::string take(const TruthKey& key, const toml::node& node, Config& into) {
    return take_truth(node, into.*key.member);
  }

  static std::string take(const SizeKey& key, const toml::node& node, Config& into) {
    std::optional<std::int64_t> octets;
    if (const auto* const number = node.as_integer()) octets = number->get();
    if (const auto* const text = node.as_string()) octets = parse_size(text->get());
    if (!octets || *octets < 0) return "not a count of octets, as 262144 or \"256KiB\"";
    if (*octets > key.most) return "more than " + std::to_string(key.most) + " octets";
    into.*key.member = *octets;
    return "";
  }

  static std::string take(const TimesKey& key, const toml::node& node, Config& into) {
    std::vector<mail::Duration> times;
    const std::string why = take_lengths(node, key.least, key.most, times);
    if (!why.empty()) return why;
    if (std::ranges::adjacent_find(times, std::greater_equal{}) != times.end()) {
      return "not in ascending order";
    }
    if (times.size() > 20) return "more than 20";
    into.*key.member = std::move(times);
    return "";
  }

  static std::string take_lengths(const toml::node& node, mail::Duration least, mail::Duration most,
                                  std::vector<mail::Duration>& into) {
    const toml::array* const list = node.as_array();
    if (list == nullptr) return "not a list of lengths of time, as [\"4h\", \"24h\"]";
    if (list->size() > kMostLengths) return "more than " + std::to_string(kMostLengths);
    for (const toml::node& each : *list) {
      const std::string why = length_of(each, least, most, into.emplace_back());
      if (!why.empty()) return why;
    }
    return "";
  }

  template <class T>
  requires std::is_integral_v<T>
  static std::string take(const Between<T>& key, const toml::node& node, Config& into) {
    return take_whole(node, key.least, key.most, into.*key.member);
  }

  template <class T>
  static std::string take_whole(const toml::node& node, T least, T most, T& into) {
    const auto* const number = node.as_integer();
    if (number == nullptr) return "not a whole number";
    if (number->get() < least || number->get() > most) {
      return "not between " + std::to_string(least) + " and " + std::to_string(most);
    }
    into = static_cast<T>(number->get());
    return "";
  }

  static std::string take(const Between<double>& key, const toml::node& node, Config& into) {
    const std::optional<double> number = node.value<double>();
    if (!node.is_number() || !number) return "not a number";
    if (!(*number >= key.least && *number <= key.most)) {
      return "not between " + std::to_string(key.least) + " and " + std::to_string(key.most);
    }
    into.*key.member = *number;
    return "";
  }

  static std::string take(const Between<mail::Duration>& key, const toml::node& node,
                          Config& into) {
    return length_of(node, key.least, key.most, into.*key.member);
  }

  static std::string length_of(const toml::node& node, mail::Duration least, mail::Duration most,
                               mail::Duration& into) {
    const auto* const text = node.as_string();
    if (text == nullptr) return "not a length of time, as \"90s\" or \"1h30m\"";
    const std::optional<mail::Duration> length = mail::parse_duration(text->get());
    if (!length) return "not a length of time: " + in_quotes(text->get());
    if (*length < least || *length > most) {
      return "not between " + duration_text(least) + " and " + duration_text(most);
    }
    into = *length;
    return "";
  }

  static std::string take_text(const toml::node& node, std::string& into, TextCheck check) {
    const auto* const text = node.as_string();
    if (text == nullptr) return "not a text";
    if (mail::has_control(text->get())) {
      return "a control character in it";
    }
    std::string why = check(text->get());
    if (why.empty()) into = text->get();
    return why;
  }

  static std::string take_texts(const toml::node& node, std::vector<std::string>& into,
                                TextCheck check) {
    const toml::array* const list = node.as_array();
    if (list == nullptr) return "not a list of texts";
    std::vector<std::string> texts;
    for (const toml::node& each : *list) {
      std::string text;
      const std::string why = take_text(each, text, check);
      if (!why.empty()) return why;
      texts.push_back(std::move(text));
    }
    into = std::move(texts);
    return "";
  }

  static std::string take_truth(const toml::node& node, bool& into) {
    const auto* const truth = node.as_boolean();
    if (truth == nullptr) return "neither true nor false";
    into = truth->get();
    return "";
  }

  template <class Read>
  void read_each(std::string_view section, const toml::node& node, const Read& read) {
    const std::string name = section_name(section);
    const std::string why = "write [" + name + "], one for each";
    const toml::array* const list = node.as_array();
    if (list == nullptr) return wrong(node, name, why);
    for (const toml::node& each : *list) {
      const toml::table* const table = each.as_table();
      if (table != nullptr) {
        read(*table);
      } else {
        wrong(each, name, why);
      }
    }
  }

  void read_route(const toml::table& table) {
    RouteConfig route;
    route.line = line_of(table);
    bool fits = true;
    for (const auto& [name, node] : table) {
      const std::string key{name.str()};
      if (std::ranges::find(route_keys(), key) == route_keys().end()) {
        unknown(node, "route.", key, route_keys());
        continue;
      }
      route.lines[key] = line_of(node);
      const std::string why = take_route_key(key, node, route);
      if (why.empty()) continue;
      wrong(node, "route." + key, why);
      fits = false;
    }
    if (fits && route.domains.empty()) {
      wrong(table, "route.domains", "a route is for some domains; [\"*\"] for all");
      fits = false;
    }
    if (fits && route.user.empty() != route.password_file.empty()) {
      wrong(table, "route.user", "user and password_file go together");
      fits = false;
    }
    // A route that is half wrong would send mail where nobody wanted it.
    if (fits) loaded_.config.routes.push_back(std::move(route));
  }

  static std::string take_route_key(const std::string& key, const toml::node& node,
                                    RouteConfig& route) {
    const TextCheck any = [](std::string_view) { return std::string{}; };
    if (key == "domains") return take_texts(node, route.domains, check_pattern);
    if (key == "to") return take_text(node, route.to, check_hop);
    if (key == "tls") return take_text(node, route.tls, check_tls);
    if (key == "implicit_tls") return take_truth(node, route.implicit_tls);
    if (key == "user") return take_text(node, route.user, any);
    if (key == "password_file") return take_text(node, route.password_file, check_path);
    return take_text(node, route.ca_file, check_path);
  }

  void read_destination(const toml::table& table) {
    DestinationConfig entry;
    entry.line = line_of(table);
    const std::size_t before = loaded_.problems.size();
    for (const auto& [name, node] : table) {
      const std::string key{name.str()};
      if (std::ranges::find(destination_key_names(), key) == destination_key_names().end()) {
        unknown(node, "destination.", key, destination_key_names());
        continue;
      }
      entry.lines[key] = line_of(node);
      if (key == "on") {
        read_each("destination.on", node,
                  [&](const toml::table& answer) { read_answer(answer, entry); });
        continue;
      }
      const std::string why = take_destination_key(key, node, entry);
      if (!why.empty()) wrong(node, "destination." + key, why);
    }
    if (loaded_.problems.size() == before) check_destination(table, entry);
    // One that is half wrong would be taken for a whole one.
    if (loaded_.problems.size() == before) loaded_.config.destinations.push_back(std::move(entry));
  }

  static std::string take_destination_key(const std::string& key, const toml::node& node,
                                          DestinationConfig& entry) {
    if (key == "domains") return take_texts(node, entry.domains, check_wild);
    if (key == "mx") return take_texts(node, entry.mx, check_wild);
    if (key == "rate") return take_text(node, entry.rate, check_rate);
    if (key == "learn") return take_truth(node, entry.learn.emplace());
    if (key == "schedule") return take_schedule(node, entry.schedule);
    if (key == "burst") return take_whole(node, 1, 100'000, entry.burst.emplace());
    const auto found = std::ranges::find(destination_keys(), key, &DestinationKey::name);
    return std::visit([&](const auto& kind) { return take_instead(kind, node, entry); },
                      found->kind);
  }

  template <class T>
  static std::string take_instead(const Instead<T>& key, const toml::node& node,
                                  DestinationConfig& entry) {
    const auto other = std::ranges::find(config_keys(), key.of, &ConfigKey::name);
    const Between<T>& rule = std::get<Between<T>>(other->kind);
    Config scratch;
    const std::string why = take(rule, node, scratch);
    if (why.empty()) entry.*key.member = scratch.*rule.member;
    return why;
  }

  void read_answer(const toml::table& table, DestinationConfig& entry) {
    AnswerConfig answer;
    answer.line = line_of(table);
    for (const auto& [name, node] : table) {
      const std::string key{name.str()};
      if (std::ranges::find(answer_key_names(), key) == answer_key_names().end()) {
        unknown(node, "destination.on.", key, answer_key_names());
        continue;
      }
      answer.lines[key] = line_of(node);
      const std::string why = take_answer_key(key, node, answer);
      if (!why.empty()) wrong(node, "destination.on." + key, why);
    }
    if (answer.cause.empty()) {
      wrong(table, "destination.on.cause", "after which answers? [\"greylisted\"], [\"4.2.2\"]");
    } else if (answer.then == "fail" && (answer.lifetime || !answer.schedule.empty())) {
      wrong(table, "destination.on.then", "what fails at once needs neither schedule nor lifetime");
    } else if (answer.lines.size() == 1) {
      wrong(table, "destination.on", "says nothing: schedule, lifetime or then");
    }
    entry.on.push_back(std::move(answer));
  }

  static std::string take_answer_key(const std::string& key, const toml::node& node,
                                     AnswerConfig& answer) {
    const TextCheck any = [](std::string_view) { return std::string{}; };
    if (key == "cause") return take_texts(node, answer.cause, any);
    if (key == "then") return take_text(node, answer.then, check_then);
    if (key == "lifetime")
      return length_of(node, kShortestDelay, kLongestDelay, answer.lifetime.emplace());
    return take_schedule(node, answer.schedule);
  }

  static std::string take_schedule(const toml::node& node, std::vector<mail::Duration>& into) {
    const std::string why = take_lengths(node, kShortestDelay, kLongestDelay, into);
    return why.empty() && into.empty() ? "says no delay at all" : why;
  }

  /// What no key of an entry alone can know.
  void check_destination(const toml::table& table, const DestinationConfig& entry) {
    const auto say = [&](std::string_view key, std::string what) {
      problem(entry.line_of(key), "destination." + std::string{key}, std::move(what));
    };
    if (entry.domains.empty() && entry.mx.empty()) {
      return wrong(table, "destination.domains", "for whom? domains or mx; [\"*\"] for all");
    }
    const auto for_whom = [](const auto& one) {
      return one.first == "domains" || one.first == "mx";
    };
    if (std::ranges::all_of(entry.lines, for_whom)) {
      return wrong(table, "[destination]", "says nothing beside for whom");
    }
    if (entry.burst && entry.rate.empty()) say("burst", "goes with a rate");
    const bool curve = entry.first_delay || entry.longest_delay || entry.growth;
    if (!entry.schedule.empty() && curve) {
      say("schedule", "excludes first_delay, longest_delay and growth: it says every delay");
    }
    const bool dates = curve || entry.jitter || !entry.schedule.empty() ||
                       std::ranges::any_of(entry.on, [](const AnswerConfig& answer) {
                         return !answer.schedule.empty();
                       });
    if (entry.learn.value_or(false) && dates) {
      say("learn", "what is learnt gives the dates, not a schedule: one of the two");
    }
  }

  // No two attempts of one message lie closer together or further apart than makes sense.
  static constexpr mail::Duration kShortestDelay = std::chrono::seconds{1};
  static constexpr mail::Duration kLongestDelay = std::chrono::hours{24 * 365};
  static constexpr std::size_t kMostLengths = 100;

  const std::string& file_;
  LoadedConfig& loaded_;
  std::vector<std::string_view> known_;
};

/// "A is more than B", said where the file says so: at the one of them that it gives.
void in_order(bool fit, std::string_view less, std::string_view more, const Config& config,
              Reader& reader) {
  if (fit) return;
  const auto value = [&config](std::string_view name) {
    return value_text(*std::ranges::find(config_keys(), name, &ConfigKey::name), config);
  };
  if (const int line = config.line_of(less); line > 0) {
    reader.problem(line, std::string{less},
                   "more than " + std::string{more} + ", which is " + value(more));
  } else {
    reader.problem(config.line_of(more), std::string{more},
                   "less than " + std::string{less} + ", which is " + value(less));
  }
}

/// What no key alone can know.
void check_together(const Config& config, Reader& reader) {
  in_order(config.first_delay <= config.longest_delay, "retry.first_delay", "retry.longest_delay",
           config, reader);
  in_order(config.first_window <= config.longest_window, "delivery.first_window",
           "delivery.longest_window", config, reader);
  in_order(config.first_parking <= config.longest_parking, "delivery.first_parking",
           "delivery.longest_parking", config, reader);
}

/// Who writes a curve means it: what is learnt would give other dates, unless that is asked for.
void choose_between_curve_and_learning(Config& config) {
  if (config.line_of("retry.learn") > 0) return;
  config.learn = config.line_of("retry.longest_delay") == 0 &&
                 config.line_of("retry.growth") == 0 && config.line_of("retry.jitter") == 0;
}

}  // namespace

LoadedConfig parse_config(std::string_view text, const std::string& file) {
  LoadedConfig loaded;
  loaded.config.file = file;
  Reader reader{file, loaded};
  const std::optional<int> too_deep = line_of_too_deep_key(text);
  if (too_deep) {
    reader.problem(*too_deep, "", "a key of more than " + std::to_string(kMostKeyParts) + " parts");
  }
  // By exception, although we return problems: without them toml++ 3.3 goes on behind some errors
  // and stumbles over its own assertions ("[ = 1").
  try {
    if (!too_deep) reader.read(toml::parse(text, file));
    check_together(loaded.config, reader);
    choose_between_curve_and_learning(loaded.config);
  } catch (const toml::parse_error& error) {
    reader.problem(static_cast<int>(error.source().begin.line), "",
                   mail::printable(error.description(), 300));
  }
  if (loaded.config.state.empty()) loaded.config.state = default_state_directory();
  std::ranges::stable_sort(loaded.problems, {}, &ConfigProblem::line);
  return loaded;
}

}  // namespace tenax::engine
