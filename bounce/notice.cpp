// SPDX-License-Identifier: Apache-2.0
#include "bounce/notice.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "mail/header.h"

#include "bounce/dsn.h"
#include "bounce/lines.h"
#include "bounce/person_text.h"
#include "bounce/status_fields.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kCutHeader = std::size_t{64} * 1024;  // see Order::header

std::string_view title_key(const Order& order) {
  switch (order.kind) {
    case NoticeKind::delayed: return "title.delayed";
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

Part text_part(std::string_view type, std::string text) {
  const std::string charset = is_ascii(text) ? "us-ascii" : "utf-8";
  return {std::string{type} + "; charset=" + charset, "", std::move(text)};
}

/// What a person reads: as text, and the same as HTML where that is wanted.
Part words_part(const Order& order, std::string_view encloses) {
  constexpr std::string_view kDescription = "What happened";
  const Page page = person_page(order, encloses);
  Part text = text_part("text/plain", as_text(page));
  std::string language{phrases_of(order).tag()};
  if (!order.html) {
    text.description = kDescription;
    text.language = std::move(language);
    return text;
  }
  Part html = text_part("text/html", as_html(page, subject_line(order), language));
  const std::vector<Part> both = {std::move(text), std::move(html)};
  // A token of its own: no boundary of the outer parts begins like this one.
  const std::string boundary = boundary_for(both, order.boundary_token.substr(0, 30) + "words");
  return {"multipart/alternative; boundary=\"" + boundary + "\"", std::string{kDescription},
          join(both, boundary), std::move(language)};
}

std::vector<Part> parts_of(const Order& order) {
  const Enclosed what = enclosed(order);
  std::string_view encloses;
  if (what != Enclosed::nothing) encloses = what == Enclosed::message ? "message" : "header";

  std::vector<Part> parts;
  parts.push_back(words_part(order, encloses));
  parts.push_back(
      {international(order) ? "message/global-delivery-status" : "message/delivery-status",
       "Report for programs", status_fields(order)});
  if (what != Enclosed::nothing) parts.push_back(original_part(order, what));
  return parts;
}

std::string header_of(const Order& order, std::string_view message_id, std::string_view boundary,
                      bool eight_bit) {
  const std::string original = original_id(order);
  std::string header;
  header += field("Date", mail::to_rfc5322(order.now));
  header += field("From", "Mail Delivery System <MAILER-DAEMON@" + order.from_domain.text() + ">");
  header += field("To", "<" + order.envelope.sender->text() + ">");
  header += field("Subject", mail::encoded_word(subject_line(order)));
  header += field("Message-ID", message_id);
  if (!original.empty()) {
    header += field("In-Reply-To", original);
    header += field("References", original);
  }
  // RFC 3834 5.1: programs are not to answer. No Precedence: it was never standard, and the null
  // path and this field say the same.
  header += field("Auto-Submitted", "auto-replied");
  header += field("MIME-Version", "1.0");
  header += "Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"" +
            std::string{boundary} + "\"\r\n";
  if (eight_bit) header += "Content-Transfer-Encoding: 8bit\r\n";
  return header;
}

mail::NewMessage envelope_of(const Order& order, const std::string& message_id, bool eight_bit,
                             std::size_t size) {
  const bool utf8 = !order.envelope.sender->is_ascii() || !order.from_domain.is_ascii();
  return {.id = order.notice,
          .submission = std::nullopt,
          .envelope = {.sender = std::nullopt,
                       .ret = mail::Ret::unspecified,  // RFC 3461 7.1
                       .envid = {},
                       .body = eight_bit || utf8 ? mail::BodyType::eight_bit
                                                 : mail::BodyType::seven_bit,
                       .smtputf8 = utf8,
                       .automatic = true,
                       .size = static_cast<std::int64_t>(size)},
          .recipients = {{.address = *order.envelope.sender,
                          .notify = {.never = true},
                          .original = std::nullopt}},
          .origin = mail::Origin::notice,
          .submitter = {.uid = -1, .pid = -1, .door = "notice"},
          .accepted = order.now,
          .message_id = message_id,
          .subject = mail::printable(subject_line(order), 200)};
}

}  // namespace

Notice compose(const Order& order) {
  assert(order.envelope.sender);
  assert(!order.subjects.empty());

  const std::vector<Part> parts = parts_of(order);
  const std::string boundary = boundary_for(parts, order.boundary_token);
  const bool eight_bit = std::ranges::any_of(parts, &Part::eight_bit);
  const std::string message_id =
      "<" + order.notice.text() + ".notice@" + order.from_domain.text() + ">";

  std::string contents = header_of(order, message_id, boundary, eight_bit);
  contents += "\r\nThis is a report on the delivery of a message, in MIME format.\r\n\r\n";
  contents += join(parts, boundary);
  mail::NewMessage message = envelope_of(order, message_id, eight_bit, contents.size());
  return {std::move(message), std::move(contents)};
}

}  // namespace tenax::bounce
