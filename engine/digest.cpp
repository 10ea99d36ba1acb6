// SPDX-License-Identifier: Apache-2.0
#include "engine/digest.h"

#include <utility>

namespace tenax::engine {

std::optional<queue::NoticeCap> cap_of(const bounce::Order& order, int per_hour) {
  // A postmaster who is told of notices that came back is nobody's storm of letters.
  const bool of_delay = order.kind == bounce::NoticeKind::delayed;
  const bool counted = of_delay || order.kind == bounce::NoticeKind::failed;
  const bool capped = per_hour > 0 && counted && !order.double_bounce;
  if (!capped) return std::nullopt;
  queue::NoticeCap cap{.per_hour = per_hour,
                       .of_delay = of_delay,
                       .now = order.now,
                       .sender = order.envelope.sender->text(),
                       .failures = {}};
  for (const bounce::Subject& subject : order.subjects) {
    cap.failures.push_back(
        {subject.id, std::string{bounce::to_string(subject.ended)}, subject.given});
  }
  return cap;
}

namespace {

// As many as the words name; of the others the fields tell only when they are given up.
constexpr std::size_t kDelaysRehearsed = 100;

/// As its own notice would have told it.
void add_delay(const queue::DigestDue::Delay& delay, const Terms& terms, mail::WallTime now,
               const Rehearse& rehearse, bounce::Digest& digest) {
  using Of = bounce::Digest::Item::Of;
  Draft draft = settle_delays(delay.of, terms, now,
                              digest.delays.size() < kDelaysRehearsed ? rehearse : Rehearse{});
  for (bounce::Order& order : draft.orders) {
    for (bounce::Subject& subject : order.subjects) {
      subject.last_attempt = delay.last_attempt;
      const Of of = order.paused ? Of::pause : order.held ? Of::hold : Of::delay;
      digest.delays.push_back({.of = of,
                               .message = delay.of.message,
                               .accepted = delay.of.accepted,
                               .title = delay.subject,
                               .envid = delay.of.envelope.envid,
                               .subject = std::move(subject)});
    }
  }
}

}  // namespace

bounce::Digest digest_of(const queue::DigestDue& due, const Terms& terms, mail::WallTime now,
                         const Rehearse& rehearse) {
  bounce::Digest digest{.notice = {},
                        .told = due.sender,
                        .failures = {},
                        .delays = {},
                        .unread = due.unread.size(),
                        .our_name = terms.our_name,
                        .from_domain = terms.our_domain,
                        .postmaster = terms.postmaster,
                        .now = now,
                        .boundary_token = {}};
  if (terms.wording != nullptr) {
    // Of several messages, none says in which language.
    digest.phrases = terms.wording->phrases_for(due.sender, "");
    digest.html = terms.wording->html();
  }
  for (const queue::DigestDue::Failure& failure : due.failures) {
    digest.failures.push_back({.of = bounce::Digest::Item::Of::failure,
                               .message = failure.message,
                               .accepted = failure.accepted,
                               .title = failure.subject,
                               .envid = failure.envid,
                               .subject = {.id = failure.why.recipient,
                                           .address = failure.address,
                                           .original = failure.original,
                                           .verdict = failure.verdict,
                                           .attempts = failure.attempts,
                                           .last_attempt = failure.last_attempt,
                                           .next_attempt = {},
                                           .retry_until = {},
                                           .ended = bounce::parse_ended(failure.why.ended),
                                           .given = failure.why.given}});
  }
  for (const queue::DigestDue::Delay& delay : due.delays) {
    add_delay(delay, terms, now, rehearse, digest);
  }
  return digest;
}

std::vector<queue::ToldOwed::About> about(const queue::DigestDue& due) {
  std::vector<queue::ToldOwed::About> about;
  for (const queue::DigestDue::Failure& failure : due.failures) {
    about.push_back({failure.message, failure.why.recipient});
  }
  for (const queue::DigestDue::Delay& delay : due.delays) {
    about.push_back({delay.of.message, delay.of.recipients.at(0).id, true});
  }
  return about;
}

}  // namespace tenax::engine
