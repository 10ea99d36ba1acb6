// SPDX-License-Identifier: Apache-2.0
#include "engine/config_keys.h"

#include <algorithm>
#include <array>

#include "mail/address.h"
#include "mail/destination.h"
#include "mail/printable.h"

#include "engine/network.h"
#include "engine/verp.h"

namespace tenax::engine {

std::string in_quotes(std::string_view value) { return "\"" + mail::printable(value, 100) + "\""; }

namespace {

using mail::Duration;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kMoment = std::chrono::milliseconds{1};
constexpr Duration kYear = hours{24 * 365};
constexpr std::int64_t kInlineMost = std::int64_t{4} << 20;  // as much as queue/sqlite_store bears

std::string one_of(std::string_view value, std::initializer_list<std::string_view> allowed) {
  if (std::ranges::find(allowed, value) != allowed.end()) return "";
  std::string why = in_quotes(value) + " is none of";
  const char* separator = " ";
  for (const std::string_view each : allowed) {
    why += separator + in_quotes(each);
    separator = ", ";
  }
  return why;
}

std::string check_any(std::string_view) { return ""; }

/// Our names stand where every server must understand them: in EHLO, Received and Message-ID, and
/// behind the senders of mail that nobody asked to be international (RFC 5321 2.3.5, RFC 5891 4.4).
std::string check_name(std::string_view value) {
  if (value.empty()) return "";
  const mail::Parsed<mail::Domain> domain = mail::Domain::parse(value);
  if (!domain) return domain.error().why;
  if (domain->is_ascii()) return "";
  return in_quotes(value) +
         " is not ASCII: write it as its A-labels (\"xn--...\"), as idn2(1) prints them";
}

std::string check_mailbox(std::string_view value) {
  if (value.empty()) return "";
  const mail::Parsed<mail::Address> address = mail::Address::parse(value);
  return address ? "" : address.error().why;
}

std::string check_level(std::string_view value) {
  return one_of(value, {"debug", "info", "warn", "error"});
}

std::string check_log_to(std::string_view value) {
  if (value == "stderr" || value == "syslog" || value.starts_with('/')) return "";
  return in_quotes(value) + " is neither \"stderr\", \"syslog\" nor the path of a file";
}

/// "192.0.2.53", "127.0.0.1:5353", "[::1]:53", "::1".
std::string check_server(std::string_view value) {
  const bool bare_ipv6 = !value.starts_with('[') && std::ranges::count(value, ':') > 1;
  const std::size_t colon = value.starts_with('[') ? value.find(':', value.find(']'))
                            : bare_ipv6            ? std::string_view::npos
                                                   : value.find(':');
  std::string_view address = value.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  const bool is_ipv6 = address.find(':') != std::string_view::npos;
  const mail::Parsed<mail::Domain> literal =
      mail::Domain::parse((is_ipv6 ? "[IPv6:" : "[") + std::string{address} + "]");
  // The port is held to the rules of a destination's.
  const std::string port{colon == std::string_view::npos ? ":53" : value.substr(colon)};
  if (!literal || !mail::Destination::parse("name.example" + port)) {
    return in_quotes(value) + " is no server's address, with a port behind a colon or without";
  }
  return "";
}

/// "auto", "127.0.0.1:2525", "[::1]:25", "/run/tenax/smtp.sock".
std::string check_listen(std::string_view value) {
  if (value == "auto" || value.starts_with('/')) return "";
  const mail::Parsed<ListenAddress> address = ListenAddress::parse(value);
  return address ? "" : address.error().why + ", no path of a socket, and not \"auto\"";
}

std::string check_network(std::string_view value) {
  const mail::Parsed<Network> network = Network::parse(value);
  return network ? "" : network.error().why;
}

std::string check_language_choice(std::string_view value) {
  const LanguageChoice choice = parse_language_choice(value);
  if (choice.pattern.empty()) {
    return in_quotes(value) + " is no pattern with a language behind it, as \"*.example.de de\"";
  }
  return check_language(choice.tag);
}

// The keys, in the order of the manual page. Why a default is what it is stands there.
constexpr std::array kKeys = {
    ConfigKey{"state", TextKey{&Config::state, check_path}, "where the queue lies"},
    ConfigKey{"runtime", TextKey{&Config::runtime, check_path}, "where the sockets lie"},
    ConfigKey{"hostname", TextKey{&Config::hostname, check_name},
              "our name to others: EHLO, Message-ID, Received"},
    ConfigKey{"domain", TextKey{&Config::domain, check_name}, "completes addresses without one"},
    ConfigKey{"postmaster", TextKey{&Config::postmaster, check_mailbox},
              "whom notices name, and who gets those that cannot be delivered"},
    ConfigKey{"operators_group", TextKey{&Config::operators_group, check_any},
              "a group that may operate the queue"},

    ConfigKey{"submission.max_message_size", SizeKey{&Config::max_message_size},
              "octets; 0: no limit"},
    ConfigKey{"submission.max_recipients",
              Between<std::int64_t>{&Config::max_recipients, 1, 100'000}, "of one message"},
    ConfigKey{"submission.answer_timeout",
              Between<Duration>{&Config::answer_timeout, kMoment, hours{1}},
              "the daemon silent for so long: the drop folder"},

    ConfigKey{"smtp.listen", TextsKey{&Config::smtp_listen, check_listen},
              "where SMTP is taken from programs of this machine"},
    ConfigKey{"smtp.networks", TextsKey{&Config::smtp_networks, check_network},
              "whose clients may come too"},
    ConfigKey{"smtp.sessions", Between<int>{&Config::smtp_sessions, 1, 100'000}, "at once"},
    ConfigKey{"smtp.sessions_per_client",
              Between<int>{&Config::smtp_sessions_per_client, 0, 100'000},
              "at once, of one address; 0: no limit of its own"},
    ConfigKey{"smtp.messages_per_minute",
              Between<int>{&Config::smtp_messages_per_minute, 0, 1'000'000},
              "of one address; 0: no limit"},

    ConfigKey{"retry.learn", TruthKey{&Config::learn},
              "what receivers taught decides when to try again, not the delays below"},
    ConfigKey{"retry.first_delay", Between<Duration>{&Config::first_delay, kMoment, hours{24}},
              "from the first failure to the second attempt"},
    ConfigKey{"retry.longest_delay", Between<Duration>{&Config::longest_delay, kMoment, kYear},
              "between two attempts"},
    ConfigKey{"retry.growth", Between<double>{&Config::growth, 1.0, 10.0},
              "each delay is the last one times this"},
    ConfigKey{"retry.jitter", Between<double>{&Config::jitter, 0.0, 1.0},
              "stretches a delay by up to this part"},
    ConfigKey{"retry.lifetime", Between<Duration>{&Config::lifetime, kMoment, kYear},
              "a message is given up so long after its acceptance"},

    ConfigKey{"notice.delay", TimesKey{&Config::delay, kMoment, kYear},
              "after so long, the sender hears that it takes time"},
    ConfigKey{"notice.full_limit", SizeKey{&Config::full_limit},
              "octets; larger originals come back as header only"},
    ConfigKey{"notice.cause_rules", TextKey{&Config::cause_rules, check_path},
              "a file of rules that say what refusals mean, before the built-in ones"},
    ConfigKey{"notice.language", TextKey{&Config::notice_language, check_language}, "of notices"},
    ConfigKey{"notice.languages", TextsKey{&Config::notice_languages, check_language_choice},
              "of notices to some senders"},
    ConfigKey{"notice.by_message", TruthKey{&Config::notice_by_message},
              "a message's Content-Language decides, if it is one we speak"},
    ConfigKey{"notice.words", TextKey{&Config::notice_words, check_path},
              "a directory of words to use instead of ours"},
    ConfigKey{"notice.html", TruthKey{&Config::notice_html}, "the words also as HTML"},
    ConfigKey{"notice.cleared", TruthKey{&Config::notice_cleared},
              "who was told of a delay is told of its end"},
    ConfigKey{"notice.per_hour", Between<int>{&Config::notices_per_hour, 0, 100'000},
              "notices of failures and delays to one sender, then a digest tells the rest; 0: any "
              "number"},
    ConfigKey{"notice.storm_after", Between<int>{&Config::storm_after, 0, 100'000},
              "messages refused by policy, then a destination's are held; 0: never"},
    ConfigKey{"notice.storm_within",
              Between<Duration>{&Config::storm_within, seconds{1}, hours{24}}, "so long"},

    ConfigKey{"suppression.after", Between<int>{&Config::suppression_after, 0, 1000},
              "permanent failures until an address is suppressed; 0: none are counted"},
    ConfigKey{"suppression.expires",
              Between<Duration>{&Config::suppression_expires, seconds{1}, 10 * kYear},
              "a failure counts so long"},
    ConfigKey{"suppression.enforce", TruthKey{&Config::suppression_enforce},
              "mail to suppressed addresses is refused"},
    ConfigKey{"suppression.verp", TextKey{&Config::suppression_verp, wrong_with_verp},
              "senders of our mail that name its recipient"},

    ConfigKey{"delivery.paused", TruthKey{&Config::paused}, "mail is taken, none is delivered"},
    ConfigKey{"delivery.sessions", Between<int>{&Config::sessions, 1, 10'000},
              "connections at once, to everybody"},
    ConfigKey{"delivery.first_window", Between<int>{&Config::first_window, 1, 1000},
              "connections to a destination we know nothing of"},
    ConfigKey{"delivery.longest_window", Between<int>{&Config::longest_window, 1, 1000},
              "connections to one destination"},
    ConfigKey{"delivery.failures_to_park", Between<int>{&Config::failures_to_park, 1, 100},
              "failed connections in a row until a destination is left alone"},
    ConfigKey{"delivery.first_parking",
              Between<Duration>{&Config::first_parking, kMoment, hours{24}},
              "how long a destination is left alone at first"},
    ConfigKey{"delivery.longest_parking",
              Between<Duration>{&Config::longest_parking, kMoment, hours{24}}, "and at most"},
    ConfigKey{"delivery.recipients_per_transaction",
              Between<int>{&Config::recipients_per_transaction, 1, 10'000},
              "more go in another transaction"},
    ConfigKey{"delivery.messages_per_session",
              Between<int>{&Config::messages_per_session, 1, 100'000},
              "then the connection is made anew"},
    ConfigKey{"delivery.idle_session",
              Between<Duration>{&Config::idle_session, Duration{0}, minutes{5}},
              "an unused connection waits so long for another message"},
    ConfigKey{"delivery.most_hosts", Between<int>{&Config::most_hosts, 1, 20},
              "hosts of a destination asked in one attempt"},
    ConfigKey{"delivery.tls", TextKey{&Config::tls, check_tls}, "never, may, encrypt or verify"},
    ConfigKey{"delivery.prefer_ipv6", TruthKey{&Config::prefer_ipv6}, "of hosts that have both"},
    ConfigKey{"delivery.grace", Between<Duration>{&Config::grace, Duration{0}, hours{1}},
              "sessions may end within, when the daemon stops"},
    ConfigKey{"delivery.threads", Between<int>{&Config::threads, 0, 256},
              "that speak with servers and clients; 0: by the machine"},
    ConfigKey{"delivery.patience", Between<double>{&Config::patience, 0.0001, 10.0},
              "scales the RFC's timeouts; for tests and demonstrations"},

    ConfigKey{"dns.servers", TextsKey{&Config::servers, check_server},
              "to ask for names; none: the system's"},
    ConfigKey{"dns.dnssec", TruthKey{&Config::dnssec}, "validate answers"},

    ConfigKey{"queue.inline_limit", SizeKey{&Config::inline_limit, kInlineMost},
              "octets; larger contents lie in files of their own"},
    ConfigKey{"queue.history", Between<Duration>{&Config::history, Duration{0}, kYear},
              "how long ended messages are remembered"},

    ConfigKey{"log.level", TextKey{&Config::log_level, check_level}, "debug, info, warn or error"},
    ConfigKey{"log.to", TextKey{&Config::log_to, check_log_to}, "stderr, syslog or a file"},
};

constexpr std::array<std::string_view, 7> kRouteKeys = {
    "domains", "to", "tls", "implicit_tls", "user", "password_file", "ca_file"};

constexpr std::array kDestinationKeys = {
    DestinationKey{"first_window",
                   Instead<int>{&DestinationConfig::first_window, "delivery.first_window"}},
    DestinationKey{"longest_window",
                   Instead<int>{&DestinationConfig::longest_window, "delivery.longest_window"}},
    DestinationKey{"failures_to_park",
                   Instead<int>{&DestinationConfig::failures_to_park, "delivery.failures_to_park"}},
    DestinationKey{"first_parking",
                   Instead<Duration>{&DestinationConfig::first_parking, "delivery.first_parking"}},
    DestinationKey{"longest_parking", Instead<Duration>{&DestinationConfig::longest_parking,
                                                        "delivery.longest_parking"}},
    DestinationKey{"recipients_per_transaction",
                   Instead<int>{&DestinationConfig::recipients_per_transaction,
                                "delivery.recipients_per_transaction"}},
    DestinationKey{"messages_per_session", Instead<int>{&DestinationConfig::messages_per_session,
                                                        "delivery.messages_per_session"}},
    DestinationKey{"first_delay",
                   Instead<Duration>{&DestinationConfig::first_delay, "retry.first_delay"}},
    DestinationKey{"longest_delay",
                   Instead<Duration>{&DestinationConfig::longest_delay, "retry.longest_delay"}},
    DestinationKey{"growth", Instead<double>{&DestinationConfig::growth, "retry.growth"}},
    DestinationKey{"jitter", Instead<double>{&DestinationConfig::jitter, "retry.jitter"}},
    DestinationKey{"lifetime", Instead<Duration>{&DestinationConfig::lifetime, "retry.lifetime"}},
};

constexpr std::array<std::string_view, 19> kDestinationKeyNames = {"domains",
                                                                   "mx",
                                                                   "first_window",
                                                                   "longest_window",
                                                                   "rate",
                                                                   "burst",
                                                                   "recipients_per_transaction",
                                                                   "messages_per_session",
                                                                   "failures_to_park",
                                                                   "first_parking",
                                                                   "longest_parking",
                                                                   "learn",
                                                                   "schedule",
                                                                   "first_delay",
                                                                   "longest_delay",
                                                                   "growth",
                                                                   "jitter",
                                                                   "lifetime",
                                                                   "on"};

constexpr std::array<std::string_view, 4> kAnswerKeyNames = {"cause", "schedule", "lifetime",
                                                             "then"};

std::string number_text(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text += "0";
  return text;
}

template <class T, class Text>
std::string list_text(const std::vector<T>& values, Text text) {
  std::string list = "[";
  for (const T& value : values) list += (list.size() > 1 ? ", " : "") + text(value);
  return list + "]";
}

/// Insertions, deletions, replacements and swapped neighbours that make `b` of `a`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({replaced, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string_view last_part(std::string_view name) {
  return name.substr(name.find_last_of('.') + 1);  // npos + 1 is 0: all of it
}

}  // namespace

std::string check_tls(std::string_view value) {
  return one_of(value, {"never", "may", "encrypt", "verify"});
}

std::string check_path(std::string_view value) {
  if (value.empty() || value.starts_with('/')) return "";
  return in_quotes(value) + " is no absolute path";
}

std::string check_hop(std::string_view value) {
  if (value.empty()) return "";
  const mail::Parsed<mail::Destination> hop = mail::Destination::parse(value);
  return hop ? "" : hop.error().why;
}

std::string check_pattern(std::string_view value) {
  if (value == "*") return "";
  const mail::Parsed<mail::Domain> domain =
      mail::Domain::parse(value.starts_with('.') ? value.substr(1) : value);
  return domain ? "" : domain.error().why;
}

std::string check_wild(std::string_view value) {
  std::string example{value};
  std::ranges::replace(example, '?', 'a');
  std::ranges::replace(example, '*', 'a');
  const std::string why = check_pattern(example);
  if (why.empty()) return "";
  const mail::Parsed<mail::Destination> hop = mail::Destination::parse(value);
  if (!hop) return in_quotes(value) + ": " + why;
  const std::string& host = hop->name();
  return in_quotes(value) + " is the next hop of a route: write its host alone, " +
         in_quotes(check_pattern(host).empty() ? host : "[IPv6:" + host + "]");
}

std::string check_rate(std::string_view value) {
  if (value.empty() || parse_rate(value)) return "";
  return in_quotes(value) +
         " is no rate, as \"100/h\", \"20/min\", \"1/s\" or \"1/5s\", between one a "
         "week and 1000 a second";
}

std::string check_language(std::string_view value) {
  constexpr std::size_t kLongest = 20;
  const bool fits =
      value.size() >= 2 && value.size() <= kLongest && std::ranges::all_of(value, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      });
  return fits ? "" : in_quotes(value) + " is no language, as \"de\"";
}

std::string check_then(std::string_view value) { return one_of(value, {"retry", "fail"}); }

std::span<const ConfigKey> config_keys() { return kKeys; }

std::span<const std::string_view> route_keys() { return kRouteKeys; }

std::span<const DestinationKey> destination_keys() { return kDestinationKeys; }

std::span<const std::string_view> destination_key_names() { return kDestinationKeyNames; }

std::span<const std::string_view> answer_key_names() { return kAnswerKeyNames; }

std::string duration_text(Duration length) {
  struct Unit {
    std::int64_t millis;
    std::string_view sign;
  };
  constexpr std::array<Unit, 5> kUnits = {
      {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}, {1, "ms"}}};
  std::int64_t left = length.count();
  if (left == 0) return "0s";
  // "24h" is how people say it; days from two on.
  if (left < 2 * kUnits[0].millis && left % kUnits[1].millis == 0) {
    return std::to_string(left / kUnits[1].millis) + "h";
  }
  std::string text;
  for (const Unit& unit : kUnits) {
    if (left < unit.millis) continue;
    text += std::to_string(left / unit.millis) + std::string{unit.sign};
    left %= unit.millis;
  }
  return text;
}

std::string value_text(const ConfigKey& key, const Config& config) {
  struct Writer {
    const Config& of;
    std::string operator()(const TextKey& k) const { return in_quotes(of.*k.member); }
    std::string operator()(const TextsKey& k) const { return list_text(of.*k.member, in_quotes); }
    std::string operator()(const TruthKey& k) const { return of.*k.member ? "true" : "false"; }
    std::string operator()(const SizeKey& k) const { return std::to_string(of.*k.member); }
    std::string operator()(const TimesKey& k) const {
      return list_text(of.*k.member, [](Duration d) { return in_quotes(duration_text(d)); });
    }
    std::string operator()(const Between<std::int64_t>& k) const {
      return std::to_string(of.*k.member);
    }
    std::string operator()(const Between<int>& k) const { return std::to_string(of.*k.member); }
    std::string operator()(const Between<double>& k) const { return number_text(of.*k.member); }
    std::string operator()(const Between<Duration>& k) const {
      return in_quotes(duration_text(of.*k.member));
    }
  };
  return std::visit(Writer{config}, key.kind);
}

std::string value_text(const Instead<int>&, int value) { return std::to_string(value); }

std::string value_text(const Instead<double>&, double value) { return number_text(value); }

std::string value_text(const Instead<mail::Duration>&, mail::Duration value) {
  return in_quotes(duration_text(value));
}

std::string nearest_key(std::string_view name, std::span<const std::string_view> known) {
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(2, last_part(name).size() / 4) + 1;
  for (const std::string_view each : known) {
    // The right key in the wrong section is as near as can be.
    const bool elsewhere = last_part(each) == last_part(name);
    const std::size_t far = elsewhere ? 1 : distance(name.substr(0, 100), each);
    if (far >= least) continue;
    least = far;
    nearest = each;
  }
  return std::string{nearest};
}

}  // namespace tenax::engine
