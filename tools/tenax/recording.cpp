// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/recording.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "mail/address.h"

#include "engine/verp.h"

#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

std::string refusal_of(const engine::ExplainedMail& mail, const engine::Explained& one) {
  if (mail.kind == "complaint") return "";
  if (mail.kind != "bounce") return "it is no bounce";
  if (one.action != "failed") return "it is no failure";
  return one.temporary ? "the failure passes" : "";
}

std::string address_in(const std::string& text) {
  const auto address = mail::Address::parse(text);
  return address ? address->text() : "";
}

/// A bounce for somebody to whom we handed nothing over is none.
std::string refusal_of(const queue::Sent& sent) {
  if (sent.known) return "it was recorded before";
  const bool ended =
      sent.state == mail::RecipientState::delivered || sent.state == mail::RecipientState::failed;
  return ended ? "" : "that message is not delivered yet: " + std::string{to_string(sent.state)};
}

}  // namespace

std::vector<Return> returns_of(const engine::ExplainedMail& mail, std::string_view where,
                               std::string_view verp) {
  std::vector<Return> all;
  for (const engine::Explained& one : mail.recipients) {
    Return told{.where = std::string{where},
                .recipient = one.recipient,
                .cause = one.cause,
                .reply = one.reply,
                .ways = {},
                .refusal = refusal_of(mail, one)};
    const std::string named = address_in(one.recipient);
    if (!named.empty() && !mail.message_id.empty()) {
      told.ways.push_back({mail.message_id, "", "", named});
    }
    if (!named.empty() && !mail.envelope_id.empty()) {
      told.ways.push_back({"", mail.envelope_id, "", named});
    }
    // Such a sender has one recipient; a mail that tells of more is about something else.
    const auto by_sender = engine::verp_recipient(verp, mail.returned_to);
    if (by_sender && mail.recipients.size() == 1) {
      told.ways.push_back({"", "", mail.returned_to, by_sender->text()});
      if (told.recipient.empty()) told.recipient = by_sender->text();
    }
    all.push_back(std::move(told));
  }
  if (all.empty()) all.push_back({std::string{where}, "", "", "", {}, "it is no bounce"});
  return all;
}

std::vector<Recorded> join(std::vector<Return> returns, const FindSent& find) {
  std::vector<queue::Sought> sought;
  for (const Return& one : returns) {
    if (one.refusal.empty()) sought.insert(sought.end(), one.ways.begin(), one.ways.end());
  }
  std::vector<std::optional<queue::Sent>> found;
  if (!sought.empty()) found = find(sought);
  std::vector<Recorded> all;
  std::set<std::int64_t> here;  // recipients that this very run records
  std::size_t next = 0;
  for (Return& one : returns) {
    Recorded recorded{.what = {}, .sent = {}, .why_not = one.refusal};
    if (one.refusal.empty()) {
      for (std::size_t i = 0; i < one.ways.size(); ++i, ++next) {
        if (!recorded.sent && next < found.size()) recorded.sent = found[next];
      }
      if (!recorded.sent) {
        recorded.why_not = "no message of ours to this recipient is known that it would be about";
      } else if (!here.insert(recorded.sent->recipient.value).second) {
        recorded.why_not = "it was recorded before";
      } else {
        recorded.why_not = refusal_of(*recorded.sent);
      }
    }
    recorded.what = std::move(one);
    all.push_back(std::move(recorded));
  }
  return all;
}

std::string as_json(const std::vector<Recorded>& all) {
  std::string lines;
  for (const Recorded& one : all) {
    nlohmann::ordered_json object;
    object["recipient"] = safe(one.what.recipient);
    object["cause"] = one.what.cause.empty() ? "not-a-bounce" : one.what.cause;
    object["recorded"] = one.why_not.empty();
    if (one.sent) object["message"] = one.sent->message.text();
    if (!one.why_not.empty()) object["why"] = one.why_not;
    if (!one.what.where.empty()) object["mail"] = safe(one.what.where);
    lines += object.dump(-1, ' ', /*ensure_ascii=*/true) + "\n";
  }
  return lines;
}

std::string present(const std::vector<Recorded>& all) {
  std::string text;
  for (const Recorded& one : all) {
    if (!one.what.where.empty()) text += safe(one.what.where) + ": ";
    if (!one.what.recipient.empty()) text += safe(one.what.recipient) + ": ";
    if (!one.what.cause.empty()) text += one.what.cause + ": ";
    text += one.why_not.empty() ? "recorded" : "not recorded";
    if (one.sent) text += ", message " + one.sent->message.text();
    if (!one.why_not.empty()) text += ": " + one.why_not;
    text += "\n";
  }
  return text;
}

}  // namespace tenax::cli
