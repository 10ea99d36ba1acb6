// SPDX-License-Identifier: Apache-2.0
#include "engine/control_rehearsals.h"

#include <algorithm>
#include <utility>

namespace tenax::engine {

using namespace control_json;

namespace {

constexpr std::size_t kMaxReply = 4096;  // as much as hints are looked for in
// As the queue has them; from beyond, sums would overflow.
constexpr std::int64_t kLastMilli = std::int64_t{1} << 42;

mail::WallTime moment_at(const json& object, const char* key) {
  const std::int64_t millis = count_at(object, key);
  if (millis > kLastMilli) unreadable(std::string{key} + " is nobody's date");
  return mail::from_millis(millis);
}

json encoded(const mail::Knocks& knocks) {
  return {{"first", mail::to_millis(knocks.first)},
          {"last", mail::to_millis(knocks.last)},
          {"count", knocks.count}};
}

json encoded(const mail::Verdict& verdict) {
  json object{{"scope", to_string(verdict.scope)},
              {"stage", to_string(verdict.stage)},
              {"ours", verdict.fault == mail::Fault::ours}};
  if (verdict.status != mail::EnhancedStatus{}) object["status"] = verdict.status.text();
  if (!verdict.reply) return object;
  std::string text;
  for (const std::string& line : verdict.reply->lines) text += (text.empty() ? "" : "\n") + line;
  text.resize(std::min(text.size(), kMaxReply));
  object["code"] = verdict.reply->code;
  object["text"] = text;
  return object;
}

mail::Address address_at(const json& object, const char* key) {
  const auto address = mail::Address::parse(text_at(object, key));
  if (!address) unreadable(std::string{key} + " is no address");
  return *address;
}

mail::Knocks knocks_in(const json& object) {
  if (!object.is_object()) unreadable("knocks is not an object");
  only_these(object, {"first", "last", "count"});
  return {.first = moment_at(object, "first"),
          .last = moment_at(object, "last"),
          .count = small_at(object, "count")};
}

mail::Verdict verdict_in(const json& object) {
  if (!object.is_object()) unreadable("last is not an object");
  only_these(object, {"scope", "stage", "ours", "status", "code", "text"});
  const auto scope = mail::parse_scope(text_at(object, "scope"));
  const auto stage = mail::parse_stage(text_at(object, "stage"));
  if (!scope || !stage) unreadable("last has no scope or no stage");
  mail::Verdict verdict;
  verdict.scope = *scope;
  verdict.stage = *stage;
  if (object.contains("status")) {
    const auto status = mail::EnhancedStatus::parse(text_at(object, "status"));
    if (!status) unreadable("status is none of SMTP");
    verdict.status = *status;
  }
  verdict.fault = flag_at(object, "ours") ? mail::Fault::ours : mail::Fault::theirs;
  if (!object.contains("code")) return verdict;
  mail::Reply reply{small_at(object, "code"), {}};
  if (reply.code < 200 || reply.code > 599) unreadable("code is none of SMTP");
  const std::string text = text_at(object, "text", kMaxReply);
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    reply.lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  verdict.reply = std::move(reply);
  return verdict;
}

}  // namespace

json to_json(const scheduler::Role& role) {
  json object{{"message", role.message.text()},
              {"recipient", role.recipient.text()},
              {"destination", role.destination.text()},
              {"accepted", mail::to_millis(role.accepted)},
              {"attempts", role.attempts},
              {"due", mail::to_millis(role.due)},
              {"knocks", encoded(role.knocks)}};
  if (role.insisted) object["insisted"] = true;
  if (role.sender) object["sender"] = role.sender->text();
  if (role.last) object["last"] = encoded(*role.last);
  return object;
}

scheduler::Role role_from(const json& object) {
  if (!object.is_object()) unreadable("a role is not an object");
  only_these(object, {"message", "sender", "recipient", "destination", "accepted", "attempts",
                      "due", "knocks", "insisted", "last"});
  const auto message = mail::QueueId::parse(text_at(object, "message"));
  const auto destination = mail::Destination::parse(text_at(object, "destination"));
  if (!message || !destination) unreadable("a role has no message or no destination");
  scheduler::Role role{.message = *message,
                       .sender = {},
                       .accepted = moment_at(object, "accepted"),
                       .destination = *destination,
                       .recipient = address_at(object, "recipient"),
                       .attempts = small_at(object, "attempts"),
                       .due = moment_at(object, "due")};
  if (object.contains("sender")) role.sender = address_at(object, "sender");
  if (const auto knocks = object.find("knocks"); knocks != object.end()) {
    role.knocks = knocks_in(*knocks);
  }
  role.insisted = flag_at(object, "insisted");
  if (const auto last = object.find("last"); last != object.end()) role.last = verdict_in(*last);
  return role;
}

json to_json(const scheduler::Rehearsal& rehearsal) {
  json attempts = json::array();
  for (const scheduler::Coming& one : rehearsal.attempts) {
    attempts.push_back({{"when", mail::to_millis(one.when)}, {"reason", to_string(one.reason)}});
  }
  return {{"attempts", std::move(attempts)}, {"more", rehearsal.more}};
}

scheduler::Rehearsal rehearsal_from(const json& object) {
  if (!object.is_object()) unreadable("a rehearsal is not an object");
  scheduler::Rehearsal rehearsal;
  rehearsal.more = flag_at(object, "more");
  const json* attempts = list_at(object, "attempts", scheduler::kMostRehearsed);
  if (attempts == nullptr) unreadable("a rehearsal has no attempts");
  for (const json& one : *attempts) {
    if (!one.is_object()) unreadable("attempts holds something that is no object");
    const auto reason = scheduler::parse_reason(text_at(one, "reason"));
    if (!reason) unreadable("an attempt has no reason of ours");
    rehearsal.attempts.push_back({moment_at(one, "when"), *reason});
  }
  return rehearsal;
}

}  // namespace tenax::engine
