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

namespace tenax::io {

namespace {

using FoundList = std::vector<Result<Found>>;

// The system's files are looked at no more often: a question costs less than that.
constexpr Span kLookAgain = std::chrono::seconds{2};

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

struct UnboundResolver::State {
  State(const UnboundOptions& options, std::shared_ptr<Unbound> opened)
      : hosts{options.hosts}, unbound{std::move(opened)} {}

  /// Of the hosts file as it is now.
  std::vector<IpAddress> addresses_in_hosts(const std::string& name) {
    const std::lock_guard lock{mutex};
    const Instant now = boot_now();
    if (now - looked >= kLookAgain) {
      hosts.look();
      looked = now;
    }
    return hosts.addresses(name);
  }

  std::mutex mutex;
  HostsFile hosts;
  Instant looked = boot_now();
  std::shared_ptr<Unbound> unbound;
};

UnboundResolver::UnboundResolver(std::unique_ptr<State> state) : state_{std::move(state)} {}

UnboundResolver::~UnboundResolver() = default;

Result<std::unique_ptr<UnboundResolver>> UnboundResolver::open(const UnboundOptions& options,
                                                               const Executor& executor) {
  const Result<std::shared_ptr<Unbound>> unbound = Unbound::open(options, executor);
  if (!unbound) return unbound.error();
  auto state = std::make_unique<State>(options, *unbound);
  return std::unique_ptr<UnboundResolver>{new UnboundResolver{std::move(state)}};
}

Async<Result<Answer<MxRecord>>> UnboundResolver::mx(std::string name, Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const Result<std::string> ascii = to_ascii_name(name);
  // What is no name cannot be registered either.
  if (!ascii) co_return error(Errc::name_not_found, ascii.error().context);
  const bool has_host = !state_->addresses_in_hosts(*ascii).empty();
  std::vector<int> types{kTypeMx};
  const FoundList list = co_await look_up(state_->unbound, *ascii, std::move(types), deadline);
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
  Answer<IpAddress> known;
  known.records = state_->addresses_in_hosts(*ascii);
  if (!known.records.empty()) co_return known;
  std::vector<int> types{kTypeA, kTypeAaaa};
  const FoundList list = co_await look_up(state_->unbound, *ascii, std::move(types), deadline);

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
