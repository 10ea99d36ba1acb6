// SPDX-License-Identifier: Apache-2.0
#include "engine/digest.h"

#include <utility>

namespace tenax::engine {

std::optional<queue::NoticeCap> cap_of(const bounce::Order& order, int per_hour) {
  // A postmaster who is told of notices that came back is nobody's storm of letters.
  const bool capped =
      per_hour > 0 && order.kind == bounce::NoticeKind::failed && !order.double_bounce;
  if (!capped) return std::nullopt;
  queue::NoticeCap cap{.per_hour = per_hour,
                       .now = order.now,
                       .sender = order.envelope.sender->text(),
                       .failures = {}};
  for (const bounce::Subject& subject : order.subjects) {
    cap.failures.push_back(
        {subject.id, std::string{bounce::to_string(subject.ended)}, subject.given});
  }
  return cap;
}

bounce::Digest digest_of(const queue::DigestDue& due, const Terms& terms, mail::WallTime now) {
  bounce::Digest digest{.notice = {},
                        .told = due.sender,
                        .failures = {},
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
    digest.failures.push_back({.message = failure.message,
                               .accepted = failure.accepted,
                               .title = failure.subject,
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
  return digest;
}

std::vector<queue::ToldOwed::About> about(const queue::DigestDue& due) {
  std::vector<queue::ToldOwed::About> about;
  for (const queue::DigestDue::Failure& failure : due.failures) {
    about.push_back({failure.message, failure.why.recipient});
  }
  return about;
}

}  // namespace tenax::engine
