// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "bounce/notice.h"

namespace tenax::bounce {

std::string_view to_string(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::delayed: return "delayed";
    case NoticeKind::failed: return "failed";
    case NoticeKind::delivered: return "delivered";
    case NoticeKind::cleared: return "cleared";
  }
  std::abort();
}

bool eligible(NoticeKind kind, const mail::Envelope& envelope, mail::Origin origin,
              const mail::Notify& notify) {
  // RFC 5321 4.5.5: what comes from the null path is never answered; and whatever path a notice
  // was given, it stays one.
  if (!envelope.sender || origin == mail::Origin::notice) return false;
  switch (kind) {
    case NoticeKind::failed: return notify.wants_failure();
    case NoticeKind::delivered: return notify.wants_success();
    // Nobody reads at the other end, and a list server might take the delay for a failure. RFC 3461
    // 4.1 leaves delay notices to us even where they are asked for.
    case NoticeKind::cleared:
    case NoticeKind::delayed: return notify.wants_delay() && !envelope.automatic;
  }
  std::abort();
}

}  // namespace tenax::bounce
