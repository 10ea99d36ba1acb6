// SPDX-License-Identifier: Apache-2.0
#include "engine/notice_order.h"

#include <cassert>
#include <utility>

namespace tenax::engine {

bounce::Order notice_order(bounce::NoticeKind kind, mail::QueueId message,
                           const mail::Envelope& envelope, mail::WallTime accepted,
                           const Terms& terms, mail::WallTime now) {
  return bounce::Order{.kind = kind,
                       .notice = {},
                       .message = message,
                       .envelope = envelope,
                       .accepted = accepted,
                       .subjects = {},
                       .our_name = terms.our_name,
                       .from_domain = terms.our_domain,
                       .postmaster = terms.postmaster,
                       .double_bounce = false,
                       .header = {},
                       .body = {},
                       .coming_attempts = {},
                       .now = now,
                       .boundary_token = {}};
}

queue::NewNotice complete(bounce::Order order, mail::QueueId id, Original original,
                          std::string boundary_token, const Wording* wording) {
  assert(order.envelope.sender);
  if (wording != nullptr) {
    order.phrases = wording->phrases_for(*order.envelope.sender, original.header);
    order.html = wording->html();
  }
  order.notice = id;
  order.header = std::move(original.header);
  order.body = std::move(original.body);
  order.boundary_token = std::move(boundary_token);
  bounce::Notice notice = bounce::compose(order);
  return {std::move(notice.message), std::move(notice.contents)};
}

}  // namespace tenax::engine
