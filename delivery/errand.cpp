// SPDX-License-Identifier: Apache-2.0
#include "delivery/errand.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "io/address_text.h"

#include "delivery/at_home.h"
#include "delivery/classify.h"
#include "delivery/stage.h"

namespace tenax::delivery {

using mail::Fault;
using mail::Stage;
using mail::Verdict;

namespace {

/// A session that served before had gone while it was idle, or takes no further message. That says
/// nothing of the host nor of the mail: a fresh session will.
bool was_stale(const Outcome& outcome) {
  if (outcome.sender_refused) return !outcome.fewer_offers;
  return outcome.silent && outcome.broken && outcome.broken->fault == Fault::theirs;
}

std::string at(const mail::RemoteHost& host) {
  return host.address + ":" + std::to_string(host.port);
}

/// Each once, the most preferred first; equal ones always in the same order.
std::vector<std::string> names_of(const std::vector<Host>& hosts) {
  std::set<std::pair<int, std::string>> ordered;
  for (const Host& host : hosts) ordered.emplace(host.preference, mail::printable(host.name, 300));
  std::vector<std::string> names;
  for (const auto& [preference, name] : ordered) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace

struct Errand::Stay {
  mail::HostTry attempt;
  io::Instant began;
  std::set<std::size_t> elsewhere;     // recipients this host puts off for reasons of its own
  std::optional<Capabilities> offers;  // what is left of them, for each of its sessions
};

Errand::Errand(Means means, const mail::DeliveryRequest& request, Contents& contents)
    : means_{std::move(means)},
      request_{request},
      contents_{contents},
      end_{means_.clock.now() + means_.policy->whole_delivery},
      ledger_{request, means_.clock.wall()} {}

io::Async<> Errand::run() {
  const Patience patience{means_.clock, means_.policy->patience, end_};
  const Names names{means_.clock, means_.random, means_.resolver, *means_.policy};
  const io::Instant deadline = patience.until(Stage::resolve);
  HostList list = co_await find_hosts(names, request_.destination, chosen_by(request_), deadline);
  if (list.verdict) {
    ledger_.note(health_of(*list.verdict));
    ledger_.answer_open(*list.verdict);
    co_return;
  }
  ledger_.note_mail_hosts(names_of(list.hosts));
  std::vector<Host> hosts = arranged(std::move(list.hosts));
  const auto is_out = [this](const Host& host) {
    return asked_.contains(host.address) || dead_families_.contains(host.address.is_v6());
  };
  while (goes_on()) {
    std::erase_if(hosts, is_out);
    if (hosts.empty()) break;
    const auto next = next_of(hosts);
    Host host = std::move(*next);
    hosts.erase(next);
    co_await visit(std::move(host));
  }
  if (!std::ranges::all_of(hosts, is_out)) ledger_.hosts_are_left();
}

/// The last try is for another preference, if all before had the same: an attempt that asks only
/// the best hosts, like the one before it, never comes to the others.
std::vector<Host>::iterator Errand::next_of(std::vector<Host>& hosts) const {
  const bool last = hosts_tried_ > 0 && hosts_tried_ + 1 == means_.policy->most_hosts;
  if (!last || preferences_asked_.size() != 1) return hosts.begin();
  const auto other = std::ranges::find_if(
      hosts, [this](const Host& host) { return !preferences_asked_.contains(host.preference); });
  return other == hosts.end() ? hosts.begin() : other;
}

void Errand::was_asked(const Host& host, mail::Stage at) {
  if (dead_families_.contains(host.address.is_v6())) return;  // nobody was
  ++hosts_tried_;
  preferences_asked_.insert(host.preference);
  // An address that several names have is asked once; but by another one it may prove itself.
  if (at != Stage::starttls) asked_.insert(host.address);
}

bool Errand::goes_on() const {
  return !ledger_.complete() && hosts_tried_ < means_.policy->most_hosts &&
         means_.clock.now() < end_;
}

io::Async<> Errand::visit(Host host) {
  Stay stay;
  stay.began = means_.clock.now();
  stay.attempt.started = means_.clock.wall();
  stay.attempt.host.name = mail::printable(host.name, 300);
  stay.attempt.host.address = io::to_string(host.address);
  stay.attempt.host.port = request_.destination.port();

  bool may_reuse = true;
  After after = After::once_more;
  while (after == After::once_more) {
    std::unique_ptr<Session> session = co_await enter(host, may_reuse, stay);
    if (!session) break;
    after = co_await serve(std::move(session), stay);
    may_reuse = false;
  }
  const io::Span took = means_.clock.now() - stay.began;
  stay.attempt.took = std::chrono::duration_cast<mail::Duration>(took);
  was_asked(host, stay.attempt.stage);
  ledger_.note(std::move(stay.attempt));
}

/// A session with this host, or nullptr when it will not have us.
io::Async<std::unique_ptr<Session>> Errand::enter(const Host& host, bool may_reuse, Stay& stay) {
  if (may_reuse) {
    std::unique_ptr<Session> idle = means_.pool->take(key_for(stay.attempt.host.address));
    if (idle && idle->has_input()) {
      // It has gone meanwhile, or said what nobody asked: that would be taken for the next answer.
      idle->spent = true;
      leave(std::move(idle));
    }
    if (idle) {
      ledger_.note_reuse();
      co_return idle;
    }
  }
  const Patience patience{means_.clock, means_.policy->patience, end_};
  OpeningTerms terms{means_.connector,
                     patience,
                     means_.policy->our_name,
                     destination_policy(),
                     request_.destination.port(),
                     means_.broken_extensions.get()};
  Opened opened = co_await open_session(std::move(terms), host);
  learn_of_silence(opened, stay);
  if (!opened.verdict) {
    Session& session = *opened.session;
    if (!means_.broken_extensions->may_pipeline(at(session.remote()), means_.clock.now())) {
      session.capabilities.pipelining = false;
    }
    co_return std::move(opened.session);
  }

  turned_away(*opened.verdict, stay);
  const bool cannot_dial =
      opened.verdict->stage == Stage::connect && opened.verdict->fault == Fault::ours;
  if (cannot_dial) dead_families_.insert(host.address.is_v6());
  co_return nullptr;
}

/// Transaction after transaction, until all have an answer or the session ends.
io::Async<Errand::After> Errand::serve(std::unique_ptr<Session> session, Stay& stay) {
  if (stay.offers) session->capabilities = *stay.offers;
  for (;;) {
    std::vector<std::size_t> recipients = next_recipients(*session, stay);
    if (recipients.empty()) {
      part(std::move(session));
      co_return After::served;
    }
    if (session->spent || is_worn_out(*session)) {
      leave(std::move(session));
      co_return After::once_more;
    }
    const bool used = session->transactions > 0;
    session->serve_until(end_);
    Transaction transaction{*session, request_, contents_, std::move(recipients)};
    io::Async<> work = transaction.run();
    co_await at_home(session->home(), std::move(work));
    Outcome outcome = transaction.take_outcome();

    learn_of_pipelining(*session, outcome);
    if (outcome.fewer_offers) stay.offers = session->capabilities;
    if (used && was_stale(outcome)) {
      leave(std::move(session));
      co_return After::once_more;
    }

    stay.attempt.host = session->remote();
    stay.attempt.stage = Stage::dot;
    const bool progress =
        !outcome.answered.empty() || !outcome.elsewhere.empty() || outcome.fewer_offers;
    for (auto& [recipient, verdict] : outcome.elsewhere) {
      stay.attempt.stage = verdict.stage;
      stay.attempt.text = verdict.text;
      stay.elsewhere.insert(recipient);
      ledger_.answer_for_now(recipient, std::move(verdict));
    }
    for (auto& [recipient, verdict] : outcome.answered) {
      ledger_.answer(recipient, std::move(verdict));
    }
    if (!outcome.broken && progress) ledger_.note(mail::Health::well);
    if (!outcome.broken && !progress) {
      outcome.broken = classify(Finding::out_of_step, Stage::data, session->remote());
    }
    if (outcome.broken) {
      turned_away(*outcome.broken, stay);
      leave(std::move(session));
      co_return After::broken;
    }
  }
}

void Errand::learn_of_silence(const Opened& opened, const Stay& stay) {
  const std::string address = at(stay.attempt.host);
  if (!opened.verdict || opened.verdict->stage != Stage::connect) {
    means_.silent_addresses->answered(address);
  } else if (opened.verdict->fault == Fault::theirs) {
    means_.silent_addresses->failed(address, means_.clock.now());
  }
}

/// Only a first transaction tells: a session that idled may have gone for other reasons.
void Errand::learn_of_pipelining(const Session& session, const Outcome& outcome) {
  if (!session.capabilities.pipelining || session.transactions > 1) return;
  if (!outcome.broken) return means_.broken_extensions->went_well(at(session.remote()));
  const Verdict& broken = *outcome.broken;
  const bool sent_ahead =
      broken.stage == Stage::mail || broken.stage == Stage::rcpt || broken.stage == Stage::data;
  if (sent_ahead && !broken.reply && broken.fault == Fault::theirs) {
    means_.broken_extensions->broke(at(session.remote()), means_.clock.now());
  }
}

void Errand::turned_away(const Verdict& verdict, Stay& stay) {
  stay.attempt.host = verdict.host;
  stay.attempt.stage = verdict.stage;
  stay.attempt.text = verdict.text;
  ledger_.note(health_of(verdict));
  ledger_.answer_open(verdict);
}

/// Keeps the session for the next message, if it may have one.
void Errand::part(std::unique_ptr<Session> session) {
  const AgentPolicy& policy = *means_.policy;
  if (session->has_unread()) session->spent = true;
  if (session->spent || is_worn_out(*session)) {
    leave(std::move(session));
    return;
  }
  SessionKey key = key_for(session->remote().address);
  means_.pool->put(std::move(key), std::move(session), policy.idle_session, policy.idle_sessions);
}

/// In doubt: the host that may have the message comes first, it alone can know a repetition for
/// one. Then the one that is known to answer; then, among the best, those we have a session with.
/// Addresses that do not answer come behind their equals.
std::vector<Host> Errand::arranged(std::vector<Host> hosts) const {
  if (hosts.size() == 1) return hosts;
  std::set<io::IpAddress> silent;
  for (const Host& host : hosts) {
    const std::string address =
        io::to_string(host.address) + ":" + std::to_string(request_.destination.port());
    if (means_.silent_addresses->waits(address, means_.clock.now())) silent.insert(host.address);
  }
  std::ranges::stable_sort(hosts, {}, [&silent](const Host& host) {
    return std::pair{host.preference, silent.contains(host.address)};
  });
  const int best = hosts.front().preference;
  const auto equals_end =
      std::ranges::find_if(hosts, [best](const Host& host) { return host.preference != best; });
  std::stable_partition(hosts.begin(), equals_end, [this](const Host& host) {
    return means_.pool->has(key_for(io::to_string(host.address)));
  });
  if (!request_.first_host.empty()) {
    std::stable_partition(hosts.begin(), hosts.end(),
                          [this](const Host& host) { return host.name == request_.first_host; });
  }
  for (const mail::DueRecipient& recipient : request_.recipients) {
    if (!recipient.in_doubt) continue;
    const auto last = std::ranges::find_if(hosts, [&recipient](const Host& host) {
      return io::to_string(host.address) == recipient.last_host;
    });
    if (last != hosts.end()) std::rotate(hosts.begin(), last, last + 1);
  }
  return hosts;
}

/// It has had as many transactions as we, or the server, think good for one session.
bool Errand::is_worn_out(const Session& session) const {
  if (session.parting) return true;
  const auto reached = [&session](int most) { return most > 0 && session.transactions >= most; };
  const int ours = request_.messages_per_session > 0 ? request_.messages_per_session
                                                     : means_.policy->messages_per_session;
  return reached(ours) || reached(session.welcome) ||
         reached(session.capabilities.most_transactions);
}

std::vector<std::size_t> Errand::next_recipients(const Session& session, const Stay& stay) const {
  std::vector<std::size_t> open = ledger_.open();
  std::erase_if(open, [&stay](std::size_t one) { return stay.elsewhere.contains(one); });
  const int ours = request_.recipients_per_transaction > 0
                       ? request_.recipients_per_transaction
                       : means_.policy->recipients_per_transaction;
  int limit = std::max(1, ours);
  const int theirs = session.capabilities.most_recipients;
  if (theirs > 0) limit = std::min(limit, theirs);
  const auto most = static_cast<std::size_t>(limit);
  if (open.size() > most) open.resize(most);
  return open;
}

const DestinationPolicy& Errand::destination_policy() const {
  const auto found = means_.policy->destinations.find(request_.destination.text());
  return found == means_.policy->destinations.end() ? means_.policy->fallback : found->second;
}

SessionKey Errand::key_for(const std::string& address) const {
  return {request_.destination.text(), address, means_.policy_number};
}

void Errand::stop() { ledger_.answer_open(classify(Finding::stopped, Stage::local, {})); }

mail::DeliveryReport Errand::report() && { return std::move(ledger_).close(means_.clock.wall()); }

}  // namespace tenax::delivery
