// SPDX-License-Identifier: Apache-2.0
#include "queue/submission_header.h"

#include <algorithm>
#include <set>

#include "mail/ascii.h"
#include "mail/encoded_word.h"
#include "mail/grammar.h"
#include "mail/printable.h"
#include "mail/utf8.h"

#include "queue/field_text.h"

namespace tenax::queue {

namespace {

using mail::HeaderField;

constexpr int kMaxHops = 100;  // RFC 5321 6.3: at least 100
constexpr std::size_t kMaxMessageId = 900;
constexpr std::size_t kMostAdded = 1024 * 1024;  // octets, by domains that complete addresses

bool one_of(const HeaderField& field, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return field.is(name); });
}

bool is_resent(const HeaderField& field) {
  return field.name.size() > 7 && mail::equal_in_any_case(field.name.substr(0, 7), "Resent-");
}

/// Bcc names those the others must not see. Return-Path is the receiver's to write (RFC 5321 4.4),
/// Content-Length counted the message in somebody's mailbox.
bool is_taken_out(const HeaderField& field) {
  if (one_of(field, {"Bcc", "Resent-Bcc", "Return-Path", "Content-Length"})) return true;
  // Empty, they are no fields of RFC 5322; those that must be there are made anew.
  return field.value.empty() && one_of(field, {"To", "Cc", "From", "Date", "Message-ID"});
}

/// Resent-To, Resent-Cc and Resent-Bcc of the newest Resent- block, which stands first. A block has
/// each field once (RFC 5322 3.6.6): one that comes again begins the next, except that long lists
/// of recipients are found in several fields in a row.
std::vector<const HeaderField*> resent_recipients(const std::vector<HeaderField>& fields) {
  std::vector<const HeaderField*> found;
  std::set<std::string> once;  // in one block
  std::string last;
  for (const HeaderField& field : fields) {
    if (one_of(field, {"Received", "Return-Path"}) && !once.empty()) break;
    if (!is_resent(field)) continue;
    const bool names_recipients = one_of(field, {"Resent-To", "Resent-Cc", "Resent-Bcc"});
    std::string name = mail::to_lower(field.name);
    if (!once.insert(name).second && !(names_recipients && name == last)) break;
    if (names_recipients) found.push_back(&field);
    last = std::move(name);
  }
  return found;
}

Refusal bad_data(std::string text) { return {EX_DATAERR, std::move(text)}; }

/// Adds the addresses of a field, and to `named` how many there are, repeated ones among them.
Outcome<> add_addresses(const HeaderField& field, const SubmissionRules& rules,
                        mail::AddressSet& all, std::size_t& named) {
  const mail::Parsed<std::size_t> read = mail::read_address_list(field.value, rules.domain, all);
  if (!read) return bad_data(field.name + ": " + read.error().why);
  if (all.overflowed()) return too_many_recipients(rules.max_recipients);
  named += *read;
  return {};
}

/// Those that -t takes: of a message sent on the Resent- ones (RFC 5322 3.6.6), unless it was sent
/// on to nobody; else To, Cc and Bcc.
Outcome<> add_header_recipients(const mail::Header& header, const SubmissionRules& rules,
                                mail::AddressSet& all) {
  std::size_t named = 0;
  for (const HeaderField* const field : resent_recipients(header.fields())) {
    const Outcome<> added = add_addresses(*field, rules, all, named);
    if (!added) return added;
  }
  if (named > 0) return {};
  for (const HeaderField& field : header.fields()) {
    if (!one_of(field, {"To", "Cc", "Bcc"})) continue;
    const Outcome<> added = add_addresses(field, rules, all, named);
    if (!added) return added;
  }
  return {};
}

Outcome<std::vector<mail::NewRecipient>> all_recipients(const mail::Header& header,
                                                        const SubmissionRules& rules) {
  mail::AddressSet all{static_cast<std::size_t>(rules.max_recipients)};
  for (const mail::Address& address : rules.recipients) {
    if (!all.add(address)) return too_many_recipients(rules.max_recipients);
  }
  if (rules.recipients_from_header) {
    const Outcome<> added = add_header_recipients(header, rules, all);
    if (!added) return added.error();
  }
  std::vector<mail::NewRecipient> recipients;
  recipients.reserve(all.all().size());
  for (const mail::Address& address : all.all()) {
    recipients.push_back({address, rules.notify, std::nullopt});
  }
  return recipients;
}

/// The value behind the blanks and comments in front, which may stand before any token (RFC 2045
/// 5.1). With a comment that does not end it says something that nobody can tell.
std::string_view behind_comments(std::string_view value) {
  value.remove_prefix(mail::comments_in_front(value).value_or(0));
  return value;
}

std::string first_word(std::string_view value, std::string_view ends = " \t;(") {
  value = behind_comments(value);
  return mail::to_lower(value.substr(0, value.find_first_of(ends)));
}

/// Nobody waits for such mail (RFC 3834 5), so nobody is told that it is late.
bool is_automatic(const mail::Header& header) {
  for (const std::string_view list :
       {"List-Id", "List-Post", "List-Subscribe", "List-Unsubscribe"}) {
    if (header.has(list)) return true;
  }
  for (const HeaderField* const field : header.all("Auto-Submitted")) {
    if (first_word(field->value) != "no") return true;
  }
  for (const HeaderField* const field : header.all("Precedence")) {
    const std::string word = first_word(field->value);
    if (word == "bulk" || word == "list" || word == "junk") return true;
  }
  return false;
}

/// What the message says of its own form (RFC 2045).
struct MimeFields {
  bool version = false;
  bool type = false;
  bool composite = false;  // multipart/*, message/*: has parts with encodings of their own
  bool identity = true;    // 7bit, 8bit, binary or nothing: the octets are the text
  bool says_eight_bit = false;
  bool says_nothing = true;
};

MimeFields mime_fields(const mail::Header& header) {
  MimeFields mime;
  mime.version = header.has("MIME-Version");
  if (const HeaderField* const type = header.find("Content-Type")) {
    mime.type = true;
    const std::string word = first_word(type->value, " \t;(/");
    mime.composite = word == "multipart" || word == "message";
  }
  if (const HeaderField* const encoding = header.find("Content-Transfer-Encoding")) {
    const std::string word = first_word(encoding->value);
    mime.says_nothing = behind_comments(encoding->value).empty();
    mime.identity = mime.says_nothing || word == "7bit" || word == "8bit" || word == "binary";
    mime.says_eight_bit = word == "8bit";
  }
  return mime;
}

/// The body's form and the MIME fields that go with it.
struct MimeAnswer {
  BodyForm form = BodyForm::as_is;
  bool replace_encoding = false;
  std::string added;
};

MimeAnswer answer_mime(const mail::Header& header, const BodyNature& body) {
  const MimeFields mime = mime_fields(header);
  MimeAnswer answer;
  const bool opaque = mime.composite || !mime.identity;
  if (opaque) {
    // Parts and encodings we would have to take apart. A line that is too long is broken, as
    // Postfix does: base64 does not mind, and nothing else may have such lines.
    if (body.has_long_lines()) answer.form = BodyForm::broken_lines;
    // Parts in 8 bits inside of what says nothing, and so 7bit, are illegal (RFC 2045 6.4).
    if (body.eight_bit && mime.says_nothing) {
      answer.replace_encoding = true;
      answer.added = "Content-Transfer-Encoding: 8bit\r\n";
    }
    return answer;
  }
  if (body.has_long_lines()) answer.form = BodyForm::quoted_printable;
  if (!body.eight_bit && !body.has_long_lines()) return answer;

  if (!mime.version) answer.added += "MIME-Version: 1.0\r\n";
  if (!mime.type) {
    answer.added += "Content-Type: text/plain; charset=" + std::string{body.charset()} + "\r\n";
  }
  if (body.has_long_lines()) {
    answer.replace_encoding = true;
    answer.added += "Content-Transfer-Encoding: quoted-printable\r\n";
  } else if (!mime.says_eight_bit) {
    answer.replace_encoding = true;
    answer.added += "Content-Transfer-Encoding: 8bit\r\n";
  }
  return answer;
}

/// "20261124022600": readable in a log, and never the same twice together with `unique`.
std::string compact_date(mail::WallTime now) {
  std::string digits = mail::to_rfc3339(now);
  std::erase_if(digits, [](char c) { return !mail::is_digit(c); });
  return digits;
}

std::string missing_fields(const mail::Header& header, const SubmissionRules& rules,
                           std::string& message_id) {
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(header.fields(), [name](const HeaderField& field) {
      return !field.value.empty() && field.is(name);
    });
  };
  std::string added;
  if (!has("From"))
    added += author_field(rules.author_name ? rules.author_name() : "", rules.author);
  if (!has("To") && !has("Cc")) added += "To: undisclosed-recipients:;\r\n";
  if (!has("Date")) {
    added += "Date: " + mail::to_rfc5322(rules.now, rules.utc_offset_minutes) + "\r\n";
  }
  if (!has("Message-ID")) {
    message_id = "<" + compact_date(rules.now) + "." + rules.unique + "@" + rules.our_name + ">";
    added += "Message-ID: " + message_id + "\r\n";
  }
  return added;
}

int hops(const mail::Header& header) { return static_cast<int>(header.all("Received").size()); }

}  // namespace

Refusal too_many_recipients(std::int64_t limit) {
  return bad_data("more than " + std::to_string(limit) + " recipients");
}

Outcome<FinishedHeader> finish_header(std::string_view text, const BodyNature& body,
                                      const SubmissionRules& rules) {
  const mail::Header header = mail::Header::parse(text);
  if (hops(header) > kMaxHops) {
    return Refusal{
        EX_DATAERR,
        "it has travelled in a circle: more than " + std::to_string(kMaxHops) + " Received fields",
        Fault::loop};
  }
  Outcome<std::vector<mail::NewRecipient>> recipients = all_recipients(header, rules);
  if (!recipients) return recipients.error();
  if (recipients->empty()) {
    return Refusal{EX_USAGE, rules.recipients_from_header
                                 ? "no recipient in To, Cc, Bcc or on the command line"
                                 : "no recipient; name some, or let -t read them from the header"};
  }

  FinishedHeader finished;
  const MimeAnswer mime = answer_mime(header, body);
  finished.form = mime.form;
  std::size_t room = kMostAdded;
  for (const HeaderField& field : header.fields()) {
    if (is_taken_out(field)) continue;
    if (mime.replace_encoding && field.is("Content-Transfer-Encoding")) continue;
    const std::string written = field_text(field, rules.domain, room);
    room -= std::min(room, written.size() - std::min(written.size(), field.raw.size()));
    finished.text += written;
    if (field.is("Message-ID") && finished.message_id.empty()) {
      finished.message_id = mail::printable(field.value, kMaxMessageId);
    }
  }
  finished.text += missing_fields(header, rules, finished.message_id);
  finished.text += mime.added;

  if (const HeaderField* const subject = header.find("Subject")) {
    finished.subject = mail::decoded_for_people(subject->value);
  }
  mail::Envelope& envelope = finished.envelope;
  envelope.sender = rules.sender;
  envelope.ret = rules.ret;
  envelope.envid = rules.envid;
  envelope.automatic = is_automatic(header);
  const bool ascii_header = mail::is_ascii(finished.text);
  const bool ascii_addresses = (!rules.sender || rules.sender->is_ascii()) &&
                               std::ranges::all_of(*recipients, [](const mail::NewRecipient& r) {
                                 return r.address.is_ascii();
                               });
  // Raw Latin-1 is no UTF-8: no extension carries it, and none is asked for.
  envelope.smtputf8 = !ascii_addresses || (!ascii_header && mail::is_utf8(finished.text));
  const bool eight_bit_body = body.eight_bit && finished.form != BodyForm::quoted_printable;
  if (eight_bit_body || !ascii_header) envelope.body = mail::BodyType::eight_bit;
  finished.recipients = std::move(*recipients);
  finished.text += "\r\n";
  return finished;
}

}  // namespace tenax::queue
