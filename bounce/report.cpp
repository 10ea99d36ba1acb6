// SPDX-License-Identifier: Apache-2.0
#include "bounce/report.h"

#include <algorithm>
#include <utility>

#include "mail/header.h"

#include "bounce/lines.h"

namespace tenax::bounce {

namespace {

Part text_part(std::string_view type, std::string text) {
  const std::string charset = is_ascii(text) ? "us-ascii" : "utf-8";
  return {std::string{type} + "; charset=" + charset, "", std::move(text)};
}

/// What a person reads: as text, and the same as HTML where that is wanted.
Part words_part(const Frame& frame, const Page& page) {
  constexpr std::string_view kDescription = "What happened";
  Part text = text_part("text/plain", as_text(page));
  if (!frame.html) {
    text.description = kDescription;
    text.language = frame.language;
    return text;
  }
  Part html = text_part("text/html", as_html(page, frame.subject, frame.language));
  const std::vector<Part> both = {std::move(text), std::move(html)};
  // A token of its own: no boundary of the outer parts begins like this one.
  const std::string boundary = boundary_for(both, frame.boundary_token.substr(0, 30) + "words");
  return {"multipart/alternative; boundary=\"" + boundary + "\"", std::string{kDescription},
          join(both, boundary), frame.language};
}

/// `automatic`: RFC 3834 5.1, programs are not to answer. No Precedence: it was never standard, and
/// the null path and this field say the same.
std::string header_of(const Frame& frame, std::string_view message_id, std::string_view automatic,
                      const std::string& content_type, bool eight_bit) {
  std::string header;
  header += field("Date", mail::to_rfc5322(frame.now));
  header += field("From", "Mail Delivery System <MAILER-DAEMON@" + frame.from_domain.text() + ">");
  header += field("To", "<" + frame.told.text() + ">");
  // A line that holds an encoded word has at most 76 columns (RFC 2047 2).
  constexpr std::size_t kBesideSubject = 76 - std::string_view{"Subject: "}.size();
  std::string subject = mail::encoded_word(frame.subject);
  if (subject != frame.subject) subject = mail::encoded_words(frame.subject, kBesideSubject);
  header += field("Subject", subject);
  header += field("Message-ID", message_id);
  if (!frame.answers.empty()) {
    header += field("In-Reply-To", frame.answers);
    header += field("References", frame.answers);
  }
  header += field("Auto-Submitted", automatic);
  header += field("MIME-Version", "1.0");
  header += "Content-Type: " + content_type + "\r\n";
  if (eight_bit) header += "Content-Transfer-Encoding: 8bit\r\n";
  return header;
}

std::string message_id_of(const Frame& frame) {
  return "<" + frame.notice.text() + ".notice@" + frame.from_domain.text() + ">";
}

mail::NewMessage envelope_of(const Frame& frame, const std::string& message_id, bool eight_bit,
                             std::size_t size) {
  const bool utf8 = !frame.told.is_ascii() || !frame.from_domain.is_ascii();
  return {
      .id = frame.notice,
      .submission = std::nullopt,
      .envelope = {.sender = std::nullopt,
                   .ret = mail::Ret::unspecified,  // RFC 3461 7.1
                   .envid = {},
                   .body =
                       eight_bit || utf8 ? mail::BodyType::eight_bit : mail::BodyType::seven_bit,
                   .smtputf8 = utf8,
                   .automatic = true,
                   .size = static_cast<std::int64_t>(size)},
      .recipients = {{.address = frame.told, .notify = {.never = true}, .original = std::nullopt}},
      .origin = mail::Origin::notice,
      .submitter = {.uid = -1, .pid = -1, .door = "notice"},
      .accepted = frame.now,
      .message_id = message_id,
      .subject = mail::printable(frame.subject, 200)};
}

}  // namespace

Part fields_part(bool international, std::string fields) {
  return {international ? "message/global-delivery-status" : "message/delivery-status",
          "Report for programs", std::move(fields)};
}

Notice assemble(const Frame& frame, const Page& words, std::vector<Part> parts) {
  parts.insert(parts.begin(), words_part(frame, words));
  const std::string boundary = boundary_for(parts, frame.boundary_token);
  const bool eight_bit = std::ranges::any_of(parts, &Part::eight_bit);
  const std::string message_id = message_id_of(frame);

  std::string contents =
      header_of(frame, message_id, "auto-replied",
                "multipart/report; report-type=delivery-status;\r\n boundary=\"" + boundary + "\"",
                eight_bit);
  contents += "\r\nThis is a report on the delivery of a message, in MIME format.\r\n\r\n";
  contents += join(parts, boundary);
  mail::NewMessage message = envelope_of(frame, message_id, eight_bit, contents.size());
  return {std::move(message), std::move(contents)};
}

Notice letter(const Frame& frame, const Page& words) {
  const Part part = words_part(frame, words);
  const std::string message_id = message_id_of(frame);
  std::string contents =
      header_of(frame, message_id, "auto-generated", part.type, part.eight_bit());
  contents += "Content-Language: " + frame.language + "\r\n\r\n" + part.content;
  mail::NewMessage message = envelope_of(frame, message_id, part.eight_bit(), contents.size());
  return {std::move(message), std::move(contents)};
}

}  // namespace tenax::bounce
