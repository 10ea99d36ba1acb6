// SPDX-License-Identifier: Apache-2.0
// One message: all that happened to it, and what will.

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "mail/reply.h"

#include "tools/tenax/present.h"
#include "tools/tenax/remarks.h"
#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

using mail::RecipientState;

std::string host_text(const mail::RemoteHost& host) {
  std::string text = mail::printable(host.name, 255);
  if (!host.address.empty()) {
    if (!text.empty()) text += " ";
    text += "[" + mail::printable(host.address, 60) + "]:" + std::to_string(host.port);
  }
  return text;
}

std::string envelope_lines(const queue::MessageDetails& message, mail::WallTime now) {
  const mail::Envelope& envelope = message.envelope;
  std::string text;
  if (!message.damage.empty()) {
    text += "  damaged     " + mail::printable(message.damage) +
            ": some of this is made up or missing\n";
  }
  text += "  from        " + shown(envelope.sender) + "\n";
  if (!message.subject.empty()) text += "  subject     " + mail::printable(message.subject) + "\n";
  if (!message.message_id.empty()) {
    text += "  message id  " + mail::printable(message.message_id) + "\n";
  }
  text += "  accepted    " + moment(message.accepted) + ", " + relative(message.accepted, now);
  if (message.submitter.uid >= 0) text += ", from uid " + std::to_string(message.submitter.uid);
  if (!message.submitter.door.empty()) {
    text += ", by " + mail::printable(message.submitter.door, 40);
  }
  text += "\n  size        " + octets(envelope.size);
  if (envelope.body == mail::BodyType::eight_bit) text += ", 8 bit";
  if (envelope.smtputf8) text += ", SMTPUTF8";
  if (message.origin == mail::Origin::notice) text += ", a notice of ours";
  if (envelope.automatic) text += ", automatic mail";
  if (!message.contents_kept) text += ", contents no longer kept";
  text += "\n";
  if (!envelope.envid.empty()) {
    text += "  envelope id " + mail::printable(envelope.envid) + "\n";
  }
  if (envelope.ret != mail::Ret::unspecified) {
    text += std::string{"  return      "} +
            (envelope.ret == mail::Ret::full ? "the whole message" : "the header only") + "\n";
  }
  return text;
}

std::string recipient_lines(const queue::RecipientRow& row, mail::WallTime now) {
  std::string text = "  " + shown(row.address) + ": " + std::string{to_string(row.state)} + ", " +
                     counted(row.attempts, "attempt");
  if (row.state == RecipientState::waiting && row.next_attempt) {
    text += ", next " + relative(*row.next_attempt, now) + " at " + moment(*row.next_attempt);
  }
  if (row.ended) text += ", since " + moment(*row.ended);
  text += ", by way of " + mail::printable(row.destination.text(), 300) + "\n";
  if (row.last) text += "      " + mail::printable(row.last->text) + "\n";
  if (!row.damage.empty()) text += "      damaged: " + mail::printable(row.damage) + "\n";
  return text;
}

std::string verdict_text(const mail::Verdict& verdict) {
  std::string text = std::string{to_string(verdict.kind)} + " " + verdict.status.text() +
                     " at stage " + std::string{to_string(verdict.stage)};
  const std::string host = host_text(verdict.host);
  if (!host.empty()) text += ", " + host;
  if (verdict.stage != mail::Stage::resolve && verdict.stage != mail::Stage::connect &&
      verdict.stage != mail::Stage::local) {
    text += ", " + (verdict.host.tls.empty() ? "in clear" : mail::printable(verdict.host.tls, 80));
  }
  if (verdict.in_doubt) text += ", in doubt: it may have arrived";
  return text;
}

std::string attempt_lines(const queue::AttemptRow& attempt, const std::string& recipient) {
  std::string text = "  " + moment(attempt.started) + "  " + recipient + "\n      " +
                     verdict_text(attempt.verdict) + ", took " +
                     mail::in_short(attempt.finished - attempt.started);
  if (!attempt.counted) text += ", not counted: our own fault";
  text += "\n      " + mail::printable(attempt.verdict.text) + "\n";
  for (const mail::HostTry& tried : attempt.tries) {
    if (tried.text.empty() || tried.host == attempt.verdict.host) continue;
    text += "      before that: " + host_text(tried.host) + " at stage " +
            std::string{to_string(tried.stage)} + ": " + mail::printable(tried.text) + "\n";
  }
  return text;
}

struct Coming {
  mail::WallTime when;
  std::string what;
};

std::vector<Coming> in_order(const Prospect& prospect) {
  const queue::RecipientRow& row = prospect.recipients.front();
  std::vector<Coming> coming;
  int number = row.attempts;
  for (const scheduler::Coming& one : prospect.forecast.attempts) {
    const std::string_view why = in_words(one.reason);
    std::string what = "attempt " + std::to_string(++number);
    if (!why.empty()) what += ": " + std::string{why};
    coming.push_back({one.when, std::move(what)});
  }
  for (const mail::WallTime when : prospect.forecast.delay_notices) {
    coming.push_back({when, "the sender is told of the delay"});
  }
  std::stable_sort(coming.begin(), coming.end(),
                   [](const Coming& a, const Coming& b) { return a.when < b.when; });
  return coming;
}

std::string end_of(const Prospect& prospect, bool paused) {
  if (prospect.recipients.front().state == RecipientState::held) {
    return "the end of its lifetime; held mail stays";
  }
  return paused ? "the end of its lifetime; after the pause a last attempt"
                : "given up, if nothing succeeds";
}

std::string prospect_lines(const Prospect& prospect, bool paused, mail::WallTime now) {
  const queue::RecipientRow& row = prospect.recipients.front();
  std::string text = people(prospect.recipients) + ": ";
  switch (row.state) {
    case RecipientState::held:
      text += row.stormed ? "held in a storm of refusals, no attempts until it is released"
                          : "held, no attempts until it is released";
      break;
    case RecipientState::leased: text += "in delivery now"; break;
    default: text += paused ? "waiting, no attempts until the pause ends" : "waiting"; break;
  }
  text += ", " + counted(row.attempts, "attempt") + " so far\n";
  Table table{{{"  WHEN"}, {""}, {"WHAT"}}};
  for (const Coming& one : in_order(prospect)) {
    table.row({"  " + moment(one.when), relative(one.when, now), one.what});
  }
  if (prospect.forecast.more) table.row({"  ...", "", "more attempts, and so on until"});
  table.row({"  " + moment(prospect.forecast.end), relative(prospect.forecast.end, now),
             end_of(prospect, paused)});
  return text + table.text(0);
}

std::string source_line(const Source& source) {
  switch (source.kind) {
    case Source::Kind::schedule: return {};
    case Source::Kind::daemon:
      return "by what tenaxd has learnt, if every attempt is answered as the last one was\n";
    case Source::Kind::queue: break;
  }
  const std::string why =
      source.trouble.empty() ? "" : " (" + mail::printable(source.trouble) + ")";
  return "without tenaxd" + why +
         ": by what the queue keeps of what was learnt; if every attempt is answered as the last "
         "one "
         "was\n";
}

}  // namespace

std::vector<std::string> what_moves_them(const Prospects& prospects) {
  std::vector<std::string> causes;
  const bool goes_on = std::ranges::any_of(prospects.open, [](const Prospect& one) {
    return one.recipients.front().state != RecipientState::held;
  });
  if (prospects.paused) {
    if (goes_on) causes.emplace_back(kEndsThePause);
    return causes;
  }
  const bool tried = std::ranges::any_of(
      prospects.open, [](const Prospect& one) { return !one.forecast.attempts.empty(); });
  if (!tried) return causes;
  if (prospects.source.kind == Source::Kind::schedule) {
    causes.push_back("a destination that does not answer, or has all its sessions in use");
  } else {
    causes.push_back("another answer, and what other mail teaches of its site");
  }
  causes.push_back("tenax retry " + prospects.message.text() + " makes it due now");
  return causes;
}

std::string people(const std::vector<queue::RecipientRow>& rows) {
  constexpr std::size_t kNamed = 10;
  std::string text;
  for (std::size_t i = 0; i < rows.size() && i < kNamed; ++i) {
    text += (i > 0 ? ", " : "") + shown(rows[i].address);
  }
  if (rows.size() > kNamed) text += " and " + std::to_string(rows.size() - kNamed) + " more";
  return text;
}

std::string present(const queue::MessageDetails& message, mail::WallTime now) {
  std::string text = message.id.text() + "\n" + envelope_lines(message, now) + "\nrecipients\n";
  std::unordered_map<mail::RecipientId, std::string> names;
  for (const queue::RecipientRow& row : message.recipients) {
    text += recipient_lines(row, now);
    names.emplace(row.id, shown(row.address));
  }
  if (!message.attempts.empty()) text += "\nattempts\n";
  for (const queue::AttemptRow& attempt : message.attempts) {
    const auto name = names.find(attempt.recipient);
    text += attempt_lines(attempt, name == names.end() ? "?" : name->second);
  }
  if (!message.events.empty()) text += "\nevents\n";
  for (const queue::EventRow& event : message.events) {
    text += "  " + moment(event.when) + "  " + mail::printable(event.what) + "\n";
  }
  return text;
}

std::string present(const Prospects& prospects) {
  std::string text = prospects.message.text() + " from " + shown(prospects.sender) + ", accepted " +
                     moment(prospects.accepted) + ", " +
                     relative(prospects.accepted, prospects.now) + "\n";
  if (!prospects.open.empty() && prospects.paused) text += std::string{kPaused} + "\n";
  if (!prospects.open.empty()) text += source_line(prospects.source);
  if (prospects.open.empty()) text += "nothing will happen: every recipient has ended\n";
  for (const Prospect& prospect : prospects.open) {
    text += "\n" + prospect_lines(prospect, prospects.paused, prospects.now);
  }
  const char* name = "\nchange  ";
  for (const std::string& cause : what_moves_them(prospects)) {
    text += name + cause + "\n";
    name = "        ";
  }
  if (!prospects.open.empty() && prospects.ended > 0) {
    text += "\n" + counted(static_cast<std::int64_t>(prospects.ended), "other recipient") +
            (prospects.ended == 1 ? " has ended\n" : " have ended\n");
  }
  return text + lines(prospects.remarks, prospects.now);
}

}  // namespace tenax::cli
