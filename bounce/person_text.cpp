// SPDX-License-Identifier: Apache-2.0
#include "bounce/person_text.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "mail/header.h"

#include "bounce/cause.h"
#include "bounce/lines.h"
#include "bounce/status_fields.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kMostNamed = 100;  // recipients in words; the fields name all of them
constexpr std::size_t kMostAttempts = 5;
constexpr std::size_t kMostWords = 1000;  // octets of a server's answer

std::string moment(mail::WallTime when) { return mail::to_rfc5322(when); }

std::string host_of(const mail::RemoteHost& host) {
  if (host.name.empty()) return host.address.empty() ? "" : "[" + host.address + "]";
  return host.address.empty() ? host.name : host.name + " [" + host.address + "]";
}

/// Completes "The server said, when we ...".
std::string_view doing(mail::Stage stage) {
  using mail::Stage;
  switch (stage) {
    case Stage::resolve:
    case Stage::connect:
    case Stage::greeting: return "connected";
    case Stage::ehlo: return "introduced ourselves";
    case Stage::starttls: return "asked for encryption";
    case Stage::auth: return "logged in";
    case Stage::mail: return "named the sender";
    case Stage::rcpt: return "named this recipient";
    case Stage::data: return "asked to send the message";
    case Stage::body:
    case Stage::dot: return "had sent the message";
    case Stage::quit: return "took leave";
    case Stage::local: return "spoke with it";
  }
  std::abort();
}

std::string words_of(const mail::Verdict& verdict) {
  if (!verdict.reply) return mail::printable(verdict.text, kMostWords);
  std::string words = std::to_string(verdict.reply->code);
  for (const std::string& line : verdict.reply->lines) words += ' ' + line;
  return mail::printable(words, kMostWords);
}

std::string what_happened(const mail::Verdict& verdict) {
  const std::string host = host_of(verdict.host);
  const std::string words = words_of(verdict);
  std::string out;
  if (verdict.reply && !verdict.reply->positive()) {
    const std::string server = host.empty() ? "The server" : "The server " + host;
    out = paragraph(server + " said, when we " + std::string{doing(verdict.stage)} + ":", 2);
    out += paragraph(words, 6);
  } else if (!words.empty()) {
    out = paragraph(host.empty() ? words : "At the server " + host + ": " + words, 2);
  }
  if (verdict.in_doubt) {
    out += paragraph(
        "The message had been sent, and no answer to it could be read: it may have arrived all the "
        "same.",
        2);
  }
  return out;
}

std::string what_it_means(const mail::Verdict& verdict, bool temporary) {
  const Explanation explanation = explain(cause_of(verdict), temporary);
  std::string out;
  if (!explanation.what.empty()) {
    out += paragraph("What it means: " + std::string{explanation.what}, 2);
  }
  if (!explanation.yours.empty()) {
    out += paragraph("What you can do: " + std::string{explanation.yours}, 2);
  }
  return out;
}

std::string times(int count) { return count == 1 ? "once" : std::to_string(count) + " times"; }

std::string what_was_tried(const Subject& subject) {
  if (subject.attempts == 0) return "No attempt could be made.";
  std::string tried = "Tried " + times(subject.attempts) + ".";
  if (!subject.last_attempt) return tried;
  return tried + " The last attempt was on " + moment(*subject.last_attempt) + ".";
}

std::string what_comes(const Subject& subject, mail::WallTime now) {
  std::string tried = what_was_tried(subject);
  if (subject.next_attempt) {
    tried += " The next one is due on " + moment(*subject.next_attempt);
    const mail::Duration ahead = *subject.next_attempt - now;
    if (ahead >= std::chrono::minutes{1}) tried += ", in " + mail::in_words(ahead);
    tried += ".";
  }
  std::string out = paragraph(tried, 2);
  if (subject.retry_until) {
    out += paragraph("If no attempt succeeds we shall give up on " + moment(*subject.retry_until) +
                         " and tell you so.",
                     2);
  }
  return out;
}

std::string about(const Order& order, const Subject& subject) {
  std::string out;
  switch (order.kind) {
    case NoticeKind::delayed:
      if (subject.verdict) {
        out = what_happened(*subject.verdict) + what_it_means(*subject.verdict, true);
      }
      return out + what_comes(subject, order.now);
    case NoticeKind::failed:
      if (subject.ended_by_operator) {
        return paragraph("Ended by the operator of this mail system. " + what_was_tried(subject),
                         2);
      }
      if (!subject.reason.empty()) {
        out = paragraph("Given up: " + subject.reason + ". " + what_was_tried(subject), 2);
      }
      if (subject.verdict) {
        out += what_happened(*subject.verdict) + what_it_means(*subject.verdict, false);
      }
      return out;
    case NoticeKind::delivered: break;
  }
  const std::string host = subject.verdict ? host_of(subject.verdict->host) : "";
  if (action_of(order.kind, subject) == "delivered") return paragraph("Delivered.", 2);
  return paragraph("The server " + host +
                       " took the message. It sends no confirmations of its own, so you will hear "
                       "nothing more of it unless it fails there.",
                   2);
}

/// Recipients of whom the same is to be said, together, in the order of the first of each group.
std::string each(const Order& order) {
  std::map<std::string, std::size_t> known;
  std::vector<std::pair<std::string, std::string>> groups;  // names, what is said
  const std::size_t named = std::min(order.subjects.size(), kMostNamed);
  for (std::size_t i = 0; i < named; ++i) {
    const Subject& subject = order.subjects[i];
    std::string said = about(order, subject);
    const auto [group, fresh] = known.try_emplace(said, groups.size());
    if (fresh) groups.emplace_back("", std::move(said));
    groups[group->second].first += paragraph("<" + subject.address.text() + ">");
  }
  std::string out;
  for (const auto& [names, said] : groups) out += "\r\n" + names + said;
  if (named < order.subjects.size()) {
    out += "\r\n" + paragraph("... and " + std::to_string(order.subjects.size() - named) +
                              " more recipients, whom the attached report names.");
  }
  return out;
}

std::string opening(const Order& order) {
  const std::string title = subject_of(order);
  const std::string message =
      title.empty() ? "Your message of " : "Your message \"" + title + "\" of ";
  const std::string accepted = moment(order.accepted);
  switch (order.kind) {
    case NoticeKind::delayed:
      return paragraph(message + accepted +
                       " could not be delivered yet. It has been waiting for " +
                       mail::in_words(order.now - order.accepted) +
                       ", and is still being tried. This is only a warning: you need not send it "
                       "again.");
    case NoticeKind::failed: {
      const bool one = order.subjects.size() == 1;
      if (order.double_bounce) {
        return paragraph("A notice of ours, \"" + title + "\" of " + accepted +
                         ", could not be delivered. It told a sender what became of a message; "
                         "nobody else hears of that now. Nothing more will be tried.");
      }
      return paragraph(message + accepted + " could not be delivered to " +
                       (one ? "this recipient" : "these recipients") +
                       ". It will not be tried again.");
    }
    case NoticeKind::delivered:
      return paragraph(message + accepted +
                       (all_delivered(order) ? " has been delivered." : " has been passed on.") +
                       " You asked to be told.");
  }
  std::abort();
}

std::string coming(const Order& order) {
  if (order.kind != NoticeKind::delayed || order.coming_attempts.empty()) return "";
  std::string out = "\r\n" + paragraph("The next attempts, if none of them succeeds before:");
  const std::size_t count = std::min(order.coming_attempts.size(), kMostAttempts);
  for (std::size_t i = 0; i < count; ++i) out += paragraph(moment(order.coming_attempts[i]), 2);
  return out;
}

std::string closing(const Order& order, std::string_view encloses) {
  std::string out = "\r\n";
  if (encloses == "message") {
    out += paragraph("A report for programs and your message are attached.");
  } else if (encloses == "header") {
    out += paragraph("A report for programs and the header of your message are attached.");
  } else {
    out += paragraph("A report for programs is attached.");
  }
  if (!order.postmaster.empty()) {
    out += paragraph("Questions: write to " + order.postmaster + " and name " +
                     order.message.text() + ".");
  }
  return out;
}

}  // namespace

std::string subject_of(const Order& order) {
  const mail::Header header = mail::Header::parse(order.header);
  const mail::HeaderField* subject = header.find("Subject");
  return subject == nullptr ? "" : mail::decoded_for_people(subject->value, 200);
}

std::string person_text(const Order& order, std::string_view encloses) {
  return paragraph("This is the mail system at " + order.our_name + ".") + "\r\n" + opening(order) +
         each(order) + coming(order) + closing(order, encloses);
}

}  // namespace tenax::bounce
