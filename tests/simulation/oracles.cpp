// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/oracles.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "engine/settle.h"

namespace tenax::simulation {

namespace {

using namespace std::chrono_literals;
using mail::RecipientState;

constexpr std::size_t kMostViolations = 20;

/// The rows of a query as texts; a query that fails is a violation of the test itself.
std::vector<std::vector<std::string>> rows(const std::string& database, const std::string& query) {
  sqlite3* opened = nullptr;
  std::vector<std::vector<std::string>> all;
  const int code = sqlite3_open_v2(database.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> db{opened, sqlite3_close};
  sqlite3_stmt* prepared = nullptr;
  if (code != SQLITE_OK ||
      sqlite3_prepare_v2(db.get(), query.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
    return {{"cannot read the queue: ", sqlite3_errmsg(db.get())}};
  }
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement{prepared, sqlite3_finalize};
  while (sqlite3_step(statement.get()) == SQLITE_ROW) {
    std::vector<std::string> row;
    for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) {
      const auto* text = sqlite3_column_text(statement.get(), i);
      row.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
    }
    all.push_back(std::move(row));
  }
  return all;
}

/// Every value of this field in a notice: "Final-Recipient: rfc822; bob@example.net".
std::vector<std::string> fields(const std::string& contents, const std::string& name) {
  std::vector<std::string> values;
  const std::string start = "\n" + name + ": ";
  for (std::size_t at = contents.find(start); at != std::string::npos;
       at = contents.find(start, at + 1)) {
    const std::size_t from = at + start.size();
    values.push_back(contents.substr(from, contents.find('\r', from) - from));
  }
  return values;
}

std::string after_semicolon(const std::string& value) {
  const std::size_t at = value.find(';');
  std::string rest = at == std::string::npos ? value : value.substr(at + 1);
  rest.erase(0, rest.find_first_not_of(' '));
  return rest;
}

/// The same words at another step mean something else.
std::string answer_of(const mail::Verdict& verdict) {
  return std::string{to_string(verdict.stage)} + " " + std::string{to_string(verdict.scope)} + " " +
         verdict.text;
}

}  // namespace

Oracles::Oracles(const Script& script, const engine::Terms& terms)
    : script_{script}, remembrance_{script}, policy_{terms.retry}, overrides_{terms.overrides} {
  for (std::size_t n = 0; n < script.letters.size(); ++n) {
    for (const std::string& address : script.letters[n].to) fates_[address].letter = n;
  }
}

void Oracles::violation(int promise, const std::string& what) {
  if (violations_.size() == kMostViolations) return;
  violations_.push_back("promise " + std::to_string(promise) + ": " + what);
}

std::optional<mail::QueueId> Oracles::id_of(std::size_t letter) const {
  const auto found = kept_.find(letter);
  if (found == kept_.end()) return std::nullopt;
  return found->second;
}

Fate& Oracles::fate_of(mail::QueueId message, const std::string& address) {
  const auto known = fates_.find(address);
  return known != fates_.end() ? known->second : fates_[message.text() + " " + address];
}

std::optional<scheduler::LaneView> Oracles::lane_of(const mail::Destination& to) const {
  for (const scheduler::LaneView& lane : lanes_()) {
    if (lane.destination == to) return lane;
  }
  return std::nullopt;
}

void Oracles::born(std::function<std::vector<scheduler::LaneView>()> lanes,
                   std::function<Span()> clock, Rehearse rehearse) {
  begun_.clear();
  lanes_ = std::move(lanes);
  rehearse_ = std::move(rehearse);
  clock_ = std::move(clock);
}

void Oracles::stepped() {
  ++disturbances_;
  all_facts_heard_ = false;
  step_unseen_ = true;
  ever_stepped_ = true;
  remembrance_.stepped();
}

/// What was promised between the step and its being noticed moves with it, too.
void Oracles::clock_stepped(const engine::ClockStep&) {
  ++disturbances_;
  step_unseen_ = false;
}

void Oracles::died() {
  ++disturbances_;
  all_facts_heard_ = false;
  calendar_lost_ = calendar_lost_ || step_unseen_;
  for (auto& [address, fate] : fates_) {
    fate.attempts.reset();
    fate.expected.reset();
    fate.forecast.clear();
    if (fate.in_flight) ++fate.open_at_death;
    fate.in_flight = false;
  }
}

void Oracles::stopped() {
  ++disturbances_;
  calendar_lost_ = calendar_lost_ || step_unseen_;
  for (const auto& [address, fate] : fates_) {
    if (fate.in_flight) violation(6, address + " was left in flight by an orderly stop");
  }
}

void Oracles::kept(std::size_t letter, mail::QueueId id) {
  const auto [place, fresh] = kept_.emplace(letter, id);
  if (!fresh && place->second != id) violation(6, "one submission became two messages");
}

void Oracles::was_operated(std::size_t letter, Event::Kind verb, const queue::Operated& outcome) {
  ++disturbances_;
  for (auto& [address, fate] : fates_) {
    if (verb != Event::Kind::flush && (fate.letter != letter || !kept_.contains(letter))) continue;
    fate.expected.reset();
    // Those in flight were left out; which they were is known only when there were none.
    if (verb == Event::Kind::hold) {
      fate.held = outcome.leased == 0;
      fate.ever_held = true;
    }
    if (verb == Event::Kind::release) fate.held = false;
  }
}

void Oracles::taken(const testing::TakenMail& mail) {
  const std::vector<std::string> ids = fields("\n" + mail.contents, "Message-ID");
  for (const std::string& recipient : mail.recipients) {
    const auto known = fates_.find(recipient);
    if (known != fates_.end()) ++known->second.copies;
  }
  const bool for_the_operator = mail.recipients == std::vector<std::string>{kPostmaster};
  if (!mail.sender.empty() || for_the_operator) return;
  const std::vector<std::string> about = fields(mail.contents, "Final-Recipient");
  const std::vector<std::string> actions = fields(mail.contents, "Action");
  if (about.empty() || about.size() != actions.size() || ids.empty()) return;  // null path letter
  for (std::size_t i = 0; i < about.size(); ++i) {
    const auto fate = fates_.find(after_semicolon(about[i]));
    if (fate == fates_.end()) {
      violation(6, "a notice about " + about[i] + ", to whom nobody wrote");
    } else if (actions[i] == "failed") {
      fate->second.failure_notices.insert(ids.front());
    }
  }
}

const scheduler::RetryPolicy& Oracles::policy_of(const mail::Destination& to) const {
  const scheduler::OverridePtr entry = overrides_.find(to, {});
  return entry ? entry->retry : policy_;  // the table keeps it
}

/// A calendar that is set right by less than a minute counts as no step.
void Oracles::check_pace(const mail::Destination& to) {
  const scheduler::OverridePtr entry = overrides_.find(to, {});
  if (!entry || !entry->pace) return;
  std::vector<Span>& begun = begun_[to.text()];
  begun.push_back(clock_());
  const auto burst = static_cast<std::size_t>(entry->pace->burst);
  const mail::Duration gap = entry->pace->period / entry->pace->count;
  if (begun.size() > burst && begun.back() - begun[begun.size() - 1 - burst] < gap - 1min) {
    violation(5, to.text() + " gets more than its rate");
  }
}

void Oracles::started(const engine::Started& fact) {
  const std::string& destination = fact.request.destination.text();
  const std::optional<scheduler::LaneView> lane = lane_of(fact.request.destination);
  // Lanes that share their hosts go by the name of the first.
  const bool of_another = policy_.learns && !lane;
  if (!of_another && (!lane || lane->in_flight > lane->window)) {
    violation(5, destination + " has more sessions than its window allows");
  }
  check_pace(fact.request.destination);
  const scheduler::OverridePtr entry = overrides_.find(fact.request.destination, {});
  const bool paced = entry && entry->pace;
  const bool learns = policy_of(fact.request.destination).learns;
  const bool alone = lane && lane->in_flight == 1;
  if (!alone) ++lane_disturbances_[destination];
  for (const mail::DueRecipient& recipient : fact.request.recipients) {
    const std::string address = recipient.address.text();
    Fate& fate = fate_of(fact.request.message, address);
    // Whoever learns may call early.
    if (recipient.due > fact.when && !learns) {
      violation(4, address + " was attempted before it was due");
    }
    if (fate.held) violation(4, address + " was attempted while held");
    if (fate.in_flight) violation(6, address + " is attempted twice at once");
    fate.in_flight = true;
    if (learns && !paced) starts_as_foretold(fate, fact, address);
    if (learns || !fate.expected || fate.disturbances != disturbances_) continue;
    if (fact.when < *fate.expected) violation(4, address + " was attempted before its date");
    // Others on the way to the same place, a parked lane and a rate are reasons to be late.
    const bool free = alone && !paced &&
                      fate.lane_disturbances == lane_disturbances_[destination] &&
                      last_end_[destination] < *fate.expected;
    if (!free) continue;
    if (fact.when > *fate.expected + 1s) {
      violation(10, address + " was promised " + mail::to_rfc3339(*fate.expected) +
                        " and attempted " + mail::to_rfc3339(fact.when));
    }
    ++dates_kept_;
  }
  ++site_events_[destination];
}

void Oracles::attempted(const engine::Attempted& fact) {
  ++attempts_seen_;
  const std::string address = fact.address.text();
  Fate& fate = fate_of(fact.message, address);
  const bool ours = fact.verdict.fault == mail::Fault::ours;
  if (fact.verdict.in_doubt) ++fate.doubts;
  const bool our_network = policy_.learns && !fact.counted;  // several fell silent at once
  if (ours == fact.counted && !our_network)
    violation(9, address + ": our own fault counted as an attempt");
  if (fate.attempts && fact.attempts != *fate.attempts + (fact.counted ? 1 : 0)) {
    violation(9, address + " has " + std::to_string(fact.attempts) + " attempts after " +
                     std::to_string(*fate.attempts));
  }
  fate.attempts = fact.attempts;
  if (const auto wrong = remembrance_.attempted(fact)) violation(10, *wrong);
  const bool of_letter = fates_.contains(address);
  if (of_letter && fact.state == RecipientState::delivered && fate.copies == 0) {
    violation(2, address + " is called delivered and nobody has it");
  }
  const bool expired = fact.verdict.text.starts_with("not delivered within");
  if (expired && fact.attempts == 0) violation(8, address + " expired without one attempt");
  const mail::Duration lifetime = policy_of(fact.destination).lifetime;
  if (expired && fact.when < fact.accepted + lifetime) {
    violation(8, address + " expired before its time");
  }
  // However the calendar jumped: a promised lifetime is one of real time. What one minute of drift
  // corrections may take is not counted.
  const auto given = handed_over_.find(fate.letter);
  if (expired && of_letter && !calendar_lost_ && given != handed_over_.end() &&
      clock_() - given->second < lifetime - 3min) {
    violation(8, address + " expired after " + mail::in_short(clock_() - given->second));
  }
  if (of_letter) ask_for_the_delay_notice(fate, fact);
  // After a fault of our own the lane rests for a while: others may be late for it (promise 9).
  if (ours) ++lane_disturbances_[fact.destination.text()];
  ++site_events_[fact.destination.text()];
  if (policy_of(fact.destination).learns) {
    follow_the_rehearsal(fate, fact);
  } else {
    follow_the_forecast(fate, fact);
  }
  const bool within_the_rest = fact.next_attempt && *fact.next_attempt - fact.when <= 1min;
  if (ours && within_the_rest) ++lane_disturbances_[fact.destination.text()];
  fate.in_flight = false;
  fate.ended = fate.ended || mail::is_final(fact.state);
  if (fact.state == RecipientState::held) fate.held = fate.ever_held = true;
  last_end_[fact.destination.text()] = fact.when;
}

/// Whoever waits past the first age of the delay notices has been told of it.
void Oracles::ask_for_the_delay_notice(const Fate& fate, const engine::Attempted& fact) {
  const Letter& letter = script_.letters[fate.letter];
  const bool hears = !letter.sender.empty() && !letter.automatic && letter.notify.wants_delay();
  const bool late = fact.when > fact.accepted + policy_.delay_notices.front() + 1h;
  if (hears && late && all_facts_heard_ && !fate.ever_held && fate.delays_told == 0) {
    violation(10, fact.address.text() + " waited and its sender was not told");
  }
}

/// The dates told at one deferral are those of the following ones, as long as nothing intervenes
/// and every attempt is deferred at once.
void Oracles::follow_the_forecast(Fate& fate, const engine::Attempted& fact) {
  const bool undisturbed = fate.expected && fate.disturbances == disturbances_ &&
                           fact.when == *fate.expected && fact.counted;
  const scheduler::RetryPolicy& policy = policy_of(fact.destination);
  if (undisturbed && fact.verdict.kind == mail::Kind::deferred && fate.forecast.size() > 1) {
    if (fact.next_attempt != fate.forecast[1]) {
      violation(10, fact.address.text() + " was forecast " + mail::to_rfc3339(fate.forecast[1]) +
                        " and deferred to " +
                        (fact.next_attempt ? mail::to_rfc3339(*fact.next_attempt) : "never"));
    }
    ++dates_kept_;
  }
  fate.expected = fact.next_attempt;
  fate.disturbances = disturbances_;
  fate.lane_disturbances = lane_disturbances_[fact.destination.text()];
  fate.forecast.clear();
  if (!fact.next_attempt || !fact.counted) return;
  const scheduler::Outlook outlook{fact.message, fact.accepted, fact.attempts, fact.next_attempt,
                                   std::nullopt};
  const scheduler::Forecast forecast = scheduler::forecast(policy, outlook, fact.when, 3);
  for (const scheduler::Coming& one : forecast.attempts) fate.forecast.push_back(one.when);
}

/// The next attempt comes at the date that was told of it, unless something else happened at that
/// destination, or to all of us.
void Oracles::starts_as_foretold(const Fate& fate, const engine::Started& fact,
                                 const std::string& address) {
  const bool undisturbed = !fate.forecast.empty() && fate.disturbances == disturbances_ &&
                           fate.site_events == site_events_[fact.request.destination.text()];
  if (!undisturbed) return;
  const mail::WallTime told = fate.forecast.front();
  if (fact.when < told || fact.when > told + 1s) {
    violation(10, address + " was promised " + mail::to_rfc3339(told) + " and attempted " +
                      mail::to_rfc3339(fact.when));
  }
  ++dates_kept_;
}

/// The dates behind it too, when besides its attempt, answered at once as the one before, nothing
/// happened there.
void Oracles::follow_the_rehearsal(Fate& fate, const engine::Attempted& fact) {
  const std::size_t events = site_events_[fact.destination.text()];
  const bool undisturbed = fate.forecast.size() > 1 && fate.disturbances == disturbances_ &&
                           fact.counted && fact.when == fate.forecast.front() &&
                           events == fate.site_events + 2 &&
                           answer_of(fact.verdict) == fate.answer &&
                           // Not known from its answer: the server left after it.
                           fact.health == mail::health_of(fact.verdict);
  std::vector<mail::WallTime> dates;
  if (fact.next_attempt && fact.counted) {
    dates = rehearse_({.message = fact.message,
                       .sender = sender_of(fact),
                       .accepted = fact.accepted,
                       .destination = fact.destination,
                       .recipient = fact.address,
                       .attempts = fact.attempts,
                       .due = *fact.next_attempt,
                       .knocks = fact.knocks,
                       .last = fact.verdict});
  }
  if (undisturbed && (dates.empty() || dates.front() != fate.forecast[1])) {
    violation(10, fact.address.text() + " was foretold " + mail::to_rfc3339(fate.forecast[1]) +
                      " and then " + (dates.empty() ? "nothing" : mail::to_rfc3339(dates.front())));
  }
  if (undisturbed) ++dates_kept_;
  fate.forecast = std::move(dates);
  fate.answer = answer_of(fact.verdict);
  fate.site_events = events;
  fate.expected = fact.next_attempt;
  fate.disturbances = disturbances_;
}

/// Notices come from nobody.
mail::ReversePath Oracles::sender_of(const engine::Attempted& fact) const {
  const auto fate = fates_.find(fact.address.text());
  if (fate == fates_.end() || notices_.contains(fact.message)) return std::nullopt;
  const std::string& sender = script_.letters[fate->second.letter].sender;
  if (sender.empty()) return std::nullopt;
  return mail::Address::parse(sender).value();
}

void Oracles::noticed(const engine::Noticed& fact) {
  notices_.insert(fact.notice);
  const bool for_the_operator = fact.to.text() == kPostmaster;
  if (notices_.contains(fact.message) && !for_the_operator) {
    violation(7, "a notice was answered by a notice");
  }
  if (fact.kind != bounce::NoticeKind::delayed) return;
  for (const mail::Address& about : fact.about) ++fate_of(fact.message, about.text()).delays_told;
  for (std::size_t i = 0; i < fact.about.size() && i < fact.promised.size(); ++i) {
    const Fate& fate = fate_of(fact.message, fact.about[i].text());
    if (!fate.expected || fact.promised.size() != fact.about.size()) continue;
    if (fate.disturbances == disturbances_ && fact.promised[i] < *fate.expected) {
      violation(10, fact.about[i].text() + " was told a date before the one it waits for");
    }
  }
}

void Oracles::gathered(const engine::Gathered& fact) {
  if (notices_.contains(fact.message)) violation(7, "a notice was owed a notice");
  if (fact.kind != bounce::NoticeKind::delayed) return;
  for (const mail::Address& about : fact.about) ++fate_of(fact.message, about.text()).delays_told;
}

void Oracles::digested(const engine::Digested& fact) {
  ++digests_seen_;
  notices_.insert(fact.notice);
  for (const engine::Digested::About& about : fact.about) {
    if (notices_.contains(about.message)) violation(7, "a digest tells of a notice");
    if (about.kind != bounce::NoticeKind::delayed) continue;
    ++late_digested_;
    if (fate_of(about.message, about.address.text()).ended) {
      violation(3, about.address.text() + " has ended and is called late in a digest");
    }
  }
}

void Oracles::storm_told(const engine::StormTold& fact) {
  ++storms_seen_;
  notices_.insert(fact.mail);
  if (!fact.over && fact.messages == 0) violation(3, "a storm that holds nothing was told of");
}

/// However often we died: it begins, goes on, each time a day later, and is over.
void Oracles::check_storms(const std::string& database) {
  const auto untold = rows(database, "SELECT count(*) FROM storm");
  if (untold.at(0).at(0) != "0") violation(3, untold[0][0] + " storms are still to be told of");
  std::map<std::string, std::int64_t> raging;  // when it was told of last
  for (const auto& row :
       rows(database,
            "SELECT m.subject, m.accepted FROM message m JOIN recipient r "
            "ON r.message_id = m.id WHERE m.origin = 'notice' AND r.forward_path = '" +
                std::string{kPostmaster} +
                "' AND m.subject LIKE 'Mail to %' "
                "ORDER BY m.id")) {
    const std::string& subject = row.at(0);
    const std::string where = subject.substr(0, subject.find(" is "));
    const std::int64_t when = std::stoll(row.at(1));
    const bool begins = subject.ends_with("suddenly refused");
    const auto known = raging.find(where);
    if (begins != (known == raging.end())) violation(3, "a storm out of turn: " + subject);
    const bool ends = subject.ends_with("no more");
    const auto day = std::chrono::milliseconds{24h}.count();
    if (!begins && !ends && known != raging.end() && !ever_stepped_ &&
        when - known->second < day - 1000) {
      violation(3, "told twice in a day: " + subject);
    }
    raging[where] = when;
    if (ends) raging.erase(where);
  }
  if (!raging.empty()) violation(3, raging.begin()->first + ": its end was not told");
}

void Oracles::parked(const engine::Parked& fact) { ++lane_disturbances_[fact.destination.text()]; }

void Oracles::trouble(const engine::Trouble& fact) {
  violation(2, "trouble " + fact.doing + ": " + fact.why);
}

void Oracles::check_at_end(const std::string& database) {
  for (std::size_t n = 0; n < script_.letters.size(); ++n) {
    if (!kept_.contains(n)) violation(1, "letter " + std::to_string(n) + " was never accepted");
  }
  const auto submitted = rows(database, "SELECT count(*) FROM message WHERE origin = 'submitted'");
  if (submitted.at(0).at(0) != std::to_string(script_.letters.size())) {
    violation(6, submitted[0][0] + " messages for " + std::to_string(script_.letters.size()) +
                     " letters");
  }
  const auto answered = rows(database,
                             "SELECT count(*) FROM message n JOIN message m ON m.id = n.about "
                             "WHERE (m.origin = 'notice' OR m.sender IS NULL OR m.sender = '') "
                             "AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = n.id "
                             "AND r.forward_path = '" +
                                 std::string{kPostmaster} + "')");
  check_storms(database);
  const auto owed = rows(database, "SELECT count(*) FROM owed");
  if (owed.at(0).at(0) != "0") violation(3, owed[0][0] + " failures are still owed");
  if (answered.at(0).at(0) != "0") violation(7, "a notice about mail from the null path");
  check_recipients(database);
}

void Oracles::check_recipients(const std::string& database) {
  std::set<std::string> seen;
  for (const auto& row :
       rows(database,
            "SELECT r.forward_path, r.state, m.origin, EXISTS (SELECT 1 FROM message n WHERE "
            "n.about = m.id) OR EXISTS (SELECT 1 FROM event e WHERE e.message_id = m.id AND "
            "e.what LIKE '%of the failure in the digest%') FROM recipient r JOIN message m ON m.id "
            "= "
            "r.message_id")) {
    const std::string& state = row.at(1);
    if (state != "delivered" && state != "failed" && state != "removed") {
      violation(2, row[0] + " ended up " + state);
    }
    if (row[2] == "notice") continue;
    if (!seen.insert(row[0]).second) violation(6, row[0] + " has two rows");
    check_recipient(row[0], state, row[3] == "1");
  }
  for (const auto& [letter, id] : kept_) {
    for (const std::string& address : script_.letters[letter].to) {
      if (!seen.contains(address)) violation(1, address + " was accepted and is gone");
    }
  }
}

void Oracles::check_recipient(const std::string& address, const std::string& state, bool told_on) {
  const Fate& fate = fates_[address];
  const Letter& letter = script_.letters[fate.letter];
  const int excuses = fate.doubts + fate.open_at_death;
  if (fate.copies > 1 + excuses) {
    violation(6, address + " got " + std::to_string(fate.copies) + " copies with " +
                     std::to_string(excuses) + " excuses");
  }
  if (state == "delivered" && fate.copies == 0) violation(2, address + " has no copy");
  if (state == "failed" && fate.copies > 0 && excuses == 0) {
    violation(2, address + " failed and got a copy");
  }
  const bool hears = !letter.sender.empty() && letter.notify.wants_failure();
  if (state == "failed" && hears) {
    if (!told_on) violation(3, address + " failed and no notice was queued");
    const bool home = letter.sender.ends_with(kHome);
    if (home && fate.failure_notices.empty()) violation(3, address + " failed and nobody heard");
  }
  if (fate.failure_notices.size() > 1) violation(3, address + " failed twice");
  if (!fate.failure_notices.empty() && (state != "failed" || !hears)) {
    violation(3, address + " is " + state + " and was called failed");
  }
}

}  // namespace tenax::simulation
