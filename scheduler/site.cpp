// SPDX-License-Identifier: Apache-2.0
#include "scheduler/site.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "scheduler/mix.h"

namespace tenax::scheduler {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr double kBelief = 0.4;
// Shorter than what is known of a closed door is kept (site_age.cpp), or each round would begin
// anew.
constexpr mail::Duration kLongestTold = hours{11};
constexpr int kStreakToClose = 2;
constexpr int kNobody = 8;
constexpr mail::Duration kLongestRow = hours{2};
constexpr int kQuickly = 4;  // sessions at once, until which each success makes room for one more
constexpr mail::Duration kFirstHiccup = seconds{30};
constexpr double kHiccupGrowth = 2.2;
constexpr mail::Duration kLongestHiccup = hours{30};
constexpr mail::Duration kSoonBanned = hours{1};
constexpr int kAttemptsToDoubt = 5;  // then the sender may be what is refused
constexpr mail::Duration kLongestUnwell = minutes{12};
constexpr mail::Duration kReserve = seconds{1};
constexpr mail::Duration kOtherAsks = seconds{30};
// A stated time longer than this is checked by one early knock: an honest clock has gone on by
// then.
constexpr mail::Duration kLongUnchecked = minutes{6};
constexpr mail::Duration kCheckAfter = minutes{5};

/// How long one that was refused for no known reason stays away: ever longer, but no longer than it
/// has been waiting already, for many attempts may lie in a short trouble.
mail::Duration hiccup(int attempts, mail::Duration age) {
  const double grown = static_cast<double>(mail::Duration{kFirstHiccup}.count()) *
                       std::pow(kHiccupGrowth, std::clamp(attempts, 0, 60));
  const auto longest = static_cast<double>(
      std::clamp<mail::Duration>(age, mail::Duration{kFirstHiccup}, mail::Duration{kLongestHiccup})
          .count());
  return mail::Duration{static_cast<mail::Duration::rep>(std::min(grown, longest))};
}

mail::Knocks one_more(mail::Knocks knocks, mail::WallTime when) {
  if (knocks.count == 0) knocks.first = when;
  knocks.last = when;
  knocks.count = std::min(knocks.count + 1, 1'000'000);
  return knocks;
}

}  // namespace

// -- the door ---------------------------------------------------------------------------------

void Site::ask_now(mail::WallTime now) {
  if (outage_.under_way()) outage_.ask_at(now);
  quota_.ask_now(now);
  refused_parts_.clear();
  unanswered_ = {};
  rests_until_ = std::min(rests_until_, now);
}

int Site::width() const {
  const int most = std::min(ceiling_.value_or(size_), unanswered_.most().value_or(size_));
  return std::max(1, std::min(size_, most));
}

bool Site::allows(mail::WallTime now, int in_flight) const {
  if (outage_.under_way()) return in_flight == 0 && now >= outage_.next_probe();
  if (now < rests_until_) return false;
  return in_flight < width() && quota_.allows(now, in_flight);
}

std::optional<mail::WallTime> Site::opens(mail::WallTime now, int in_flight) const {
  if (allows(now, in_flight)) return std::nullopt;
  if (outage_.under_way()) {
    // Else the probe is under way, and its end decides.
    return outage_.next_probe() > now ? std::optional{outage_.next_probe()} : std::nullopt;
  }
  if (now < rests_until_) return rests_until_;
  if (in_flight >= width()) return std::nullopt;
  return quota_.opens(now, in_flight);
}

void Site::unreachable(mail::WallTime started, mail::WallTime now) {
  if (!outage_.under_way()) may_be_ban_ = started - last_answer_ < kSoonBanned;
  outage_.failed(started, now, kReceiverPace);
  if (may_be_ban_) outage_.keep_silent(now, silence_helped_);
  answered_ = false;
  size_ = 1;
  unanswered_ = {};
}

bool Site::has_no_room(std::uint64_t message, mail::WallTime started, int others,
                       mail::WallTime now) {
  if (others == 0 || !answered_ || outage_.under_way()) return false;
  return unanswered_.failed(message, started, others, now);
}

void Site::served(std::uint64_t message, mail::WallTime started, bool connected,
                  mail::WallTime now) {
  const auto room = unanswered_.served(message, started, connected);
  if (room) crowded(*room, now);
}

bool Site::broke_off(std::uint64_t message) {
  if (broke_off_ == 0) broke_off_ = message;
  return broke_off_ != message;
}

bool Site::knows_nobody(std::uint64_t mailbox, bool first, mail::WallTime now) {
  if (unknown_in_a_row_ < kNobody && now - unknown_since_ > kLongestRow) unknown_in_a_row_ = 0;
  // Who was refused before may be hopeless, and is asked again and again.
  if (first && last_unknown_ != mailbox) {
    if (unknown_in_a_row_ == 0) unknown_since_ = now;
    unknown_in_a_row_ = std::min(unknown_in_a_row_ + 1, kNobody);
    last_unknown_ = mailbox;
  }
  return unknown_in_a_row_ >= kNobody && last_senders_.anybody();
}

void Site::reached(mail::WallTime now) {
  answered_ = true;
  last_answer_ = now;
  if (!outage_.under_way()) return;
  ++outages_.count;
  outages_.last = now - *outage_.since();
  outages_.longest = std::max(outages_.longest, outages_.last);
  outages_.ended = now;
  const bool soon = outages_.last < Outage::kSoon;
  if (!soon) silence_helped_ = outage_.rest();
  outage_.ended();
  if (waiting_until_ > now) early_ = true;
}

// -- who is taken -----------------------------------------------------------------------------

bool Site::takes_strangers() const {
  return strangers_taken_ >= 1 &&
         strangers_refused_ < 0.3 * (strangers_taken_ + strangers_refused_);
}

void Site::met_stranger(bool was_taken, const Visit& visit) {
  if (!takes_strangers() && !lets_in(visit)) surprised(was_taken);
  if (was_taken && passes_ == 0) strangers_refused_ *= 0.3;  // so that was something else
  (was_taken ? strangers_taken_ : strangers_refused_) += 1;
  if (strangers_taken_ + strangers_refused_ > 12) {
    strangers_taken_ /= 2;
    strangers_refused_ /= 2;
  }
  if (passes_ == 0) return;
  int& score = visit.sender_known ? senders_pass_ : all_pass_;
  score = std::clamp(was_taken ? std::max(score, 0) + 1 : score - 1, -3, 3);
}

bool Site::lets_in(const Visit& visit) const {
  if (passes_ == 0) return false;
  return all_pass_ > 0 || (visit.sender_known && senders_pass_ > 0);
}

void Site::check_promise(const Visit& visit, bool was_taken) {
  for (Promise& promise : promises_) {
    if (promise.pair != visit.pair || promise.until == mail::WallTime{}) continue;
    const bool kept_to = visit.when >= promise.until;
    if (!kept_to && !was_taken) return;  // what it says now tells more
    if (!kept_to) trust_ = std::max(0.0, trust_ - 0.3);
    if (kept_to && was_taken) {
      trust_ = std::min(1.0, trust_ + 0.2);
      greylist_.confirm();
    } else if (kept_to) {
      trust_ = std::max(0.0, trust_ - 0.4);
    }
    promise = Promise{};
  }
}

/// Sessions under way when a limit is met are refused: many at once are for those who took many.
void Site::grow() {
  if (size_ >= longest_) return;
  if (++since_grown_ < (size_ < kQuickly ? 1 : size_)) return;
  ++size_;
  since_grown_ = 0;
}

void Site::taken(const Visit& visit, int others, mail::WallTime now) {
  row_ended();
  const bool was_closed = quota_.closed();
  quota_.accepted(visit.party, visit.when);
  if (was_closed && !quota_.closed()) opened_by(visit, now);
  broke_off_ = 0;
  served_since_ = true;
  unknown_in_a_row_ = 0;
  refused_in_a_row_ = 0;
  for (const std::uint64_t part : {visit.sender, visit.domain}) {
    if (refused_parts_.taken(part, now)) early_ = true;
  }
  last_senders_.take(visit.sender, now);
  last_domains_.take(visit.domain, now);
  grow();
  if (breather_.count() > 0 && others == 0) rests_until_ = now + breather_;
  if (breather_ > kShortestBreather) breather_ = std::max(breather_ / 2, kShortestBreather);
  if (ceiling_ && others + 1 >= *ceiling_ && now >= raise_at_) {
    ++*ceiling_;
    raise_at_ = now + raise_pause_;
  }
  check_promise(visit, true);
  if (visit.knocks.count == 0) {
    if (visit.stranger) met_stranger(true, visit);
    return;
  }
  const mail::Duration age = visit.when - visit.knocks.first;
  const auto enough = greylist_.enough();
  const bool before_its_time = age <= greylist_.too_short() || (enough && age < *enough / 2);
  ++passes_;
  if (before_its_time) {
    int& score = visit.sender_known ? senders_pass_ : all_pass_;
    score = std::clamp(score + 1, -3, 3);
  } else if (!takes_strangers()) {
    greylist_.passed({visit.pair, visit.knocks}, visit.when);
  }
  if (waiting_until_ <= now) return;
  early_ = true;
  test_ = senders_pass_ == 0 && all_pass_ == 0;
}

/// Somebody else's mail opened it: it may have been closed for that sender, or that domain, only.
/// One message of theirs sees, before the others close it again.
void Site::opened_by(const Visit& visit, mail::WallTime now) {
  const auto& [sender, domain] = closed_for_;
  if (sender != 0 && sender != visit.sender) refused_parts_.refused(sender, now, now);
  if (domain != 0 && domain != visit.domain) refused_parts_.refused(domain, now, now);
}

Return Site::refused(const Visit& visit, const Reading& reading, bool at_the_door,
                     mail::WallTime now) {
  check_promise(visit, false);
  refused_parts_.no_longer_freed(visit.sender);
  refused_parts_.no_longer_freed(visit.domain);
  stated_ = stated_ || reading.wait.has_value();
  bool wide = at_the_door || reading.meaning == Meaning::rate || quota_.closed() ||
              reading.meaning == Meaning::crowded;
  if (refused_in_a_row_ == 0) row_ = {};
  row_.senders.meet(visit.sender);
  row_.domains.meet(visit.domain);
  row_.mailboxes.meet(visit.mailbox);
  const bool another = last_refused_ != visit.pair;
  if (another) ++refused_in_a_row_;
  // Who was never taken here may be refused for what it is.
  const bool tells = visit.sender_known || wide || strangers_taken_ < 1;
  // At the door it is nobody's own mail that is refused.
  if ((another || at_the_door) && tells) ++streak_;
  last_refused_ = visit.pair;
  last_refused_at_ = now;
  // One that hangs up now and then has not closed for all.
  const bool by_chance = at_the_door && !quota_.closed() && reading.meaning != Meaning::rate &&
                         reading.meaning != Meaning::crowded && streak_ < streak_beyond_chance(1);
  if (by_chance) wide = false;
  const bool of_its_own = reading.meaning == Meaning::rate && quota_.for_each_his_own() &&
                          !quota_.closed() && streak_ <= kStreakToClose;
  if (of_its_own) {
    const mail::Duration stay =
        std::max<mail::Duration>(hiccup(visit.attempts, now - visit.accepted), minutes{1});
    const auto told = believed(reading);
    return {now + told.value_or(stay), visit.knocks, told ? Reason::stated : Reason::own_limit};
  }
  if (const auto part = limited_part(visit, reading, now)) {
    refused_parts_.refused(*part, visit.when, now);
    return part_waits(visit, now).value_or(Return{now + minutes{1}, visit.knocks});
  }
  // Several domains closed the door: one asks next that was taken not long ago.
  const bool of_others = quota_.closed() && row_.domains.several() && last_domains_.anybody() &&
                         !last_domains_.lately(visit.domain, now) && !at_the_door &&
                         reading.meaning != Meaning::rate && reading.meaning != Meaning::crowded;
  if (of_others) {
    refused_parts_.refused(visit.domain, visit.when, now);
    const Return back = wait_for_door(visit, reading, now);
    quota_.ask_now(now + kOtherAsks);
    return back;
  }
  if (wide) return wait_for_door(visit, reading, now);
  if (!takes_strangers() && !by_chance) {
    if (visit.knocks.count == 0 && visit.stranger) met_stranger(false, visit);
    return wait_for_consent(visit, reading, now);
  }
  // It takes whoever comes, so this is about the message or the moment.
  if (visit.stranger && visit.knocks.count == 0) strangers_refused_ += 0.1;
  const bool young = visit.attempts < 4;
  if (const auto part = refused_part(visit, now)) {
    refused_parts_.refused(*part, visit.when, now);
  } else if (streak_ >= streak_beyond_chance(kStreakToClose) && young && row_.mailboxes.several()) {
    refused_parts_.clear();  // it was not about them
    return wait_for_door(visit, reading, now);
  }
  mail::Duration stay = hiccup(visit.attempts, now - visit.accepted);
  Reason why = Reason::growing;
  // One that says it is unwell may be better the next minute; so may chance be.
  const mail::Duration part = (now - visit.accepted) / 8;
  const bool unlucky = visit.attempts < streak_beyond_chance(1);
  if (reading.meaning == Meaning::trouble || unlucky) {
    stay = std::min(stay, std::clamp<mail::Duration>(part, kFirstHiccup, kLongestUnwell));
    if (reading.meaning == Meaning::trouble) why = Reason::unwell;
  }
  // Who was never taken here may never be.
  const bool seldom = !visit.sender_known && visit.attempts >= kAttemptsToDoubt &&
                      reading.meaning != Meaning::trouble && !unlucky;
  if (seldom) stay = std::min<mail::Duration>((now - visit.accepted) * 2, kLongestHiccup);
  if (const auto turn = part_waits(visit, now); turn && turn->when - now > stay) {
    stay = turn->when - now;
    why = turn->why;
  }
  return {now + stay, visit.knocks, why};
}

Return Site::wait_for_door(const Visit& visit, const Reading& reading, mail::WallTime now) {
  Refusal refusal;
  refusal.of_rate = reading.meaning == Meaning::rate;
  refusal.may_be_rate = reading.meaning != Meaning::trouble && reading.meaning != Meaning::crowded;
  refusal.hung_up = reading.hung_up;
  const bool of_others = last_domains_.another_lately(visit.domain, now) ||
                         last_senders_.another_lately(visit.sender, now);
  if (!of_others || !took_far_more(visit, reading)) refusal.told = reading.rate;
  refusal.wait = believed(reading);
  const bool was_open = !quota_.closed();
  quota_.refused(refusal, visit.party, visit.when, now);
  if (was_open && quota_.closed()) closed_for_ = {visit.sender, visit.domain};
  const mail::WallTime door = quota_.opens(now, 0).value_or(now + seconds{1});
  const bool as_told = refusal.wait && door == now + *refusal.wait;
  return {door, visit.knocks, as_told ? Reason::stated : Reason::door};
}

std::optional<mail::Duration> Site::believed(const Reading& reading) const {
  if (!reading.wait || trust_ * std::max(reading.confidence, 0.7) < kBelief * 0.7) {
    return std::nullopt;
  }
  if (*reading.wait < seconds{1} || *reading.wait > kLongestTold) return std::nullopt;
  return *reading.wait + kReserve;
}

Return Site::wait_for_consent(const Visit& visit, const Reading& reading, mail::WallTime now) {
  const Waiting before{visit.pair, visit.knocks};
  if (visit.knocks.count > 0) {
    if (passes_ > 0) {
      int& score = visit.sender_known ? senders_pass_ : all_pass_;
      score = std::max(std::min(score, 0) - 1, -3);
    }
    greylist_.refused(before, visit.when);
  }
  const Waiting who{visit.pair, one_more(visit.knocks, visit.when)};
  auto told = believed(reading);
  mail::WallTime when = told ? now + *told : in_time(who.knocks, greylist_.call(who, now));
  if (told) when = promised(visit, when, now);
  // Whatever was concluded: who was refused for long does not come back in a moment.
  const mail::Duration stay = std::min<mail::Duration>((now - who.knocks.first) / 8, hours{1});
  when = std::max(when, now + std::max<mail::Duration>(stay, seconds{10}));
  waiting_until_ = std::max(waiting_until_, when);
  return {when, who.knocks, reason_of_stranger(who, when, now)};
}

/// A reply states a time; when to come back.
mail::WallTime Site::promised(const Visit& visit, mail::WallTime until, mail::WallTime now) {
  for (Promise& promise : promises_) {
    if (promise.pair != visit.pair || promise.until == mail::WallTime{}) continue;
    // Asked again before its time. If it says the same moment as before, it is a clock that speaks.
    const mail::Duration off =
        until > promise.until ? until - promise.until : promise.until - until;
    const mail::Duration roughly =
        std::min((promise.until - visit.knocks.first) / 20, (visit.when - visit.knocks.last) / 4);
    const bool same = off <= minutes{1} + roughly;
    promise = Promise{};
    if (!same) {
      trust_ = 0;
      return greylist_.call({visit.pair, one_more(visit.knocks, visit.when)}, now);
    }
    trust_ = 1;
    greylist_.confirm();
  }
  promises_[next_promise_] = {visit.pair, until};
  next_promise_ = (next_promise_ + 1) % promises_.size();
  const bool check = trust_ < 0.75 && until - now > kLongUnchecked && visit.knocks.count == 0 &&
                     now >= next_check_;
  if (!check) return until;
  next_check_ = now + hours{1};
  checking_ = visit.pair;
  return now + kCheckAfter;
}

mail::WallTime Site::ready_at(const Visit& visit, mail::WallTime now) {
  if (lets_in(visit)) return now;
  if (std::exchange(test_, false)) return now;
  if (takes_strangers()) return now;
  for (const Promise& promise : promises_) {
    if (promise.pair != visit.pair || promise.until <= now) continue;
    return checking_ == visit.pair && visit.knocks.count == 1
               ? std::min(promise.until, visit.knocks.last + kCheckAfter)
               : promise.until;
  }
  return in_time(visit.knocks, greylist_.ready_at({visit.pair, visit.knocks}, now));
}

std::optional<std::uint64_t> Site::known_part(const Visit& visit) const {
  for (const std::uint64_t known : {visit.domain, visit.sender}) {
    if (refused_parts_.asks_at(known)) return known;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Site::refused_part(const Visit& visit, mail::WallTime now) const {
  if (const auto known = known_part(visit)) return known;
  if (refused_in_a_row_ < kStreakToClose || visit.attempts >= 4) return std::nullopt;
  // Of one sender and one domain it is the sender, unless that is taken elsewhere.
  const bool any_sender = row_.senders.several() || last_senders_.lately(visit.sender, now);
  const bool of_domain =
      any_sender && !row_.domains.several() && last_domains_.another_lately(visit.domain, now);
  if (of_domain) return visit.domain;
  const bool of_sender = !row_.senders.several() && last_senders_.another_lately(visit.sender, now);
  return of_sender ? std::optional{visit.sender} : std::nullopt;
}

std::optional<std::uint64_t> Site::limited_part(const Visit& visit, const Reading& reading,
                                                mail::WallTime now) const {
  if (quota_.closed()) return std::nullopt;
  const auto known = known_part(visit);
  if (known && reading.meaning == Meaning::rate) return known;
  if (!took_far_more(visit, reading)) return std::nullopt;
  // Once two of them hear it in a row, the door closes and it is seen what opens it.
  const bool of_domain = !row_.domains.several() && last_domains_.another_lately(visit.domain, now);
  if (of_domain) return visit.domain;
  const bool of_sender = !row_.senders.several() && last_senders_.another_lately(visit.sender, now);
  return of_sender ? std::optional{visit.sender} : std::nullopt;
}

bool Site::took_far_more(const Visit& visit, const Reading& reading) const {
  if (!reading.rate) return false;
  const int taken = quota_.limits().all_taken().after(visit.when - reading.rate->period);
  // Periods that begin at fixed moments let twice as many pass.
  return taken >= 3 * (reading.rate->count + 1);
}

/// Behind the one that asks they come in no order, over half the time until then.
std::optional<Return> Site::part_waits(const Visit& visit, mail::WallTime now) const {
  std::optional<mail::WallTime> latest;
  Reason why = Reason::sender;
  for (const std::uint64_t part : {visit.sender, visit.domain}) {
    const auto asks_at = refused_parts_.asks_at(part);
    if (!asks_at || *asks_at <= now || (latest && *asks_at <= *latest)) continue;
    latest = asks_at;
    why = part == visit.sender ? Reason::sender : Reason::domain;
  }
  if (!latest) return std::nullopt;
  const double part = fraction(visit.pair ^ static_cast<std::uint64_t>(visit.attempts));
  const auto width = static_cast<double>((*latest - now).count()) / 2;
  const mail::Duration behind{static_cast<mail::Duration::rep>(part * width)};
  return Return{*latest + behind, visit.knocks, why};
}

Reason Site::reason_of_stranger(const Waiting& who, mail::WallTime when, mail::WallTime now) const {
  for (const Promise& promise : promises_) {
    if (promise.pair != who.id || promise.until == mail::WallTime{}) continue;
    if (when < promise.until) return Reason::checks;
    return when > promise.until + kReserve ? Reason::patience : Reason::stated;
  }
  Greylist asked = greylist_;  // to ask may make somebody the one that asks
  if (when > asked.ready_at(who, now) + kReserve) return Reason::patience;
  if (greylist_.asks(who)) return Reason::explores;
  if (greylist_.enough()) return Reason::known_age;
  return greylist_.is_asked(now) ? Reason::other_asks : Reason::growing;
}

Reason Site::reason_of(const Visit& visit, mail::WallTime when, mail::WallTime now) const {
  if (quota_.closed()) return Reason::door;
  if (const auto turn = part_waits(visit, now)) return turn->why;
  if (visit.knocks.count == 0) return Reason::growing;
  return reason_of_stranger({visit.pair, visit.knocks}, when, now);
}

bool Site::take_early() { return std::exchange(early_, false); }

}  // namespace tenax::scheduler
