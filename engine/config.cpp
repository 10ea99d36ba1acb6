// SPDX-License-Identifier: Apache-2.0
#include "engine/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "mail/ascii.h"

#include "io/account.h"
#include "io/file.h"

namespace tenax::engine {

namespace {

constexpr std::size_t kMaxFile = 1024 * 1024;
constexpr std::size_t kMaxHosts = 256 * 1024;
constexpr std::string_view kSystemFile = "/etc/tenax/tenax.toml";
constexpr std::string_view kSystemState = "/var/lib/tenax";

std::string environment(const char* name) {
  const char* const value = ::secure_getenv(name);
  return value == nullptr ? "" : value;
}

bool is_directory(std::string_view path) {
  struct stat status {};
  return ::stat(std::string{path}.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string why_unread(const std::string& file, const io::Error& error) {
  if (is_directory(file)) return "cannot be read: it is a directory";
  if (error.is(io::Errc::line_too_long)) {
    return "cannot be read: larger than " + std::to_string(kMaxFile) + " octets";
  }
  return "cannot be read: " + error.code.message();
}

/// Without the dot that stands for the root: the domains of SMTP have none (RFC 5321 4.1.2).
std::string without_root(std::string name) {
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  return name;
}

/// The full name beside `name` in /etc/hosts, as `hostname -f` finds it, but without asking the
/// network: a mail program must not hang there.
std::string full_name(const std::string& name) {
  const io::Result<std::string> hosts = io::read_file("/etc/hosts", kMaxHosts);
  if (!hosts) return name;
  std::string_view rest = *hosts;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line = line.substr(0, line.find('#'));
    std::vector<std::string_view> words;
    while (!(line = mail::trimmed(line)).empty()) {
      const std::size_t word = std::min(line.find_first_of(" \t\r"), line.size());
      words.push_back(line.substr(0, word));
      line.remove_prefix(word == line.size() ? word : word + 1);
    }
    if (words.size() < 2 ||
        std::ranges::find(words.begin() + 1, words.end(), name) == words.end()) {
      continue;
    }
    const auto full = std::find_if(words.begin() + 1, words.end(), [](std::string_view word) {
      return word.find('.') != std::string_view::npos && mail::Domain::parse(word).has_value();
    });
    if (full != words.end()) return std::string{*full};
  }
  return name;
}

/// `text` with empty lines in place of its [[route]] and [[destination]] tables. Text that may hold
/// such a line within a string of many lines stays as it is.
std::string without_routes(std::string_view text) {
  const auto has = [text](std::string_view what) { return text.find(what) != text.npos; };
  if (has("\"\"\"") || has("'''")) return std::string{text};
  std::string kept;
  kept.reserve(text.size());
  bool skipping = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    const std::string_view words = mail::trimmed(line);
    if (words.starts_with('[')) {
      skipping = words.starts_with("[[route]]") || words.starts_with("[[destination");
    }
    if (!skipping) {
      kept += line;
    } else if (line.ends_with('\n')) {
      kept += '\n';
    }
  }
  return kept;
}

enum class Routing { read, skipped };

LoadedConfig load(const std::string& file, Routing routing) {
  LoadedConfig loaded;
  if (!file.empty()) {
    const io::Result<std::string> text = io::read_file(file, kMaxFile);
    if (text && routing == Routing::read) return parse_config(*text, file);
    if (text) return parse_config(without_routes(*text), file);
    loaded.config.file = file;
    loaded.problems.push_back({file, 0, "", why_unread(file, text.error())});
  }
  loaded.config.state = default_state_directory();
  return loaded;
}

}  // namespace

std::string ConfigProblem::text() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line);
  if (!text.empty()) text += ": ";
  if (!key.empty()) text += key + ": ";
  return text + what;
}

LanguageChoice parse_language_choice(std::string_view text) {
  const std::size_t blank = text.find(' ');
  const std::size_t tag = text.find_first_not_of(' ', blank);
  if (blank == 0 || blank == std::string_view::npos || tag == std::string_view::npos) return {};
  return {std::string{text.substr(0, blank)}, std::string{text.substr(tag)}};
}

int RouteConfig::line_of(std::string_view key) const {
  const auto found = lines.find(key);
  return found == lines.end() ? line : found->second;
}

int AnswerConfig::line_of(std::string_view key) const {
  const auto found = lines.find(key);
  return found == lines.end() ? line : found->second;
}

int DestinationConfig::line_of(std::string_view key) const {
  const auto found = lines.find(key);
  return found == lines.end() ? line : found->second;
}

std::optional<RateWords> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<int> count =
      mail::parse_number(mail::trimmed(text.substr(0, slash)), 1'000'000);
  std::string unit{mail::trimmed(text.substr(slash + 1))};
  if (unit.ends_with("min")) unit.resize(unit.size() - 2);
  if (!unit.empty() && (unit.front() < '0' || unit.front() > '9')) unit.insert(0, 1, '1');
  const std::optional<mail::Duration> period = mail::parse_duration(unit);
  if (!count || *count < 1 || !period) return std::nullopt;
  if (*period < std::chrono::seconds{1} || *period > std::chrono::hours{24 * 7})
    return std::nullopt;
  if (*count > period->count()) return std::nullopt;  // milliseconds: 1000 a second
  return RateWords{*count, *period};
}

int Config::line_of(std::string_view key) const {
  const auto found = lines.find(key);
  return found == lines.end() ? 0 : found->second;
}

std::string Config::runtime_directory() const { return runtime.empty() ? state + "/run" : runtime; }
std::string Config::submit_socket() const { return runtime_directory() + "/submit.sock"; }
std::string Config::control_socket() const { return runtime_directory() + "/control.sock"; }
std::vector<std::string> Config::smtp_addresses() const {
  std::vector<std::string> all;
  const std::string port = state == kSystemState ? "25" : "2525";
  for (const std::string& where : smtp_listen) {
    if (where != "auto") {
      all.push_back(where);
      continue;
    }
    all.push_back("127.0.0.1:" + port);
    all.push_back("[::1]:" + port);
  }
  return all;
}

std::string Config::drop_directory() const { return state + "/drop"; }

std::string Config::our_name() const {
  if (!hostname.empty()) return without_root(hostname);
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
  const std::string name = buffer.data();
  const std::string full =
      without_root(name.find('.') == std::string::npos ? full_name(name) : name);
  const mail::Parsed<mail::Domain> parsed = mail::Domain::parse(full);
  return parsed && parsed->is_ascii() ? full : "localhost";
}

mail::Domain Config::our_domain() const {
  mail::Parsed<mail::Domain> parsed = mail::Domain::parse(domain.empty() ? our_name() : domain);
  return parsed ? *parsed : mail::Domain::parse("localhost").value();
}

LoadedConfig load_config(const std::string& file) { return load(file, Routing::read); }

LoadedConfig load_config_without_routes(const std::string& file) {
  return load(file, Routing::skipped);
}

std::string find_config(const std::string& option) {
  if (!option.empty()) return option;
  std::string chosen = environment("TENAX_CONFIG");
  if (!chosen.empty()) return chosen;
  return ::access(std::string{kSystemFile}.c_str(), F_OK) == 0 ? std::string{kSystemFile} : "";
}

std::string default_state_directory() {
  std::string chosen = environment("TENAX_STATE");
  if (!chosen.empty()) return chosen;
  const uid_t uid = ::getuid();
  if (uid == 0 || is_directory(kSystemState)) return std::string{kSystemState};
  const io::Result<std::optional<io::Account>> asked = io::find_account(uid);
  const std::optional<io::Account> account = asked ? *asked : std::nullopt;
  if (account && account->name == "tenax") return std::string{kSystemState};
  chosen = environment("XDG_STATE_HOME");
  if (chosen.starts_with('/')) return chosen + "/tenax";
  std::string home = environment("HOME");
  if (!home.starts_with('/') && account) home = account->home;
  return home.starts_with('/') ? home + "/.local/state/tenax" : std::string{kSystemState};
}

}  // namespace tenax::engine
