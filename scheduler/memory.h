// SPDX-License-Identifier: Apache-2.0
#pragma once
// What receivers have taught us, and what follows for each recipient: when to come back, whether it
// may go now, and to which host.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mail/delivery_report.h"
#include "mail/delivery_request.h"
#include "mail/lesson.h"
#include "mail/time.h"

#include "scheduler/acquaintances.h"
#include "scheduler/advice.h"
#include "scheduler/mailboxes.h"
#include "scheduler/our_network.h"
#include "scheduler/shaping.h"
#include "scheduler/site.h"
#include "scheduler/unwritten.h"
#include "scheduler/waiting_pairs.h"

namespace tenax::scheduler {

/// A recipient that has to wait longer than it was told.
struct NotYet {
  mail::DueRecipient recipient;
  mail::WallTime next_attempt;
};

/// Where what it does is written: memory_sites.cpp which destination leads where,
/// memory_reports.cpp what a report teaches, memory.cpp who may go, memory_view.cpp and
/// site_view.cpp what is known, memory_lessons.cpp what is kept on disk. Concurrency: value.
class Memory {
 public:
  /// `shaping`: what the operator says of destinations; outlives it. nullptr: nothing.
  explicit Memory(MemoryPolicy policy, const Shaping* shaping = nullptr);

  /// The site a destination leads to, as far as we know; its own until a report told.
  Site& site_of(const mail::Destination& destination, mail::WallTime now);
  /// No lane points to it any more.
  void left(Site& site);
  [[nodiscard]] Site* find(const mail::Destination& destination) const;

  /// Learns from a report, and says for each deferred recipient what becomes of it. `others`:
  /// sessions of ours still open at its site. May lead the destination to another site.
  std::vector<Advice> learn(const mail::DeliveryRequest& request,
                            const mail::DeliveryReport& report, int others, mail::WallTime now);

  /// Takes out of a request whose turn has come the recipients that should wait longer after all.
  std::vector<NotYet> sort_out(mail::DeliveryRequest& request, mail::WallTime now);
  /// It goes, beside so many others at its site: says which host to ask.
  void goes(mail::DeliveryRequest& request, mail::WallTime now, int others = 0);

  /// A copy of what bears on a request with one recipient, with our own network well: what happens
  /// to the copy changes nothing here.
  [[nodiscard]] Memory known_of(const mail::DeliveryRequest& request) const;
  /// Why such a request waits for its date, as far as that is still known; `last`: what its last
  /// attempt came to.
  [[nodiscard]] Reason reason_of(const mail::DeliveryRequest& request,
                                 const std::optional<mail::Verdict>& last,
                                 mail::WallTime now) const;

  /// Our own network: may something be tried, with so many deliveries under way?
  [[nodiscard]] bool may_try(mail::WallTime now, std::size_t in_flight) const {
    return !network_.down() || (in_flight == 0 && now >= network_.next_probe());
  }
  [[nodiscard]] const OurNetwork& network() const { return network_; }

  /// Destinations whose waiting recipients may be let go before their dates; each is said once.
  [[nodiscard]] std::vector<std::string> take_early();
  /// They are to be said, as far as there is room.
  void call_early(const std::vector<std::string>& destinations);
  [[nodiscard]] bool has_early() const { return !early_.empty(); }

  /// What has changed and is due to be written down, or all of that; at most `most`. A lesson
  /// without a text is to be forgotten. Each is given once: if it gets lost, until its next change.
  [[nodiscard]] std::vector<mail::Lesson> take_lessons(mail::WallTime now, std::size_t most,
                                                       bool all = false);
  /// When that gives something by itself.
  [[nodiscard]] std::optional<mail::WallTime> next_lesson() const { return unwritten_.next(); }
  /// Back into a memory that is new.
  Restored restore(std::vector<mail::Lesson> lessons, mail::WallTime now);
  /// The operator knows better: forgets what the site of this destination taught. False: nothing
  /// was known.
  bool unlearn(const mail::Destination& destination, mail::WallTime now);

  /// Also where the shaping has changed: a destination of which the operator now says something
  /// else than of its site's others leaves it.
  void adopt(MemoryPolicy policy);
  /// What is known of the site of this destination; nullopt: nothing.
  [[nodiscard]] std::optional<SiteView> view(const mail::Destination& destination,
                                             mail::WallTime now) const;
  /// When the message of this request is given up.
  [[nodiscard]] mail::WallTime end_of(const mail::DeliveryRequest& request) const {
    return request.accepted + lifetime_of(request);
  }

  void shift(mail::Duration step);
  [[nodiscard]] std::size_t size() const { return sites_.size(); }

 private:
  static constexpr std::size_t kMostNames = 10'000;
  using Sites = std::map<std::uint64_t, std::unique_ptr<Site>>;

  Site& new_site(const std::string& name, OverridePtr entry, mail::WallTime now);
  [[nodiscard]] OverridePtr entry_of(const mail::Destination& destination) const {
    return shaping_ != nullptr ? shaping_->of(destination) : nullptr;
  }
  [[nodiscard]] mail::Duration lifetime_of(const mail::DeliveryRequest& request) const;
  [[nodiscard]] std::string free_name(const std::string& destination);
  Site& led_by(const mail::DeliveryReport& report, mail::WallTime now);
  Site& newly_led(const mail::DeliveryReport& report, const std::string& hosts, Site& before,
                  mail::WallTime now);
  Site& led_by_address(const mail::DeliveryReport& report, const std::string& hosts, Site& before,
                       mail::WallTime now);
  Site& split_off(const mail::Destination& destination, const std::string& hosts,
                  mail::WallTime now);
  Site& come(Site& to, mail::WallTime now);
  /// The site that answers there and of which the operator says the same; nullptr: none.
  [[nodiscard]] Site* at_address(std::uint64_t address, const OverridePtr& entry,
                                 mail::WallTime now) const;
  void answers_at(Site& site, std::uint64_t address, mail::WallTime now);
  void leave_addresses(Site& site);
  void lead(const std::string& destination, Site& to);
  void forget(Site& site);
  void trim(mail::WallTime now);
  static std::uint64_t known_sender(const mail::DeliveryRequest& request, const Site& site);
  [[nodiscard]] Visit visit_of(const mail::DeliveryRequest& request,
                               const mail::DueRecipient& recipient, const Site& site,
                               mail::WallTime when) const;
  void note_taken(const mail::DeliveryRequest& request, const mail::DueRecipient& recipient,
                  Site& site, const Visit& visit, int others, mail::WallTime now);
  Return after_refusal(const mail::DeliveryRequest& request, const mail::DueRecipient& recipient,
                       const mail::Verdict& verdict, const mail::DeliveryReport& report, Site& site,
                       int others, mail::WallTime now);
  std::vector<Advice> learn_of_silence(const mail::DeliveryRequest& request,
                                       const mail::DeliveryReport& report, Site& site, int others,
                                       mail::WallTime now);
  [[nodiscard]] std::optional<mail::WallTime> within_life(const mail::DeliveryRequest& request,
                                                          mail::WallTime when,
                                                          mail::WallTime now) const;
  [[nodiscard]] Advice advise(const mail::DeliveryRequest& request,
                              const mail::DueRecipient& recipient, const Return& back,
                              mail::WallTime now) const;
  [[nodiscard]] std::optional<mail::WallTime> waits_until(const mail::DeliveryRequest& request,
                                                          const mail::DueRecipient& recipient,
                                                          mail::WallTime now);

  // `matters`: it changes when somebody goes there next.
  void site_changed(const Site& site, bool matters, mail::WallTime now);
  void name_changed(const std::string& destination, mail::WallTime now);
  void met(std::uint64_t one, mail::WallTime now);
  [[nodiscard]] mail::Lesson lesson_of(const std::string& key, mail::WallTime now) const;
  enum class Recalled { taken, not_needed, refused };
  [[nodiscard]] Recalled recall(const mail::Lesson& lesson, mail::WallTime learnt,
                                mail::WallTime now);
  [[nodiscard]] Recalled recall_site(const std::string& name, const std::string& text,
                                     mail::WallTime learnt, mail::WallTime now);

  MemoryPolicy policy_;
  const Shaping* shaping_;
  Sites sites_;
  struct Way {
    Site* site = nullptr;
    std::uint64_t hosts = 0;  // its mail hosts, hashed; 0: not told in this life
  };
  std::unordered_map<std::string, Way> by_destination_;
  std::unordered_map<std::string, Site*> by_hosts_;
  std::unordered_map<std::uint64_t, Site*> by_address_;
  std::unordered_map<std::string, Site*> by_name_;
  std::unordered_map<std::string, Outage> names_;  // that do not resolve
  Mailboxes mailboxes_;
  WaitingPairs waiting_;
  Acquaintances known_;
  OurNetwork network_;
  std::vector<std::string> early_;
  Unwritten unwritten_;
  std::uint64_t serials_ = 0;
};

}  // namespace tenax::scheduler
