// SPDX-License-Identifier: Apache-2.0
#include "io/unbound_resolver.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <mutex>
#include <optional>
#include <utility>

#include "io/dns_rdata.h"
#include "io/hosts_file.h"
#include "io/system_clock.h"
#include "io/unbound.h"
#include "io/unbound_lookup.h"
#include "io/watched_file.h"

namespace tenax::io {

namespace {

using FoundList = std::vector<Result<Found>>;

// When neither look-up brought records: a doubt outweighs a "no", since there are servers that deny
// a name's existence when asked for the other type; and NODATA says that the name exists.
std::optional<Error> neither(const FoundList& list) {
  std::optional<Error> denied;
  bool exists = false;
  for (const Result<Found>& found : list) {
    if (found) {
      exists = true;
      continue;
    }
    const Error failed = found.error();
    if (!failed.is(Errc::name_not_found)) return failed;
    denied = failed;
  }
  if (exists) return std::nullopt;
  return denied;
}

}  // namespace

class UnboundResolver::State {
 public:
  State(UnboundOptions options, Executor executor)
      : options_{std::move(options)},
        given_{!options_.servers.empty()},
        executor_{std::move(executor)},
        hosts_{options_.hosts},
        resolv_conf_{options_.resolv_conf} {}

  /// Questions under way keep what they were asked of.
  Result<> open() {
    if (!given_) {
      Result<std::vector<std::string>> servers = system_servers(options_.resolv_conf);
      if (!servers) return servers.error();
      // Written anew with the same in it, as with each lease: what is known stays known.
      if (unbound_ && *servers == options_.servers) return {};
      options_.servers = std::move(*servers);
    }
    const Result<std::shared_ptr<Unbound>> opened = Unbound::open(options_, executor_);
    if (!opened) return opened.error();
    unbound_ = *opened;
    return {};
  }

  /// What to ask now of a name.
  struct Now {
    std::shared_ptr<Unbound> unbound;
    std::vector<IpAddress> in_hosts;
  };
  Now now(const std::string& name) {
    std::shared_ptr<Unbound> before;  // ends when nobody waits for us
    const std::lock_guard lock{mutex_};
    const Instant at = boot_now();
    if (at - looked_ >= options_.look_again) {
      looked_ = at;
      before = unbound_;
      look();
    }
    return {unbound_, hosts_.addresses(name)};
  }

 private:
  void look() {
    hosts_.look();
    if (given_) return;
    overdue_ = resolv_conf_.changed() || overdue_;
    if (overdue_) overdue_ = !open();
  }

  std::mutex mutex_;
  UnboundOptions options_;
  bool given_;  // the servers, whatever the system has
  Executor executor_;
  HostsFile hosts_;
  WatchedFile resolv_conf_;
  std::shared_ptr<Unbound> unbound_;
  Instant looked_ = boot_now();
  bool overdue_ = false;  // it could not be opened when it should have been
};

UnboundResolver::UnboundResolver(std::unique_ptr<State> state) : state_{std::move(state)} {}

UnboundResolver::~UnboundResolver() = default;

Result<std::unique_ptr<UnboundResolver>> UnboundResolver::open(const UnboundOptions& options,
                                                               const Executor& executor) {
  auto state = std::make_unique<State>(options, executor);
  const Result<> opened = state->open();
  if (!opened) return opened.error();
  return std::unique_ptr<UnboundResolver>{new UnboundResolver{std::move(state)}};
}

Async<Result<Answer<MxRecord>>> UnboundResolver::mx(std::string name, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const Result<std::string> ascii = to_ascii_name(name);
  // What is no name cannot be registered either.
  if (!ascii) co_return error(Errc::name_not_found, ascii.error().context);
  State::Now now = state_->now(*ascii);
  const bool has_host = !now.in_hosts.empty();
  std::vector<int> types{kTypeMx};
  const FoundList list =
      co_await look_up(std::move(now.unbound), *ascii, std::move(types), deadline);
  const Result<Found>& found = list.front();
  // A name of this machine or its network alone: it exists, and has no MX.
  if (!found && found.error().is(Errc::name_not_found) && has_host) co_return Answer<MxRecord>{};
  if (!found) co_return found.error();

  Answer<MxRecord> answer;
  answer.authentic = found->authentic;
  answer.ttl = found->ttl;
  for (const std::string& rdata : found->rdata) {
    std::optional<MxRecord> record = parse_mx_rdata(rdata);
    if (record) answer.records.push_back(std::move(*record));
  }
  // None is not the same as none that we can read: that would be NODATA and mean an implicit MX.
  if (answer.records.empty() && !found->rdata.empty()) {
    co_return error(Errc::name_unavailable, "look up MX of " + *ascii + ": none is a host name");
  }
  co_return answer;
}

Async<Result<Answer<IpAddress>>> UnboundResolver::addresses(std::string name, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const Result<std::string> ascii = to_ascii_name(name);
  if (!ascii) co_return error(Errc::name_not_found, ascii.error().context);
  State::Now now = state_->now(*ascii);
  Answer<IpAddress> known;
  known.records = std::move(now.in_hosts);
  if (!known.records.empty()) co_return known;
  std::vector<int> types{kTypeA, kTypeAaaa};
  const FoundList list =
      co_await look_up(std::move(now.unbound), *ascii, std::move(types), deadline);

  Answer<IpAddress> answer;
  answer.authentic = true;
  answer.ttl = std::chrono::seconds::max();
  for (const Result<Found>& found : list) {
    if (!found) continue;
    for (const std::string& rdata : found->rdata) {
      const std::optional<IpAddress> address = parse_address_rdata(rdata);
      if (address) answer.records.push_back(*address);
    }
    answer.authentic = answer.authentic && found->authentic;
    answer.ttl = std::min(answer.ttl, found->ttl);
  }
  if (answer.records.empty()) {
    const std::optional<Error> failed = neither(list);
    if (failed) co_return *failed;
  }
  co_return answer;
}

}  // namespace tenax::io
