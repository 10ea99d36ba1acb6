// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every key of tenax.toml in one list: what it may be, where it goes, what it is for. Reading the
// file, `tenax config` and the test that holds the manual page to the truth all go by it.

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/config.h"

namespace tenax::engine {

/// Says what is wrong with a value; "" when nothing is.
using TextCheck = std::string (*)(std::string_view value);

template <class T>
struct Between {
  T Config::*member;
  T least;
  T most;
};
struct TextKey {
  std::string Config::*member;
  TextCheck check;
};
struct TextsKey {
  std::vector<std::string> Config::*member;
  TextCheck check;  // of each
};
struct TimesKey {
  std::vector<mail::Duration> Config::*member;
  mail::Duration least;  // of each
  mail::Duration most;
};
struct TruthKey {
  bool Config::*member;
};
/// A count of octets: 262144, or "256KiB".
struct SizeKey {
  std::int64_t Config::*member;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

using KeyKind = std::variant<TextKey, TextsKey, TruthKey, SizeKey, TimesKey, Between<std::int64_t>,
                             Between<int>, Between<double>, Between<mail::Duration>>;

struct ConfigKey {
  std::string_view name;  // "retry.first_delay"; without a dot: a top-level key
  KeyKind kind;
  std::string_view meaning;  // one line
};

[[nodiscard]] std::span<const ConfigKey> config_keys();

/// The key's value in `config`, as the file would say it: "5m", ["24h"], "may", 500.
[[nodiscard]] std::string value_text(const ConfigKey& key, const Config& config);

/// "5m", "1h30m": the shortest form parse_duration() reads back.
[[nodiscard]] std::string duration_text(mail::Duration length);

/// The keys of a [[route]].
[[nodiscard]] std::span<const std::string_view> route_keys();

/// A key of a [[destination]] that says for some what another key says for all, within the same
/// bounds.
template <class T>
struct Instead {
  std::optional<T> DestinationConfig::*member;
  std::string_view of;  // the other key, a Between<T>
};
struct DestinationKey {
  std::string_view name;
  std::variant<Instead<int>, Instead<double>, Instead<mail::Duration>> kind;
};
[[nodiscard]] std::span<const DestinationKey> destination_keys();
/// A value, as the file would say it, of one destination's.
[[nodiscard]] std::string value_text(const Instead<int>&, int value);
[[nodiscard]] std::string value_text(const Instead<double>&, double value);
[[nodiscard]] std::string value_text(const Instead<mail::Duration>&, mail::Duration value);

/// All of them, and those of a [[destination.on]].
[[nodiscard]] std::span<const std::string_view> destination_key_names();
[[nodiscard]] std::span<const std::string_view> answer_key_names();

/// The known key nearest to `name`, if it is near enough to be what was meant; else "".
[[nodiscard]] std::string nearest_key(std::string_view name,
                                      std::span<const std::string_view> known);

/// A value as a problem with it quotes it: printable, at most 100 octets of it.
[[nodiscard]] std::string in_quotes(std::string_view value);

// The checks, for whoever else reads such a value.
[[nodiscard]] std::string check_tls(std::string_view value);      // never, may, encrypt, verify
[[nodiscard]] std::string check_path(std::string_view value);     // absolute or ""
[[nodiscard]] std::string check_hop(std::string_view value);      // a Destination or ""
[[nodiscard]] std::string check_pattern(std::string_view value);  // of a route's domains
[[nodiscard]] std::string check_wild(std::string_view value);  // of a destination's, with * and ?
[[nodiscard]] std::string check_rate(std::string_view value);
[[nodiscard]] std::string check_then(std::string_view value);
[[nodiscard]] std::string check_language(std::string_view value);  // "de", or "pt-br"

}  // namespace tenax::engine
