// SPDX-License-Identifier: Apache-2.0
#include "io/unbound.h"

#include <fcntl.h>
#include <unbound.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

#include "io/file.h"

namespace tenax::io {

namespace {

using boost::system::error_code;

// Sessions are bounded, and so are their questions; this many at once are a fault of ours.
constexpr int kOpenLookups = 10'000;

// The keys of the root zone (IANA, KSK-2017 and KSK-2024).
constexpr const char* kRootKeys[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

// libunbound writes "192.0.2.53@5353".
Result<std::string> server_for_unbound(const std::string& server) {
  std::string host = server;
  std::string port;
  if (server.starts_with('[')) {
    const std::size_t end = server.find(']');
    if (end == std::string::npos) return error(Errc::protocol, "name server \"" + server + "\"");
    host = server.substr(1, end - 1);
    port = server.substr(end + 1);
  } else if (std::ranges::count(server, ':') == 1) {
    port = server.substr(server.find(':'));
    host = server.substr(0, server.find(':'));
  }
  error_code no_address;
  const auto address = asio::ip::make_address(host, no_address);
  unsigned number = 53;
  bool fine = !no_address;
  if (!port.empty()) {
    const char* end = port.data() + port.size();
    const auto [stop, bad] = std::from_chars(port.data() + 1, end, number);
    fine = fine && port.front() == ':' && bad == std::errc{} && stop == end && number >= 1 &&
           number <= 65535;
  }
  if (!fine) return error(Errc::protocol, "name server \"" + server + "\": no address[:port]");
  return address.to_string() + "@" + std::to_string(number);
}

Result<> check(int code, std::string_view doing) {
  if (code == UB_NOERROR) return {};
  const Errc errc = code == UB_READFILE ? Errc::not_found
                    : code == UB_SYNTAX ? Errc::protocol
                                        : Errc::local_network;
  return error(errc, std::string{doing} + ": " + ub_strerror(code));
}

Result<> set_servers(ub_ctx* handle, const UnboundOptions& options) {
  for (const std::string& server : options.servers) {
    const Result<std::string> address = server_for_unbound(server);
    if (!address) return address.error();
    const Result<> set = check(ub_ctx_set_fwd(handle, address->c_str()), "name server " + server);
    if (!set) return set;
  }
  return {};
}

Result<> set_trust(ub_ctx* handle, const UnboundOptions& options) {
  if (!options.dnssec)
    return check(ub_ctx_set_option(handle, "module-config:", "iterator"), "iterator");
  if (!options.trust_anchors.empty()) {
    const Result<Fd> readable = open_file(options.trust_anchors, O_RDONLY);
    if (!readable) return readable.error();
    return check(ub_ctx_add_ta_file(handle, options.trust_anchors.c_str()), options.trust_anchors);
  }
  for (const char* key : kRootKeys) {
    const Result<> added = check(ub_ctx_add_ta(handle, key), "trust anchor");
    if (!added) return added;
  }
  return {};
}

Result<> configure(ub_ctx* handle, const UnboundOptions& options) {
  // Errors come back as answers; nothing of this room writes to stderr.
  ub_ctx_debugout(handle, nullptr);
  ub_ctx_debuglevel(handle, 0);
  constexpr std::pair<const char*, const char*> kSettings[] = {
      {"do-not-query-localhost:", "no"},  // a resolver on this machine is a usual place
      // Whether .test exists is for the configured server to say; it may be a laboratory's.
      {"local-zone:", "test. transparent"},
      {"local-zone:", "home.arpa. transparent"},  // a home's own names (RFC 8375)
      // After an outage of our network, servers must not stay written off for a quarter of an hour.
      {"infra-keep-probing:", "yes"},
      {"infra-host-ttl:", "60"},
      {"cache-max-negative-ttl:", "300"},
  };
  for (const auto& [name, value] : kSettings) {
    const Result<> set = check(ub_ctx_set_option(handle, name, value), name);
    if (!set) return set;
  }
  const Result<> served = set_servers(handle, options);
  if (!served) return served;
  const Result<> trusted = set_trust(handle, options);
  if (!trusted) return trusted;
  return check(ub_ctx_async(handle, 1), "threads");  // a thread, not a fork
}

}  // namespace

Result<std::vector<std::string>> system_servers(const std::string& resolv_conf) {
  constexpr std::size_t kLargest = 256 * 1024;
  std::vector<std::string> servers;
  const Result<std::string> text = read_file(resolv_conf, kLargest);
  if (!text && !text.error().is(Errc::not_found)) return text.error();
  std::istringstream lines{text ? *text : ""};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string key;
    std::string server;
    words >> key >> server;
    if (key == "nameserver" && server_for_unbound(server)) servers.push_back(server);
  }
  if (servers.empty()) servers.emplace_back("127.0.0.1");
  return servers;
}

Result<std::shared_ptr<Unbound>> Unbound::open(const UnboundOptions& options,
                                               const Executor& executor) {
  std::unique_ptr<ub_ctx, void (*)(ub_ctx*)> handle{ub_ctx_create(), ub_ctx_delete};
  if (!handle) return error(Errc::local_network, "start the resolver");
  const Result<> configured = configure(handle.get(), options);
  if (!configured) return configured.error();
  std::shared_ptr<Unbound> unbound{new Unbound{handle.release(), executor}};
  error_code failed;
  unbound->reports_.assign(ub_fd(unbound->handle_), failed);
  if (failed) return error(Errc::local_network, "watch the resolver: " + failed.message());
  return unbound;
}

Unbound::Unbound(ub_ctx* handle, const Executor& executor)
    : handle_{handle}, strand_{executor}, reports_{strand_} {}

Unbound::~Unbound() {
  if (reports_.is_open()) reports_.release();  // the library closes it
  ub_ctx_delete(handle_);
}

bool Unbound::begin_lookup() {
  if (open_lookups_ >= kOpenLookups) return false;
  ++open_lookups_;
  if (!watching_) watch();
  return true;
}

void Unbound::end_lookup() {
  error_code ignored;
  if (--open_lookups_ == 0) reports_.cancel(ignored);
}

void Unbound::watch() {
  watching_ = true;
  reports_.async_wait(asio::posix::descriptor_base::wait_read,
                      [weak = weak_from_this()](const error_code& failed) {
                        const std::shared_ptr<Unbound> self = weak.lock();
                        if (self) self->reported(!failed);
                      });
}

void Unbound::reported(bool ready) {
  watching_ = false;
  if (ready) ub_process(handle_);
  if (open_lookups_ > 0) watch();
}

}  // namespace tenax::io
