// SPDX-License-Identifier: Apache-2.0
#include "engine/intake.h"

#include <sysexits.h>

#include <algorithm>

#include "mail/ascii.h"
#include "mail/header.h"
#include "mail/reply.h"

namespace tenax::engine {

namespace {

constexpr std::int64_t kMaxLine = 998;  // RFC 5322 2.1.1, without the CRLF
constexpr int kMaxHops = 100;           // RFC 5321 6.3

/// For a comment (RFC 5322 3.2.2): nothing that closes it, opens one, or escapes.
std::string for_comment(std::string_view text) {
  std::string safe = mail::printable(text, 64);
  std::ranges::replace_if(
      safe, [](char c) { return c == '(' || c == ')' || c == '\\' || (c & 0x80) != 0; }, '?');
  return safe;
}

/// What stands in front of the next CR, LF or NUL, or as much of it as a line could hold.
std::string_view plain_start(std::string_view bytes) {
  std::string_view text = bytes.substr(0, static_cast<std::size_t>(kMaxLine) + 1);
  for (const char special : {'\r', '\n', '\0'}) text = text.substr(0, text.find(special));
  return text;
}

bool names_received(std::string_view line) {
  constexpr std::string_view kName = "received:";
  return line.size() >= kName.size() &&
         mail::equal_in_any_case(line.substr(0, kName.size()), kName);
}

}  // namespace

std::string received_field(std::string_view our_name, const mail::Submitter& from,
                           std::string_view user, mail::QueueId id, mail::WallTime accepted) {
  std::string who;
  if (from.uid >= 0) {
    who = user.empty() ? " from" : " from " + for_comment(user) + ",";
    who += " uid " + std::to_string(from.uid);
  }
  std::string field = "Received: by " + for_comment(our_name) + " (Tenax" +
                      (who.empty() ? "" : "," + who) + ")\r\n";
  field += "\tid " + id.text() + "; " + mail::to_rfc5322(accepted) + "\r\n";
  return field;
}

bool CanonicalCheck::refuse(std::string_view why) {
  why_ = "line " + std::to_string(number_) + ": " + std::string{why};
  return false;
}

bool CanonicalCheck::feed(std::string_view bytes) {
  if (!why_.empty()) return false;
  facts_.size += static_cast<std::int64_t>(bytes.size());
  while (!bytes.empty()) {
    if (carriage_return_) {
      if (bytes.front() != '\n') return refuse("CR without LF");
      carriage_return_ = false;
      bytes.remove_prefix(1);
      if (!end_line()) return false;
      continue;
    }
    const std::string_view plain = plain_start(bytes);
    if (!plain.empty()) {
      if (!take_plain(plain)) return false;
      bytes.remove_prefix(plain.size());
      continue;
    }
    if (bytes.front() == '\n') return refuse("LF without CR");
    if (bytes.front() == '\0') return refuse("NUL");
    carriage_return_ = true;
    bytes.remove_prefix(1);
  }
  return true;
}

bool CanonicalCheck::take_plain(std::string_view text) {
  line_ += static_cast<std::int64_t>(text.size());
  if (line_ > kMaxLine) return refuse("longer than 998 octets");
  const bool watched = facts_.body == mail::BodyType::seven_bit || in_header_;
  if (watched && !mail::is_ascii(text)) {
    facts_.body = mail::BodyType::eight_bit;
    if (in_header_) facts_.header_8bit = true;
  }
  if (in_header_) header_line_.append(text);
  return true;
}

bool CanonicalCheck::end_line() {
  if (in_header_ && !end_header_line()) return false;
  line_ = 0;
  ++number_;
  return true;
}

bool CanonicalCheck::end_header_line() {
  if (line_ == 0) {
    in_header_ = false;
    return any_field_ || refuse("no header section");
  }
  const bool continues = header_line_.front() == ' ' || header_line_.front() == '\t';
  if (continues ? !any_field_ : !mail::starts_field(header_line_)) return refuse("no header field");
  if (names_received(header_line_)) ++facts_.received_fields;
  any_field_ = true;
  header_line_.clear();
  return true;
}

bool CanonicalCheck::finish() {
  if (!why_.empty()) return false;
  if (carriage_return_ || line_ != 0) return refuse("the last line is not ended");
  if (!any_field_) return refuse("no header section");
  if (facts_.received_fields > kMaxHops) return refuse("it has travelled in a circle");
  return true;
}

SubmissionReader::Step SubmissionReader::refuse(int exit_code, std::string text) {
  place_ = Place::refused;
  answer_.exit_code = exit_code;
  answer_.text = mail::printable(text, 1000);
  return Step::refused;
}

SubmissionReader::Step SubmissionReader::next() {
  if (place_ == Place::refused) return Step::refused;
  mail::Parsed<std::optional<Frame>> frame = frames_.next();
  if (!frame) return refuse(EX_PROTOCOL, "5.5.2 " + frame.error().why);
  if (!*frame) return place_ == Place::complete ? Step::complete : Step::wants_more;
  return take(std::move(**frame));
}

SubmissionReader::Step SubmissionReader::take(Frame frame) {
  switch (place_) {
    case Place::hello:
      if (frame.type != FrameType::hello || frame.payload != kHello) {
        return refuse(EX_PROTOCOL, "5.5.2 not \"" + std::string{kHello} + "\"");
      }
      place_ = Place::envelope;
      return next();
    case Place::envelope: {
      if (frame.type != FrameType::envelope) return refuse(EX_PROTOCOL, "5.5.1 envelope first");
      mail::Parsed<SubmissionEnvelope> envelope = decode_envelope(frame.payload);
      if (!envelope) return refuse(EX_DATAERR, "5.5.4 " + envelope.error().why);
      envelope_ = std::move(*envelope);
      envelope_octets_ = frame.payload.size();
      if (max_size_ > 0 && envelope_.envelope.size > max_size_) {
        return refuse(EX_DATAERR, "5.3.4 the message is larger than the limit of " +
                                      std::to_string(max_size_) + " octets");
      }
      place_ = Place::contents;
      return Step::envelope;
    }
    case Place::contents:
      if (frame.type == FrameType::data) return take_contents(std::move(frame));
      if (frame.type == FrameType::end) return take_end(frame);
      return refuse(EX_PROTOCOL, "5.5.1 contents or their end must follow the envelope");
    case Place::complete: return refuse(EX_PROTOCOL, "5.5.1 nothing may follow the end");
    case Place::refused: break;
  }
  return Step::refused;
}

SubmissionReader::Step SubmissionReader::take_contents(Frame frame) {
  if (!check_.feed(frame.payload)) return refuse(EX_DATAERR, "5.6.0 contents: " + check_.why());
  if (max_size_ > 0 && check_.facts().size > max_size_) {
    return refuse(EX_DATAERR, "5.3.4 the message is larger than the limit of " +
                                  std::to_string(max_size_) + " octets");
  }
  contents_ = std::move(frame.payload);
  return Step::contents;
}

SubmissionReader::Step SubmissionReader::take_end(const Frame& frame) {
  if (frame.payload != std::to_string(check_.facts().size)) {
    return refuse(EX_PROTOCOL, "5.5.2 the count of octets does not fit");
  }
  if (!frames_.empty()) return refuse(EX_PROTOCOL, "5.5.1 nothing may follow the end");
  if (!check_.finish()) return refuse(EX_DATAERR, "5.6.0 contents: " + check_.why());
  contents_.clear();
  envelope_.envelope.size = check_.facts().size;
  envelope_.envelope.body = check_.facts().body;
  place_ = Place::complete;
  return Step::complete;
}

}  // namespace tenax::engine
