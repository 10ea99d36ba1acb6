// SPDX-License-Identifier: Apache-2.0
// What a report teaches, and what becomes of each deferred recipient.

#include <algorithm>
#include <cmath>
#include <utility>

#include "scheduler/memory.h"
#include "scheduler/mix.h"
#include "scheduler/reading.h"

namespace tenax::scheduler {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Whatever a site seems to teach: after so many refusals a recipient is left alone for so long at
/// least, so that nothing a receiver says or does makes us knock without end (some 130 times in
/// five days at most).
mail::Duration least_patience(int attempts) {
  constexpr int kFree = 4;
  constexpr double kFirst = 8'000;  // milliseconds
  constexpr double kLongest = 3'600'000;
  if (attempts < kFree) return mail::Duration{0};
  const double grown = kFirst * std::pow(1.6, std::min(attempts - kFree, 40));
  return mail::Duration{static_cast<mail::Duration::rep>(std::min(grown, kLongest))};
}

/// How long a message waits to whose contents the host said nothing: what it took is perhaps
/// delivered, and what it could not take it may never be able to. So each attempt may be a copy
/// (RFC 1047), whatever the host does with others.
std::optional<mail::Duration> contents_patience(const mail::Verdict* verdict, int attempts) {
  if (verdict == nullptr || !mail::broke_off(*verdict)) return std::nullopt;
  const double first = verdict->in_doubt ? 5 : 1;
  const double grown = first * std::pow(2.0, std::clamp(attempts - 1, 0, 40));
  constexpr double kLongest = 240;
  return minutes{static_cast<minutes::rep>(std::min(grown, kLongest))};
}

std::optional<MailboxTrouble> mailbox_trouble(Meaning meaning) {
  switch (meaning) {
    case Meaning::mailbox_full: return MailboxTrouble::full;
    case Meaning::mailbox_busy: return MailboxTrouble::busy;
    case Meaning::mailbox_unknown: return MailboxTrouble::unknown;
    case Meaning::stranger:
    case Meaning::crowded:
    case Meaning::rate:
    case Meaning::trouble: break;
  }
  return std::nullopt;
}

/// Some host answered a new connection.
bool has_connected(const mail::DeliveryReport& report) {
  if (report.reused_session) return false;
  return report.health == mail::Health::well || report.health == mail::Health::broke_off ||
         report.health == mail::Health::refused_by_host;
}

const mail::Verdict* verdict_of(const mail::DeliveryReport& report, mail::RecipientId id) {
  const auto found = std::ranges::find(report.verdicts, id, &mail::RecipientVerdict::recipient);
  return found == report.verdicts.end() ? nullptr : &found->verdict;
}

}  // namespace

void Memory::note_taken(const mail::DeliveryRequest& request, const mail::DueRecipient& recipient,
                        Site& site, const Visit& visit, int others, mail::WallTime now) {
  site.taken(visit, others, now);
  met(known_sender(request, site), now);
  met(visit.pair, now);
  waiting_.passed(visit.pair);
  const bool others_wait = mailboxes_.taken(hash_of(recipient.address.text()), now);
  if (others_wait) call_early({request.destination.text()});
}

Return Memory::after_refusal(const mail::DeliveryRequest& request,
                             const mail::DueRecipient& recipient, const mail::Verdict& verdict,
                             const mail::DeliveryReport& report, Site& site, int others,
                             mail::WallTime now) {
  if (is_for_good(verdict)) {
    const mail::Duration stay =
        cheap_patience(recipient.attempts + 1, MailboxTrouble::unknown, lifetime_of(request));
    return {now + stay, recipient.knocks, Reason::growing};
  }
  Reading reading = read(verdict, now);
  const std::uint64_t mailbox = hash_of(recipient.address.text());
  if (reading.meaning == Meaning::mailbox_unknown &&
      site.knows_nobody(mailbox, recipient.attempts == 0, now)) {
    reading.meaning = Meaning::stranger;
  }
  if (const auto trouble = mailbox_trouble(reading.meaning)) {
    mailboxes_.refused(mailbox, *trouble, report.started, now);
    const mail::WallTime own =
        now + cheap_patience(recipient.attempts + 1, *trouble, lifetime_of(request));
    return {std::max(own, mailboxes_.not_before(mailbox).value_or(own)), recipient.knocks,
            Reason::mailbox};
  }
  const bool at_the_door = report.health == mail::Health::refused_by_host;
  const bool wordless =
      verdict.stage == mail::Stage::greeting &&
      (reading.meaning == Meaning::stranger || reading.meaning == Meaning::trouble);
  if (reading.meaning == Meaning::crowded || (wordless && others > 0)) {
    site.crowded(others, now);
    return {now + policy_.floor, recipient.knocks, Reason::crowded};
  }
  if (wordless && site.has_not_noticed(now)) {
    site.crowded(0, now);
    return {now + policy_.floor, recipient.knocks, Reason::crowded};
  }
  const Visit visit = visit_of(request, recipient, site, report.started);
  const Return back = site.refused(visit, reading, at_the_door, now);
  if (back.knocks.count > visit.knocks.count) waiting_.knocked(visit.pair, back.knocks);
  return back;
}

Advice Memory::advise(const mail::DeliveryRequest& request, const mail::DueRecipient& recipient,
                      const Return& back, mail::WallTime now) const {
  Advice advice{recipient.id, within_life(request, back.when, now), true, back.knocks, back.why};
  const bool at_the_end = advice.next_attempt == end_of(request);
  if (at_the_end) advice.reason = Reason::last_chance;
  return advice;
}

std::vector<Advice> Memory::learn_of_silence(const mail::DeliveryRequest& request,
                                             const mail::DeliveryReport& report, Site& site,
                                             int others, mail::WallTime now) {
  const bool by_name = report.health == mail::Health::unresolved;
  std::optional<mail::WallTime> when;
  bool counted = true;
  Reason why = by_name ? Reason::name : Reason::probe;
  const auto message = static_cast<std::uint64_t>(request.message.value);
  const bool nobody = report.health == mail::Health::unreachable;
  if (report.health == mail::Health::ours) {
    counted = false;
  } else if (nobody && !network_.down() && site.has_no_room(message, report.started, others, now)) {
    when = now;
    why = Reason::crowded;
  } else if (network_.down()) {
    network_.failed_again(site.number(), now);
    counted = false;
  } else {
    const auto name = names_.find(request.destination.text());
    const bool was_well = by_name ? name == names_.end() : !site.outage().under_way();
    const bool blames_us =
        was_well && network_.failed({site.number(), site.answered()}, report.started, now);
    if (blames_us) {
      counted = false;
      for (const std::uint64_t number : network_.suspects()) {
        const auto found = sites_.find(number);
        if (found == sites_.end()) continue;
        found->second->forgive();
        site_changed(*found->second, true, now);
        for (const std::string& one : found->second->destinations) {
          if (names_.erase(one) > 0) name_changed(one, now);
        }
      }
    } else if (by_name) {
      if (names_.size() >= kMostNames) names_.erase(names_.begin());
      Outage& outage = names_[request.destination.text()];
      outage.failed(report.started, now, kReceiverPace);
      when = outage.next_probe();
      name_changed(request.destination.text(), now);
    } else {
      site.unreachable(report.started, now);
      site_changed(site, true, now);
      when = site.outage().next_probe();
    }
  }
  if (!when) when = network_.down() ? network_.next_probe() : now + seconds{30};
  when = std::max(*when, now + policy_.floor);
  if (!counted) why = Reason::own_fault;
  std::vector<Advice> advice;
  for (const mail::DueRecipient& recipient : request.recipients) {
    Return back{*when, recipient.knocks, why};
    const mail::Verdict* const verdict = verdict_of(report, recipient.id);
    const auto own = contents_patience(verdict, recipient.attempts + 1);
    if (own && now + *own > back.when) back = {now + *own, recipient.knocks, Reason::growing};
    advice.push_back(advise(request, recipient, back, now));
    advice.back().counted = counted;
    // Our own fault ends nothing.
    if (!counted && !advice.back().next_attempt) advice.back().next_attempt = back.when;
  }
  return advice;
}

std::vector<Advice> Memory::learn(const mail::DeliveryRequest& request,
                                  const mail::DeliveryReport& report, int others,
                                  mail::WallTime now) {
  Site& site = led_by(report, now);
  if (report.health == mail::Health::broke_off) network_.answered();
  const auto message = static_cast<std::uint64_t>(request.message.value);
  if (report.health != mail::Health::unreachable) {
    site.served(message, report.started, has_connected(report), now);
  }
  const bool broken = report.health == mail::Health::broke_off && site.broke_off(message);
  const bool silent = broken || report.health == mail::Health::unreachable ||
                      report.health == mail::Health::unresolved ||
                      report.health == mail::Health::ours;
  if (silent) return learn_of_silence(request, report, site, others, now);

  network_.answered();
  if (names_.erase(request.destination.text()) > 0) name_changed(request.destination.text(), now);
  bool matters = site.outage().under_way() || site.quota().closed();
  site.reached(now);
  bool took = false;
  bool refused = false;
  std::vector<Advice> advice;
  for (const mail::DueRecipient& recipient : request.recipients) {
    const mail::Verdict* const verdict = verdict_of(report, recipient.id);
    if (verdict == nullptr) {
      const Return soon{now + minutes{1}, recipient.knocks, Reason::own_fault};
      advice.push_back(advise(request, recipient, soon, now));
      advice.back().counted = false;
      continue;
    }
    matters = matters || verdict->kind == mail::Kind::deferred || recipient.knocks.count > 0;
    if (verdict->kind == mail::Kind::delivered) {
      const Visit visit = visit_of(request, recipient, site, report.started);
      note_taken(request, recipient, site, visit, others, now);
      took = true;
    }
    if (verdict->kind != mail::Kind::deferred) continue;
    if (const auto own = contents_patience(verdict, recipient.attempts + 1)) {
      const Return later{now + *own, recipient.knocks, Reason::growing};
      advice.push_back(advise(request, recipient, later, now));
      continue;
    }
    Return back = after_refusal(request, recipient, *verdict, report, site, others, now);
    refused = refused || (back.why != Reason::mailbox && back.why != Reason::crowded);
    const mail::WallTime soonest = now + least_patience(recipient.attempts + 1);
    if (back.when < soonest) back = {soonest, back.knocks, Reason::patience};
    advice.push_back(advise(request, recipient, back, now));
  }
  if (took || refused) site.host_decided(report.tries, took, now);
  site_changed(site, matters, now);
  if (site.take_early()) call_early(site.destinations);
  return advice;
}

}  // namespace tenax::scheduler
