// SPDX-License-Identifier: Apache-2.0
#include "bounce/status_fields.h"

#include <algorithm>

#include "bounce/cause.h"
#include "bounce/lines.h"

namespace tenax::bounce {

namespace {

/// Fields of this part, ASCII unless the part is an international one.
class Fields {
 public:
  explicit Fields(bool utf8) : utf8_{utf8} {}

  void add(std::string_view name, std::string_view value) {
    text_ += utf8_ ? field(name, value) : ascii_field(name, value);
  }
  void add_date(std::string_view name, mail::WallTime when) { add(name, mail::to_rfc5322(when)); }
  void end_block() { text_ += "\r\n"; }

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  bool utf8_;
  std::string text_;
};

/// Type and address, as Original-Recipient and Final-Recipient have them. The type is ours or a
/// submitter's: an atom, whatever was given.
std::string typed_address(std::string_view type, std::string_view address) {
  std::string atom;
  for (const char c : type) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.';
    if (fits) atom += c;
  }
  if (atom.empty()) atom = "unknown";
  return atom + "; " + std::string{address};
}

std::string final_recipient(const mail::Address& address) {
  return typed_address(address.is_ascii() ? "rfc822" : "utf-8", address.text());
}

/// RFC 3464 2.3.6: what the server said, or our own words under a type of our own.
std::string diagnostic(const mail::Verdict& verdict) {
  if (!verdict.reply) return "x-tenax; " + verdict.text;
  std::string words = "smtp; " + std::to_string(verdict.reply->code);
  for (const std::string& line : verdict.reply->lines) words += ' ' + mail::printable(line, 1000);
  return words;
}

std::string remote_mta(const mail::RemoteHost& host) {
  const bool named = !host.name.empty() && !is_ip(host.name);
  return "dns; " + (named ? host.name : "[" + (host.name.empty() ? host.address : host.name) + "]");
}

void add_recipient(Fields& fields, NoticeKind kind, const Subject& subject) {
  if (subject.original) {
    fields.add("Original-Recipient",
               typed_address(subject.original->type, subject.original->address));
  }
  fields.add("Final-Recipient", final_recipient(subject.address));
  fields.add("Action", action_of(kind, subject));
  fields.add("Status", status_of(kind, subject).text());
  if (subject.verdict) {
    const mail::Verdict& verdict = *subject.verdict;
    if (!verdict.host.name.empty() || !verdict.host.address.empty()) {
      fields.add("Remote-MTA", remote_mta(verdict.host));
    }
    if (verdict.reply || !verdict.text.empty()) {
      fields.add("Diagnostic-Code", diagnostic(verdict));
    }
  }
  if (subject.last_attempt) fields.add_date("Last-Attempt-Date", *subject.last_attempt);
  if (kind == NoticeKind::delayed && subject.retry_until) {
    fields.add_date("Will-Retry-Until", *subject.retry_until);
  }
  const bool arrived = kind == NoticeKind::delivered || kind == NoticeKind::cleared;
  if (!arrived) {
    // Of whom nobody answered, nothing is known but that time goes by.
    const Cause cause = subject.verdict ? cause_of(*subject.verdict) : Cause::expired;
    fields.add("X-Tenax-Cause", to_string(cause));
  }
}

}  // namespace

bool international(const Order& order) {
  const auto beyond_ascii = [](const Subject& one) { return !one.address.is_ascii(); };
  return order.envelope.smtputf8 || (order.envelope.sender && !order.envelope.sender->is_ascii()) ||
         std::ranges::any_of(order.subjects, beyond_ascii);
}

bool international(const Digest& digest) {
  const auto beyond_ascii = [](const Digest::Item& one) { return !one.subject.address.is_ascii(); };
  return !digest.told.is_ascii() || std::ranges::any_of(digest.failures, beyond_ascii) ||
         std::ranges::any_of(digest.delays, beyond_ascii);
}

std::string_view action_of(NoticeKind kind, const Subject& subject) {
  switch (kind) {
    case NoticeKind::delayed: return "delayed";
    case NoticeKind::failed: return "failed";
    case NoticeKind::delivered:
    case NoticeKind::cleared: break;
  }
  // RFC 3461 5.2.3: a server that knows no DSN took it, and nobody will tell more.
  const bool server = subject.verdict && (!subject.verdict->host.name.empty() ||
                                          !subject.verdict->host.address.empty());
  // Who asked for no news of an arrival hears none from the servers behind that one either.
  const bool tells = server && kind == NoticeKind::delivered && subject.verdict->notify_passed_on;
  return server && !tells ? "relayed" : "delivered";
}

bool all_delivered(const Order& order) {
  return std::ranges::all_of(order.subjects, [&order](const Subject& subject) {
    return action_of(order.kind, subject) == "delivered";
  });
}

mail::EnhancedStatus status_of(NoticeKind kind, const Subject& subject) {
  const mail::EnhancedStatus given =
      subject.verdict ? subject.verdict->status : mail::EnhancedStatus{};
  switch (kind) {
    case NoticeKind::delayed:
      if (given.klass == 5) return {4, given.subject, given.detail};  // yet it is tried again
      return given.klass == 4 ? given : mail::EnhancedStatus{4, 0, 0};
    case NoticeKind::failed:
      // 4.x.x stays: a temporary condition that lasted too long (RFC 3464 2.3.4).
      if (given.klass == 4 || given.klass == 5) return given;
      return subject.verdict ? mail::EnhancedStatus{5, 0, 0} : mail::EnhancedStatus{4, 4, 7};
    case NoticeKind::delivered:
    case NoticeKind::cleared: return given.klass == 2 ? given : mail::EnhancedStatus{2, 0, 0};
  }
  return {5, 0, 0};
}

std::string status_fields(const Order& order) {
  Fields fields{international(order)};
  if (!order.envelope.envid.empty()) fields.add("Original-Envelope-Id", order.envelope.envid);
  fields.add("Reporting-MTA", "dns; " + order.our_name);
  fields.add_date("Arrival-Date", order.accepted);
  fields.add("X-Tenax-Queue-Id", order.message.text());
  for (const Subject& subject : order.subjects) {
    fields.end_block();
    add_recipient(fields, order.kind, subject);
  }
  return std::move(fields).take();
}

std::string status_fields(const Digest& digest) {
  Fields fields{international(digest)};
  fields.add("Reporting-MTA", "dns; " + digest.our_name);
  // What the block of the message says elsewhere: here each recipient has its own.
  const auto add = [&fields](NoticeKind kind, const Digest::Item& item) {
    fields.end_block();
    add_recipient(fields, kind, item.subject);
    fields.add("X-Tenax-Queue-Id", item.message.text());
    fields.add_date("X-Tenax-Arrival-Date", item.accepted);
    if (!item.envid.empty()) fields.add("X-Tenax-Original-Envelope-Id", item.envid);
  };
  for (const Digest::Item& failure : digest.failures) add(NoticeKind::failed, failure);
  for (const Digest::Item& delay : digest.delays) add(NoticeKind::delayed, delay);
  return std::move(fields).take();
}

}  // namespace tenax::bounce
