// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one set of mail hosts has taught us, and whether something may go there now.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/time.h"

#include "scheduler/addresses.h"
#include "scheduler/advice.h"
#include "scheduler/greylist.h"
#include "scheduler/mix.h"
#include "scheduler/outage.h"
#include "scheduler/overrides.h"
#include "scheduler/quota.h"
#include "scheduler/reading.h"
#include "scheduler/refused_parts.h"
#include "scheduler/rows.h"
#include "scheduler/site_view.h"
#include "scheduler/unanswered.h"

namespace tenax::scheduler {

/// One recipient's knock at a site. Concurrency: value.
struct Visit {
  std::uint64_t pair = 0;     // sender and recipient
  std::uint64_t sender = 0;   // as turns are shared by; see sender_of
  std::uint64_t domain = 0;   // the destination
  std::uint64_t mailbox = 0;  // the recipient
  std::uint64_t party = 0;    // sender and destination
  mail::Knocks knocks;        // before this one
  int attempts = 0;           // before this one
  bool stranger = false;      // this pair of sender and recipient was never taken here
  bool sender_known = false;  // but this sender was
  mail::WallTime when;        // of this one
  mail::WallTime accepted;    // the message, by us
};

/// What becomes of a refused one.
struct Return {
  mail::WallTime when;
  mail::Knocks knocks;
  Reason why = Reason::growing;
};

/// Concurrency: value; lives at one address.
class Site {
 public:
  static constexpr int kLessonVersion = 2;  // of one without addresses: 1

  Site(std::string name, std::uint64_t number, const MemoryPolicy& policy)
      : name_{std::move(name)},
        number_{number},
        salt_{hash_of(name_)},
        size_{policy.first_window},
        longest_{policy.longest_window},
        greylist_{policy.first_delay} {}

  /// So many sessions at most, whatever it takes.
  void bound(int longest) {
    longest_ = longest;
    size_ = std::min(size_, longest);
  }

  // The door.
  [[nodiscard]] bool allows(mail::WallTime now, int in_flight) const;
  /// When that may change by time alone.
  [[nodiscard]] std::optional<mail::WallTime> opens(mail::WallTime now, int in_flight) const;
  [[nodiscard]] int width() const;

  // What happened there. `others`: sessions of ours still open.
  void unreachable(mail::WallTime started, mail::WallTime now);
  /// Nobody answered. True: others of ours were being served, so it may have no room for more.
  [[nodiscard]] bool has_no_room(std::uint64_t message, mail::WallTime started, int others,
                                 mail::WallTime now);
  /// What began then came to its end, and not in silence; with a connection of its own?
  void served(std::uint64_t message, mail::WallTime started, bool connected, mail::WallTime now);
  /// It took recipients of this message and said nothing more to its contents. True: it did so with
  /// another before, and has taken none since, so it is not the message.
  [[nodiscard]] bool broke_off(std::uint64_t message);
  /// It says of this mailbox that it does not know it for now; `first`: at the first attempt. True:
  /// of so many in a row, and once it took mail, that this is about none of them.
  [[nodiscard]] bool knows_nobody(std::uint64_t mailbox, bool first, mail::WallTime now);
  void reached(mail::WallTime now);
  void crowded(int others, mail::WallTime now);
  /// One alone was refused without a word. True: where there is room for one, and we were just
  /// served, it has not noticed yet that we left. Else what was just taken for a crowd was none.
  [[nodiscard]] bool has_not_noticed(mail::WallTime now);
  void taken(const Visit& visit, int others, mail::WallTime now);
  Return refused(const Visit& visit, const Reading& reading, bool at_the_door, mail::WallTime now);
  void tried(const std::vector<mail::HostTry>& tries, const std::vector<std::string>& mail_hosts,
             mail::WallTime now);
  /// The host that answered last of those took somebody, or refused all for now.
  void host_decided(const std::vector<mail::HostTry>& tries, bool took, mail::WallTime now);

  /// When one that was refused before may knock again.
  [[nodiscard]] mail::WallTime ready_at(const Visit& visit, mail::WallTime now);
  /// The site refuses this sender, or this domain, while it takes others: when may this message
  /// knock, and for which of them does it wait?
  [[nodiscard]] std::optional<Return> part_waits(const Visit& visit, mail::WallTime now) const;
  /// It did, and took one of them since.
  [[nodiscard]] bool is_freed(const Visit& visit, mail::WallTime now) const {
    return refused_parts_.freed(visit.sender, now) || refused_parts_.freed(visit.domain, now);
  }
  /// A session for this message is opened beside so many others.
  void opens(std::uint64_t message, int others) { unanswered_.goes(message, others); }
  /// This one knocks now.
  void goes(const Visit& visit, mail::WallTime now) {
    refused_parts_.asks(visit.sender, now);
    refused_parts_.asks(visit.domain, now);
  }
  /// Why one that waits here waits until `when`, as far as that is still known. `visit`: its last.
  [[nodiscard]] Reason reason_of(const Visit& visit, mail::WallTime when, mail::WallTime now) const;
  /// Was it the last one to be refused here, less than that ago?
  [[nodiscard]] bool just_refused(const Visit& visit, mail::WallTime now,
                                  mail::Duration ago) const {
    return last_refused_ == visit.pair && now < last_refused_at_ + ago;
  }
  /// Something changed so that what waits for its date may be earlier than it; asked once.
  [[nodiscard]] bool take_early();
  /// The host to ask instead of the first one, which does not answer or takes nobody; "": the first
  /// one. `attempts`: of the message, before this one.
  [[nodiscard]] std::string host_for(int attempts, mail::WallTime now);

  /// The operator wants to know.
  void ask_now(mail::WallTime now);
  /// What failed was not the site.
  void forgive() {
    outage_.ended();
    answered_ = false;
  }
  /// It has answered since it last failed to.
  [[nodiscard]] bool answered() const { return answered_; }
  void shift(mail::Duration step);
  /// What was learnt loses weight while nobody goes there: docs/scheduling.md has the ages.
  void grow_old(mail::WallTime now);
  void unlearn(const MemoryPolicy& policy);

  /// What is kept of it, its name and when it was touched apart; "" if it cannot be kept.
  [[nodiscard]] std::string lesson() const;
  /// Into one that knows nothing. False: it is no such text, and this site is of no use any more.
  [[nodiscard]] bool recall(std::string_view text, mail::WallTime now);

  [[nodiscard]] SiteView view(mail::WallTime now) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  /// Tells its pairs from those of other sites, also in another life of the daemon.
  [[nodiscard]] std::uint64_t salt() const { return salt_; }
  [[nodiscard]] const Outage& outage() const { return outage_; }
  [[nodiscard]] const Quota& quota() const { return quota_; }
  [[nodiscard]] const Greylist& greylist() const { return greylist_; }

  std::vector<std::string> destinations;  // that lead here, as far as we know
  std::string hosts;                      // joined; "" while not known
  Addresses addresses;                    // of the first of them
  int lanes = 0;                          // that point here: it must stay
  OverridePtr entry;                      // what the operator says of all of them
  mail::WallTime touched;

 private:
  void grow();
  [[nodiscard]] bool takes_strangers() const;
  void surprised(bool was_taken);
  void row_ended();
  [[nodiscard]] mail::WallTime in_time(const mail::Knocks& knocks, mail::WallTime when) const;
  void describe(LessonForm& form);
  void met_stranger(bool was_taken, const Visit& visit);
  void check_promise(const Visit& visit, bool was_taken);
  [[nodiscard]] std::optional<mail::Duration> believed(const Reading& reading) const;
  Return wait_for_consent(const Visit& visit, const Reading& reading, mail::WallTime now);
  mail::WallTime promised(const Visit& visit, mail::WallTime until, mail::WallTime now);
  [[nodiscard]] Reason reason_of_stranger(const Waiting& who, mail::WallTime when,
                                          mail::WallTime now) const;
  Return wait_for_door(const Visit& visit, const Reading& reading, mail::WallTime now);
  /// The refusals in a row are all of its sender, or its domain, while others are taken: of which?
  [[nodiscard]] std::optional<std::uint64_t> refused_part(const Visit& visit,
                                                          mail::WallTime now) const;
  /// The limit that it states is none of the site, which took far more: of whom is it?
  [[nodiscard]] std::optional<std::uint64_t> limited_part(const Visit& visit,
                                                          const Reading& reading,
                                                          mail::WallTime now) const;
  [[nodiscard]] std::optional<std::uint64_t> known_part(const Visit& visit) const;
  void opened_by(const Visit& visit, mail::WallTime now);
  [[nodiscard]] bool took_far_more(const Visit& visit, const Reading& reading) const;
  [[nodiscard]] bool lets_in(const Visit& visit) const;
  [[nodiscard]] int streak_beyond_chance(int streak) const;

  static constexpr std::size_t kMostHosts = 20;
  static constexpr mail::Duration kShortestBreather{50};

  std::string name_;
  std::uint64_t number_;
  std::uint64_t salt_;
  int size_;
  int longest_;
  int since_grown_ = 0;         // taken since the last room for one more
  std::optional<int> ceiling_;  // sessions at once; more were refused
  mail::WallTime raise_at_;
  mail::Duration raise_pause_{std::chrono::minutes{15}};
  mail::WallTime crowded_at_;  // too many, the last time,
  std::optional<int> ceiling_before_;
  bool served_since_ = false;  // somebody was, since the last was one too many
  Unanswered unanswered_;
  mail::Duration breather_{0};  // between our last session and the next
  mail::WallTime rests_until_;

  Outage outage_;
  PastOutages outages_;
  mail::WallTime last_answer_;        // not kept in lessons
  bool may_be_ban_ = false;           // it went down soon after that
  mail::Duration silence_helped_{0};  // so long a one ended its last outage; 0: none did
  Quota quota_;
  Greylist greylist_;

  double strangers_taken_ = 0;
  double strangers_refused_ = 0;
  double surprises_ = 0;         // share of those that were taken against all that is known
  int passes_ = 0;               // of ones that had been refused
  int senders_pass_ = 0;         // > 0: who passed once passes with other recipients; < 0: does not
  int all_pass_ = 0;             // > 0: after one everybody passes
  bool test_ = false;            // one that waits may be asked before its time
  std::uint64_t broke_off_ = 0;  // the message it last did so with; 0: it has taken one since
  bool answered_ = false;
  bool early_ = false;
  mail::WallTime waiting_until_;  // the latest date given out

  int unknown_in_a_row_ = 0;  // mailboxes, since anybody was taken,
  mail::WallTime unknown_since_;
  std::uint64_t last_unknown_ = 0;
  int refused_in_a_row_ = 0;  // since anybody was taken, of different pairs;
  int streak_ = 0;            // those of them that say something of the site
  double refused_share_ = 0;  // of the last that said something
  std::uint64_t last_refused_ = 0;
  mail::WallTime last_refused_at_;
  RefusalRow row_;  // of all those refusals
  LastTaken last_senders_;
  LastTaken last_domains_;
  RefusedParts refused_parts_;
  struct {
    std::uint64_t sender = 0;
    std::uint64_t domain = 0;
  } closed_for_;  // whose refusal closed the door

  struct Promise {
    std::uint64_t pair = 0;
    mail::WallTime until;
  };
  std::array<Promise, 8> promises_{};
  std::size_t next_promise_ = 0;
  std::uint64_t checking_ = 0;  // the pair that knocks early to check one
  mail::WallTime next_check_;
  bool stated_ = false;  // its replies state times
  double trust_ = 0.6;   // in them

  struct Host {
    std::string name;
    Outage outage;
    mail::WallTime answered;
    // Not kept in lessons: another life finds out again.
    int refusals = 0;     // in a row, since it took anybody
    Outage takes_nobody;  // while another host takes who comes

    [[nodiscard]] bool is_passed_by() const {
      return outage.under_way() || takes_nobody.under_way();
    }
  };
  std::vector<Host> known_hosts_;
};

}  // namespace tenax::scheduler
