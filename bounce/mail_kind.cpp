// SPDX-License-Identifier: Apache-2.0
#include "bounce/mail_kind.h"

#include <algorithm>
#include <array>

#include "mail/ascii.h"

#include "bounce/address_in_text.h"
#include "bounce/returned_marks.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kFirstWords = 4000;  // a notice says early what it is

std::string value_of(const mail::Header& header, std::string_view name) {
  const mail::HeaderField* const field = header.find(name);
  return field == nullptr ? std::string{} : mail::to_lower(field->value);
}

/// Nobody else is called that.
bool from_a_mail_server(const mail::Header& header) {
  const std::string from = value_of(header, "from");
  return from.find("mailer-daemon") != std::string::npos ||
         from.find("mail delivery s") != std::string::npos;
}

bool begins_with_any(MarkList phrases, std::string_view subject) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return subject.starts_with(phrase); });
}

/// The program says of itself that it is no person (RFC 3834, and what came before it).
bool says_automatic(const mail::Header& header) {
  const std::string submitted = value_of(header, "auto-submitted");
  const std::string precedence = value_of(header, "precedence");
  return submitted.starts_with("auto-replied") || precedence == "auto_reply" ||
         header.has("x-autoreply") || header.has("x-autorespond") ||
         header.has("x-autoresponder") || header.has("x-auto-reply") ||
         value_of(header, "x-auto-response-suppress") == "all" || header.has("x-vacation") ||
         header.has("x-list-administrivia");
}

/// "auto-replied (vacation)": of a person's absence, whoever it comes from.
bool says_absent(const mail::Header& header) {
  return header.has("x-vacation") ||
         value_of(header, "auto-submitted").find("vacation") != std::string::npos;
}

}  // namespace

bool is_answer(std::string_view subject) {
  for (const std::string_view mark : {"re:", "fw:", "fwd:", "aw:", "sv:", "wg:", "antw:", "tr:"}) {
    if (subject.starts_with(mark)) return true;
  }
  return false;
}

bool is_bulk(const mail::Header& header) {
  if (!header.has("list-unsubscribe") && !header.has("list-id")) return false;
  return !has_a_programs_name(header) || writes_of_much(header);
}

bool is_routine(const MimeTree& tree, bool brings_mail_back) {
  return ordinary_subjects().stand_in(tree.subject) && !failure_subjects().stand_in(tree.subject) &&
         tree.type != "multipart/report" && !brings_mail_back && !from_a_mail_server(tree.header);
}

bool from_a_program(const mail::Header& header) {
  return mail::trimmed(value_of(header, "return-path")) == "<>" || has_a_programs_name(header);
}

bool has_a_programs_name(const mail::Header& header) {
  const std::string from = value_of(header, "from");
  if (from.empty() || from.find("<>") != std::string::npos) return true;
  if (from.find("mail delivery") != std::string::npos) return true;
  const auto address = first_address_in(from);
  const std::string_view local =
      address ? address->substr(0, address->rfind('@')) : std::string_view{from};
  return program_senders().stand_in(local);
}

bool writes_of_much(const mail::Header& header) {
  const std::string from = value_of(header, "from");
  if (from.find("mail delivery") != std::string::npos) return false;
  const auto address = first_address_in(from);
  return address && weak_senders().stand_in(address->substr(0, address->rfind('@')));
}

MailKind kind_of(const MimeTree& tree, std::string_view notice, bool brings_mail_back) {
  const mail::Header& header = tree.header;
  const std::string_view words = notice.substr(0, kFirstWords);
  const std::string_view subject = tree.subject;
  if (header.has("x-failed-recipients")) return MailKind::bounce;
  const bool program = from_a_program(header);
  const bool automatic = says_automatic(header);
  const bool out_of_office = auto_reply_subjects().stand_in(subject);
  const bool subject_tells = !is_answer(subject) && failure_subjects().stand_in(subject);
  const bool text_tells = failure_words().stand_in(words);
  if (is_routine(tree, brings_mail_back)) return MailKind::ordinary;
  if (says_absent(header) && !text_tells && tree.type != "multipart/report") {
    return MailKind::auto_reply;
  }
  // A list's program says so of its own doing.
  if (automatic && !header.has("x-list-administrivia") &&
      unsubscribe_subjects().stand_in(subject)) {
    return MailKind::complaint;
  }
  if (begins_with_any(auto_reply_subjects(), subject) && !from_a_mail_server(header) &&
      !brings_mail_back) {
    return MailKind::auto_reply;
  }
  const bool named = has_a_programs_name(header);
  if (out_of_office && !subject_tells && !(named && text_tells)) return MailKind::auto_reply;
  // A person's answer, or a desk's, or a list's post, whatever it quotes.
  const bool bare = tree.type != "multipart/report" && !brings_mail_back;
  const bool answers =
      bare && (is_bulk(header) || (is_answer(subject) && (!named || header.has("in-reply-to"))));
  const int signs = (subject_tells ? 2 : 0) + (program ? 2 : 0) + (text_tells ? 1 : 0) +
                    (brings_mail_back ? 1 : 0) + (tree.type == "multipart/report" ? 1 : 0);
  if (!answers && signs >= 3 && (subject_tells || text_tells)) return MailKind::bounce;
  if (program && brings_mail_back && !is_answer(subject)) return MailKind::bounce;
  if (from_a_mail_server(header)) return MailKind::bounce;
  if (automatic || auto_reply_words().stand_in(words)) return MailKind::auto_reply;
  return MailKind::ordinary;
}

std::optional<Action> action_named(std::string_view name) {
  struct Named {
    std::string_view begins;
    Action action;
  };
  constexpr std::array kNames = {
      Named{"fail", Action::failed},       Named{"undeliverable", Action::failed},
      Named{"bounce", Action::failed},     Named{"delay", Action::delayed},
      Named{"defer", Action::delayed},     Named{"deliver", Action::delivered},
      Named{"success", Action::delivered}, Named{"relay", Action::relayed},
      Named{"expan", Action::expanded},
  };
  for (const Named& one : kNames) {
    if (name.starts_with(one.begins)) return one.action;
  }
  return std::nullopt;
}

Action action_told(std::string_view subject, std::string_view notice) {
  const std::string_view words = notice.substr(0, kFirstWords);
  const bool delay = delay_words().stand_in(subject) || delay_words().stand_in(words);
  if (delay && !surrender_words().stand_in(words) && !surrender_words().stand_in(subject)) {
    return Action::delayed;
  }
  // "Undelivered: " holds "delivered: ".
  const auto succeeds = [](std::string_view text) {
    return success_words().stand_in(text) && text.find("undeliver") == std::string_view::npos;
  };
  const bool success = succeeds(subject) || succeeds(words.substr(0, 1000));
  if (success && !failure_words().stand_in(words)) return Action::delivered;
  return Action::failed;
}

}  // namespace tenax::bounce
