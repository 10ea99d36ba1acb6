// SPDX-License-Identifier: Apache-2.0
#include "bounce/notice.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "mail/header.h"

#include "bounce/dsn.h"
#include "bounce/lines.h"
#include "bounce/person_text.h"
#include "bounce/report.h"
#include "bounce/status_fields.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kCutHeader = std::size_t{64} * 1024;  // see Order::header

std::string_view title_key(const Order& order) {
  switch (order.kind) {
    case NoticeKind::delayed: return order.held ? "title.held" : "title.delayed";
    case NoticeKind::failed: return order.double_bounce ? "title.orphan" : "title.failed";
    case NoticeKind::delivered: return all_delivered(order) ? "title.delivered" : "title.relayed";
    case NoticeKind::cleared: return "title.cleared";
  }
  std::abort();
}

std::string subject_line(const Order& order) {
  const std::string subject{phrases_of(order).of(title_key(order))};
  const std::string title = subject_of(order);
  return title.empty() ? subject : subject + ": " + title;
}

/// The original's Message-ID, if it can stand in a header of ours; "" else.
std::string original_id(const Order& order) {
  constexpr std::size_t kLongest = 250;
  const mail::Header header = mail::Header::parse(order.header);
  const mail::HeaderField* found = header.find("Message-ID");
  if (found == nullptr) return "";
  const std::string& id = found->value;
  const bool framed =
      id.size() > 3 && id.size() <= kLongest && id.front() == '<' && id.back() == '>';
  const auto fits = [](char c) { return c > ' ' && c <= '~' && c != '<' && c != '>'; };
  const bool clean = framed && std::all_of(id.begin() + 1, id.end() - 1, fits);
  return clean ? id : "";
}

enum class Enclosed { nothing, header, message };

/// RFC 3461 4.3: RET is about failures; with the others the header is enough.
Enclosed enclosed(const Order& order) {
  const bool whole = order.kind == NoticeKind::failed && order.body &&
                     order.envelope.ret != mail::Ret::headers && order.header.size() < kCutHeader &&
                     is_tidy(*order.body);
  if (whole) return Enclosed::message;
  return tidy_header(order.header).empty() ? Enclosed::nothing : Enclosed::header;
}

Part original_part(const Order& order, Enclosed what) {
  const bool global = international(order);
  if (what == Enclosed::header) {
    return {global ? "message/global-headers" : "text/rfc822-headers", "Header of the message",
            tidy_header(order.header)};
  }
  return {global ? "message/global" : "message/rfc822", "The message",
          tidy_header(order.header) + "\r\n" + *order.body};
}

/// Of the report of this order.
Frame frame_of(const Order& order) {
  return {.notice = order.notice,
          .told = *order.envelope.sender,
          .from_domain = order.from_domain,
          .subject = subject_line(order),
          .answers = original_id(order),
          .now = order.now,
          .boundary_token = order.boundary_token,
          .language = std::string{phrases_of(order).tag()},
          .html = order.html};
}

}  // namespace

Notice compose(const Order& order) {
  assert(order.envelope.sender);
  assert(!order.subjects.empty());

  const Enclosed what = enclosed(order);
  std::string_view encloses;
  if (what != Enclosed::nothing) encloses = what == Enclosed::message ? "message" : "header";

  std::vector<Part> parts;
  parts.push_back(fields_part(international(order), status_fields(order)));
  if (what != Enclosed::nothing) parts.push_back(original_part(order, what));
  return assemble(frame_of(order), person_page(order, encloses), std::move(parts));
}

}  // namespace tenax::bounce
