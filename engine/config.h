// SPDX-License-Identifier: Apache-2.0
#pragma once
// tenax.toml: every key optional, each with a unit, a default and a reason
// (docs/man/tenax.toml.5.scd).
//
// Values only, and no room's types beyond mail's: the submission program reads the same file.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/domain.h"
#include "mail/time.h"

namespace tenax::engine {

/// What is wrong, and where: "/etc/tenax/tenax.toml:12: retry.first_delay: not a length of time:
/// \"5 bananas\"".
struct ConfigProblem {
  std::string file;
  int line = 0;
  std::string key;
  std::string what;
  [[nodiscard]] std::string text() const;
};

/// In which lines of its file the keys stand that were given: "retry.first_delay" -> 12.
using KeyLines = std::map<std::string, int, std::less<>>;

/// [[route]]: where mail for some domains goes instead of their MX, and how to speak there.
struct RouteConfig {
  std::vector<std::string> domains;  // "example.org", ".example.org" (and below), "*" (all)
  std::string to;  // Destination text: "[relay.example.com]:587", "example.net:2525"; "" for the MX
  std::string tls;  // "never", "may", "encrypt", "verify"; "" as delivery.tls
  bool implicit_tls = false;
  std::string user;           // AUTH; with
  std::string password_file;  // its first line
  std::string ca_file;

  int line = 0;  // where it begins in its file
  KeyLines lines;
  [[nodiscard]] int line_of(std::string_view key) const;  // where it begins, for a key not given
};

/// [[destination.on]]: after answers of a kind.
struct AnswerConfig {
  std::vector<std::string> cause;        // "greylisted", "452", "4.2.2", "4.7.*"
  std::vector<mail::Duration> schedule;  // empty: as after any other
  std::optional<mail::Duration> lifetime;
  std::string then;  // "retry", "fail"; "": not said

  int line = 0;
  KeyLines lines;
  [[nodiscard]] int line_of(std::string_view key) const;
};

/// [[destination]]: what holds for the mail of some next hops instead of [retry] and [delivery].
/// What is not given is as there.
struct DestinationConfig {
  std::vector<std::string> domains;  // patterns of the next hop; or
  std::vector<std::string> mx;       // of any of its mail hosts

  // [delivery]
  std::optional<int> first_window;
  std::optional<int> longest_window;
  std::optional<int> failures_to_park;
  std::optional<mail::Duration> first_parking;
  std::optional<mail::Duration> longest_parking;
  std::optional<int> recipients_per_transaction;
  std::optional<int> messages_per_session;
  std::string rate;  // "100/h"; "": no limit
  std::optional<int> burst;

  // [retry]
  std::optional<bool> learn;
  std::vector<mail::Duration> schedule;  // the last repeats; empty: the curve
  std::optional<mail::Duration> first_delay;
  std::optional<mail::Duration> longest_delay;
  std::optional<double> growth;
  std::optional<double> jitter;
  std::optional<mail::Duration> lifetime;

  std::vector<AnswerConfig> on;

  int line = 0;
  KeyLines lines;
  [[nodiscard]] int line_of(std::string_view key) const;
};

/// "100/h": so many in each so long.
struct RateWords {
  int count = 0;
  mail::Duration period{};
};
/// "100/h", "20/min", "1/s", "1/5s". nullopt: no such thing, or more than 1000 a second or less
/// than one a week.
[[nodiscard]] std::optional<RateWords> parse_rate(std::string_view text);

/// "*.example.de de": whom, and how. Both are "" where it is no such thing.
struct LanguageChoice {
  std::string pattern;  // of a domain or, with an @ in it, of an address
  std::string tag;
};
[[nodiscard]] LanguageChoice parse_language_choice(std::string_view text);

struct Config {
  std::string file;  // what was read; "" for the embedded default

  // where
  std::string state;       // queue.db, contents/, drop/, lock; loading fills in the default
  std::string runtime;     // submit.sock, control.sock; "" means state + "/run"
  std::string hostname;    // EHLO, Message-ID, Received, Reporting-MTA; "" means the machine's name
  std::string domain;      // completes unqualified addresses, MAILER-DAEMON@; "" means hostname
  std::string postmaster;  // named in notices; gets double bounces; "" nobody
  std::string operators_group;  // may use the control socket beside root and the daemon's user

  // [submission]
  std::int64_t max_message_size = 256LL * 1024 * 1024;  // octets; 0: no limit
  std::int64_t max_recipients = 100'000;
  mail::Duration answer_timeout =
      std::chrono::seconds{30};  // the daemon's socket silent for so long: the drop folder

  // [smtp]
  std::vector<std::string> smtp_listen = {
      "auto"};                             // addresses with ports, paths of sockets, "auto"
  std::vector<std::string> smtp_networks;  // who may come beside this machine itself
  int smtp_sessions = 1000;
  int smtp_sessions_per_client = 0;  // 0: no limit of its own
  int smtp_messages_per_minute = 0;  // of one client; 0: no limit

  // [retry]
  bool learn = true;  // what receivers taught decides when to try again; false by default where
                      // the file gives a curve: longest_delay, growth or jitter
  mail::Duration first_delay = std::chrono::minutes{5};
  mail::Duration longest_delay = std::chrono::hours{3};
  double growth = 2.0;
  double jitter = 0.1;
  mail::Duration lifetime = std::chrono::hours{24 * 5};

  // [notice]
  std::vector<mail::Duration> delay = {std::chrono::hours{24}};
  std::int64_t full_limit =
      50'000;               // octets: larger originals come back as header only, whatever RET says
  std::string cause_rules;  // a file of rules that are asked before the built-in ones; "" none
  std::string notice_language = "en";
  std::vector<std::string> notice_languages;  // "*.example.de de": of some senders; the first fits
  bool notice_by_message = true;              // as the message's own Content-Language says
  std::string notice_words;                   // directory of "de.words" and the like; "": built in
  bool notice_html = true;
  bool notice_cleared = false;
  int notices_per_hour = 20;  // of failures, to one sender; 0: any number
  int storm_after = 20;       // messages; 0: never
  mail::Duration storm_within = std::chrono::minutes{10};

  // [suppression]
  int suppression_after = 0;  // permanent failures of an address; 0: none are counted
  mail::Duration suppression_expires = std::chrono::hours{24 * 90};
  bool suppression_enforce = false;
  std::string suppression_verp;  // "bounces+{local}={domain}@lists.example.org"; "": none

  // [delivery]
  bool paused = false;  // mail is taken, none is delivered
  int sessions = 500;
  int first_window = 2;
  int longest_window = 20;
  int failures_to_park = 3;
  mail::Duration first_parking = std::chrono::minutes{1};
  mail::Duration longest_parking = std::chrono::minutes{30};
  int recipients_per_transaction = 100;
  int messages_per_session = 100;
  mail::Duration idle_session = std::chrono::seconds{8};
  int most_hosts = 5;
  std::string tls = "may";
  bool prefer_ipv6 = true;
  mail::Duration grace = std::chrono::seconds{20};  // SIGTERM: sessions may end within
  int threads = 0;                                  // 0: by what the machine has
  double patience = 1.0;  // scales the RFC's timeouts; for tests and demos only

  // [dns]
  std::vector<std::string>
      servers;          // "192.0.2.53", "127.0.0.1:5353", "[::1]:53"; none: the system's
  bool dnssec = false;  // validate (needs the root trust anchor of the system)

  // [queue]
  std::int64_t inline_limit = 256 * 1024;               // contents up to this lie in the database
  mail::Duration history = std::chrono::hours{24 * 7};  // how long ended messages are remembered

  // [log]
  std::string log_level = "info";  // debug, info, warn, error
  std::string log_to =
      "stderr";  // "stderr" (with journal prefixes under systemd), "syslog", or a file

  std::vector<RouteConfig> routes;
  std::vector<DestinationConfig> destinations;

  KeyLines lines;
  [[nodiscard]] int line_of(std::string_view key) const;  // 0 for a key not given

  [[nodiscard]] std::string runtime_directory() const;  // runtime, or state + "/run"
  /// smtp_listen with "auto" spelt out: the loopback addresses, port 25 for the machine's own queue
  /// in /var/lib/tenax, 2525 for everybody else's.
  [[nodiscard]] std::vector<std::string> smtp_addresses() const;
  [[nodiscard]] std::string submit_socket() const;  // runtime_directory() + "/submit.sock"
  [[nodiscard]] std::string control_socket() const;
  [[nodiscard]] std::string drop_directory() const;  // state + "/drop"
  [[nodiscard]] std::string our_name() const;        // hostname, or the machine's, never empty
  [[nodiscard]] mail::Domain our_domain() const;     // domain, or our_name()
};

struct LoadedConfig {
  Config config;                        // with defaults where a key was wrong
  std::vector<ConfigProblem> problems;  // empty: all is well. Unknown keys are problems.
};

/// Reads `file`; "" means the embedded default. Never throws.
[[nodiscard]] LoadedConfig load_config(const std::string& file);
/// The same without its [[route]] and [[destination]] tables, of which there may be thousands: for
/// a program that is started for each message and has no use for them.
[[nodiscard]] LoadedConfig load_config_without_routes(const std::string& file);
[[nodiscard]] LoadedConfig parse_config(std::string_view text, const std::string& file);

/// Which file: `option` (from --config) if given; else $TENAX_CONFIG unless the process is set-uid
/// or set-gid; else /etc/tenax/tenax.toml if it exists; else "".
[[nodiscard]] std::string find_config(const std::string& option);

/// The state directory when neither flag nor file says: $TENAX_STATE (not when set-uid or set-gid),
/// /var/lib/tenax for root and the tenax user, and for everybody where it exists, because their
/// mail goes through the machine's queue; else $XDG_STATE_HOME/tenax or ~/.local/state/tenax.
[[nodiscard]] std::string default_state_directory();

}  // namespace tenax::engine
