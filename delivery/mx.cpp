// SPDX-License-Identifier: Apache-2.0
#include "delivery/mx.h"

#include <algorithm>
#include <utility>

#include "io/name_key.h"

#include "delivery/classify.h"

namespace tenax::delivery {

using mail::Stage;

namespace {

constexpr std::size_t kMostAlike = 20;    // addresses of one family and preference
constexpr std::size_t kMostHosts = 100;   // addresses; more than anybody tries in one delivery
constexpr std::size_t kMostLookups = 20;  // exchangers looked up; a hostile zone may name hundreds
constexpr int kMailPort = 25;  // where exchangers listen; ourselves on another is no loop

/// What is said of a domain, as it has to be said of a route that leads there.
Finding of_a_route(Finding finding) {
  const bool back = finding == Finding::loop || finding == Finding::own_door;
  return back ? Finding::route_loops : Finding::route_unknown;
}

/// Where mail is to go, and who said so.
struct Goal {
  mail::Destination destination;
  ChosenBy chosen_by = ChosenBy::domain;
};

HostList none(Finding finding, const Goal& goal) {
  mail::RemoteHost unknown;
  HostList list;
  const bool here = finding == Finding::loop || finding == Finding::own_door;
  const Stage stage = here ? Stage::local : Stage::resolve;
  const Finding said = goal.chosen_by == ChosenBy::route ? of_a_route(finding) : finding;
  list.verdict = classify(said, stage, unknown, "(" + goal.destination.name() + ")");
  return list;
}

HostList none(const io::Error& error) {
  HostList list;
  list.verdict = classify(Stage::resolve, error, {});
  return list;
}

template <class T>
void shuffle(std::vector<T>& these, io::Random& random) {
  for (std::size_t left = these.size(); left > 1; --left) {
    const auto chosen = static_cast<std::size_t>(random.bits() % left);
    std::swap(these[left - 1], these[chosen]);
  }
}

io::IpAddress unmapped(const io::IpAddress& address) {
  using namespace io::asio::ip;
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return make_address_v4(v4_mapped, address.to_v6());
}

/// 0.0.0.0 and ::, which a connection takes for this machine.
bool is_nowhere(const io::IpAddress& address) { return unmapped(address).is_unspecified(); }

/// Whoever dials it comes back to our own door.
bool is_our_door(const io::IpAddress& given, int port, const AgentPolicy& policy) {
  const io::IpAddress address = unmapped(given);
  return std::ranges::any_of(policy.our_doors, [&](const io::Endpoint& door) {
    if (door.port() != port || door.address().is_v6() != address.is_v6()) return false;
    // One that listens everywhere does so at loopback at least; the rest is not known here.
    return door.address() == address || (door.address().is_unspecified() && address.is_loopback());
  });
}

/// No host's address: who dials it asks nobody, and would learn nothing of its family. Link-local
/// ones mean nothing without the link, and do not belong in the DNS (RFC 3927 2.11, RFC 4007 6).
bool is_no_hosts(const io::IpAddress& given) {
  const io::IpAddress address = unmapped(given);
  if (address.is_multicast()) return true;
  if (address.is_v6()) return address.to_v6().is_link_local() && address.to_v6().scope_id() == 0;
  const auto bits = address.to_v4().to_uint();
  return bits >> 28 == 0xF || bits >> 16 == 0xA9FE;  // 240/4 with the broadcast; 169.254/16
}

/// Does the domain send its mail there without any route? Whatever its spelling.
bool is_own(const mail::Destination& destination, const mail::Domain& domain) {
  if (domain.is_literal()) return destination == mail::Destination::of(domain);
  if (destination.text() == domain.text()) return true;
  if (!destination.by_mx()) return false;
  return destination == mail::Destination::mx(io::name_key(domain.text())) ||
         destination == mail::Destination::of(domain);
}

bool is_our_name(const std::string& name, const AgentPolicy& policy) {
  return std::ranges::find(policy.our_names, name) != policy.our_names.end();
}

/// Looks up exchangers in the order of preference until there are enough, or we meet ourselves.
class Gathering {
 public:
  Gathering(Names names, int port, io::Instant deadline)
      : names_{names}, port_{port}, deadline_{deadline} {}

  io::Async<> gather(std::vector<io::MxRecord> records) {
    std::ranges::stable_sort(records, {}, &io::MxRecord::preference);
    has_more_ = records.size() > kMostLookups;
    auto begin = records.begin();
    while (begin != records.end() && !met_ourselves_ && !enough()) {
      const auto end = std::find_if(begin, records.end(), [&](const io::MxRecord& record) {
        return record.preference != begin->preference;
      });
      std::vector<io::MxRecord> equals{begin, end};
      co_await gather_equals(std::move(equals));
      begin = end;
    }
  }

  HostList result(const Goal& goal) && {
    if (!hosts_.empty()) return {std::move(hosts_), std::nullopt};
    if (trouble_) return none(*trouble_);
    if (has_more_ && lookups_ >= kMostLookups) return none(Finding::many_dead_hosts, goal);
    if (met_ourselves_) return none(Finding::loop, goal);
    if (met_our_door_) return none(Finding::own_door, goal);
    return none(Finding::no_mail_service, goal);
  }

 private:
  [[nodiscard]] bool enough() const {
    return hosts_.size() >= kMostHosts || lookups_ >= kMostLookups ||
           (has_enough_of(false) && has_enough_of(true));
  }

  /// Of IPv6, or of IPv4: we may be able to dial that family only. And of several preferences: the
  /// last try of an attempt is for the next one.
  [[nodiscard]] bool has_enough_of(bool ipv6) const {
    const auto alike = [ipv6](const Host& host) { return host.address.is_v6() == ipv6; };
    const auto first = std::ranges::find_if(hosts_, alike);
    if (first == hosts_.end()) return false;
    const bool has_next = std::ranges::any_of(first, hosts_.end(), [&](const Host& host) {
      return alike(host) && host.preference != first->preference;
    });
    return has_next && std::ranges::count_if(hosts_, alike) >= names_.policy.most_hosts;
  }

  io::Async<> gather_equals(std::vector<io::MxRecord> equals) {
    shuffle(equals, names_.random);
    met_ourselves_ = port_ == kMailPort && std::ranges::any_of(equals, [&](const auto& record) {
                       return is_our_name(record.exchange, names_.policy);
                     });
    if (met_ourselves_) co_return;  // and with us go our equals
    std::vector<Host> found;
    for (io::MxRecord& record : equals) {
      if (lookups_ >= kMostLookups) break;
      co_await look_up(std::move(record), found);
    }
    std::vector<Host> ordered = interleaved(std::move(found), names_.policy.prefer_ipv6);
    for (Host& host : ordered) {
      if (hosts_.size() < kMostHosts) hosts_.push_back(std::move(host));
    }
  }

  io::Async<> look_up(io::MxRecord record, std::vector<Host>& into) {
    ++lookups_;
    auto answer = co_await names_.resolver.addresses(record.exchange, deadline_);
    if (!answer) {
      const bool gone =
          answer.error().is(io::Errc::name_not_found) || answer.error().is(io::Errc::protocol);
      if (!gone) trouble_ = answer.error();
      co_return;
    }
    shuffle(answer->records, names_.random);
    for (const io::IpAddress& address : answer->records) {
      if (is_nowhere(address) || is_our_door(address, port_, names_.policy)) {
        met_our_door_ = true;
        continue;
      }
      if (is_no_hosts(address)) continue;
      const auto alike = std::ranges::count_if(
          into, [&address](const Host& host) { return host.address.is_v6() == address.is_v6(); });
      if (static_cast<std::size_t>(alike) >= kMostAlike) continue;
      into.push_back({record.exchange, address, record.preference});
    }
  }

  Names names_;
  int port_;
  io::Instant deadline_;
  std::vector<Host> hosts_;
  std::size_t lookups_ = 0;
  bool met_ourselves_ = false;
  bool met_our_door_ = false;
  bool has_more_ = false;
  std::optional<io::Error> trouble_;
};

io::Async<HostList> named_host(Names names, Goal goal, io::Instant deadline) {
  const std::string name = goal.destination.name();
  auto answer = co_await names.resolver.addresses(name, deadline);
  if (!answer) {
    const io::Error error = answer.error();
    const bool unknown = error.is(io::Errc::name_not_found) || error.is(io::Errc::protocol);
    co_return unknown ? none(Finding::no_mail_service, goal) : none(error);
  }
  if (answer->records.empty()) co_return none(Finding::no_mail_service, goal);
  shuffle(answer->records, names.random);
  std::vector<Host> hosts;
  for (const io::IpAddress& address : answer->records) {
    if (hosts.size() < kMostAlike) hosts.push_back({name, address, 0});
  }
  co_return HostList{interleaved(std::move(hosts), names.policy.prefer_ipv6), std::nullopt};
}

io::Async<HostList> exchangers(Names names, Goal goal, io::Instant deadline) {
  const std::string name = goal.destination.name();
  auto answer = co_await names.resolver.mx(name, deadline);
  if (!answer) {
    const io::Error error = answer.error();
    const bool not_a_name = error.is(io::Errc::protocol) && goal.chosen_by == ChosenBy::route;
    const bool unknown = error.is(io::Errc::name_not_found) || not_a_name;
    co_return unknown ? none(Finding::no_such_domain, goal) : none(error);
  }
  std::vector<io::MxRecord> records = std::move(answer->records);
  const bool said_something = !records.empty();
  std::erase_if(records, [](const io::MxRecord& record) { return record.exchange.empty(); });
  // RFC 7505 3: "." alone says that there is no mail here; beside others it means nothing.
  if (said_something && records.empty()) co_return none(Finding::null_mx, goal);
  // RFC 5321 5.1: without MX records the name itself is the exchanger.
  if (records.empty()) records.push_back({0, name});

  Gathering gathering{names, goal.destination.port(), deadline};
  co_await gathering.gather(std::move(records));
  co_return std::move(gathering).result(goal);
}

/// A route may lead wherever its owner wants; others could write such an address.
HostList literal(const Names& names, const Goal& goal, const io::IpAddress& address) {
  if (goal.chosen_by == ChosenBy::domain) {
    const int port = goal.destination.port();
    const bool here = is_nowhere(address) || is_our_door(address, port, names.policy);
    if (here) return none(Finding::own_door, goal);
    if (is_no_hosts(address)) return none(Finding::no_mail_service, goal);
  }
  HostList list;
  list.hosts.push_back({goal.destination.name(), address, 0});
  return list;
}

}  // namespace

std::vector<Host> interleaved(std::vector<Host> hosts, bool ipv6_first) {
  const auto wanted = [&](const Host& host) { return host.address.is_v6() == ipv6_first; };
  const auto middle = std::stable_partition(hosts.begin(), hosts.end(), wanted);
  std::vector<Host> ordered;
  ordered.reserve(hosts.size());
  auto first = hosts.begin();
  auto second = middle;
  while (first != middle || second != hosts.end()) {
    if (first != middle) ordered.push_back(std::move(*first++));
    if (second != hosts.end()) ordered.push_back(std::move(*second++));
  }
  return ordered;
}

ChosenBy chosen_by(const mail::DeliveryRequest& request) {
  const mail::Destination& destination = request.destination;
  const bool their_own = std::ranges::all_of(request.recipients, [&](const auto& recipient) {
    return is_own(destination, recipient.address.domain());
  });
  return their_own ? ChosenBy::domain : ChosenBy::route;
}

io::Async<HostList> find_hosts(Names names, mail::Destination destination, ChosenBy chosen_by,
                               io::Instant deadline) {
  boost::system::error_code not_literal;
  const auto address = io::asio::ip::make_address(destination.name(), not_literal);
  HostList list;
  if (!not_literal) {
    list = literal(names, {std::move(destination), chosen_by}, address);
  } else if (destination.by_mx()) {
    Goal goal{std::move(destination), chosen_by};
    list = co_await exchangers(names, std::move(goal), deadline);
  } else {
    Goal goal{std::move(destination), ChosenBy::route};  // only routes name a host
    list = co_await named_host(names, std::move(goal), deadline);
  }
  co_return list;
}

}  // namespace tenax::delivery
