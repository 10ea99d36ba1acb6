// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/as_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "tools/tenax/present.h"
#include "tools/tenax/remarks.h"
#include "tools/tenax/site_as_json.h"

namespace tenax::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 8> kAges{"5m", "20m", "1h", "4h", "12h", "1d", "3d", "older"};

std::string written(const Json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

Json of(mail::WallTime when) { return mail::to_rfc3339(when); }
Json of(std::int64_t number) { return number; }
Json of(const mail::Reply& reply);
Json of(scheduler::Reason reason);
Json of(const mail::Verdict& verdict);
Json of(const scheduler::LaneView& lane);
Json of(const queue::DestinationRow& row);

template <class T>
Json of(const std::optional<T>& value) {
  if (!value) return nullptr;
  return of(*value);
}

Json of(scheduler::Reason reason) { return to_string(reason); }

std::string_view to_string(Source::Kind kind) {
  switch (kind) {
    case Source::Kind::schedule: return "schedule";
    case Source::Kind::daemon: return "daemon";
    case Source::Kind::queue: return "queue";
  }
  return "";
}

Json of(const mail::ReversePath& path) { return path ? path->text() : std::string{}; }

Json of(const mail::RemoteHost& host) {
  return {{"name", host.name}, {"address", host.address}, {"port", host.port}, {"tls", host.tls}};
}

Json of(const mail::Reply& reply) { return {{"code", reply.code}, {"lines", reply.lines}}; }

Json of(const mail::Verdict& verdict) {
  return {{"kind", to_string(verdict.kind)},
          {"scope", to_string(verdict.scope)},
          {"fault", verdict.fault == mail::Fault::ours ? "ours" : "theirs"},
          {"stage", to_string(verdict.stage)},
          {"status", verdict.status.text()},
          {"reply", of(verdict.reply)},
          {"text", verdict.text},
          {"host", of(verdict.host)},
          {"in_doubt", verdict.in_doubt}};
}

Json of(const queue::RecipientRow& row) {
  Json json = {{"id", row.message.text()},
               {"recipient_id", row.id.value},
               {"sender", of(row.sender)},
               {"recipient", row.address.text()},
               {"destination", row.destination.text()},
               {"state", to_string(row.state)},
               {"attempts", row.attempts},
               {"accepted", of(row.accepted)},
               {"next_attempt", of(row.next_attempt)},
               {"next_notice", of(row.next_notice)},
               {"ended", of(row.ended)},
               {"size", row.size},
               {"notice", row.origin == mail::Origin::notice},
               {"subject", row.subject},
               {"last", of(row.last)}};
  if (!row.damage.empty()) json["damaged"] = row.damage;
  return json;
}

Json of(const std::vector<queue::RecipientRow>& rows) {
  Json list = Json::array();
  for (const queue::RecipientRow& row : rows) list.push_back(of(row));
  return list;
}

Json of(const std::vector<mail::WallTime>& times) {
  Json list = Json::array();
  for (const mail::WallTime when : times) list.push_back(of(when));
  return list;
}

Json of(const scheduler::LaneView& lane) {
  return {{"destination", lane.destination.text()},
          {"window", lane.window},
          {"in_flight", lane.in_flight},
          {"waiting", lane.waiting},
          {"parked_until", of(lane.parked_until)},
          {"failures", lane.failures},
          {"paced_until", of(lane.paced_until)},
          {"door_until", of(lane.door_until)}};
}

Json of(const queue::DestinationRow& row) {
  Json ages = Json::object();
  for (std::size_t i = 0; i < kAges.size(); ++i) ages[kAges[i]] = row.by_age[i];
  return {{"destination", row.destination},
          {"recipients", row.recipients},
          {"held", row.held},
          {"stormed", row.stormed},
          {"leased", row.leased},
          {"by_age", std::move(ages)},
          {"oldest", of(row.oldest)},
          {"next_attempt", of(row.next_attempt)},
          {"last_text", row.last_text}};
}

Json of(const DaemonState& daemon) {
  constexpr std::array<const char*, 3> kLives{"up", "down", "unknown"};
  Json json{{"state", kLives[static_cast<std::size_t>(daemon.life)]}};
  if (!daemon.trouble.empty()) json["trouble"] = daemon.trouble;
  if (!daemon.view) return json;
  json["pid"] = daemon.view->pid;
  json["version"] = daemon.view->version;
  json["started"] = of(daemon.view->started);
  json["in_flight"] = daemon.view->in_flight;
  json["paused"] = daemon.view->paused;
  json["lanes"] = Json::array();
  for (const scheduler::LaneView& lane : daemon.view->lanes) json["lanes"].push_back(of(lane));
  return json;
}

/// There may be a thousand, and each reason has its own.
Json without_lanes(Json daemon) {
  daemon.erase("lanes");
  return daemon;
}

Json of(const mail::HostTry& tried) {
  return {{"host", of(tried.host)},
          {"stage", to_string(tried.stage)},
          {"text", tried.text},
          {"started", of(tried.started)},
          {"took_ms", tried.took.count()}};
}

Json of(const queue::AttemptRow& attempt) {
  Json tries = Json::array();
  for (const mail::HostTry& tried : attempt.tries) tries.push_back(of(tried));
  return {{"recipient_id", attempt.recipient.value}, {"started", of(attempt.started)},
          {"finished", of(attempt.finished)},        {"counted", attempt.counted},
          {"verdict", of(attempt.verdict)},          {"tries", std::move(tries)}};
}

const char* ret_text(mail::Ret ret) {
  switch (ret) {
    case mail::Ret::full: return "full";
    case mail::Ret::headers: return "headers";
    case mail::Ret::unspecified: break;
  }
  return "";
}

Json mean_in_seconds(double sum_of_millis, std::int64_t count) {
  if (count == 0) return nullptr;
  return sum_of_millis / 1000.0 / static_cast<double>(count);
}

Json of(const scheduler::Schedule& schedule) {
  const scheduler::RetryPolicy& policy = schedule.policy;
  const bool listed = !schedule.delays.empty();
  Json delays = Json::array();
  for (const mail::Duration delay : schedule.delays) delays.push_back(seconds(delay));
  Json json{{"delays_s", listed ? std::move(delays) : Json(nullptr)}};
  json["first_delay_s"] = listed ? Json(nullptr) : Json(seconds(policy.first_delay));
  json["longest_delay_s"] = listed ? Json(nullptr) : Json(seconds(policy.longest_delay));
  json["growth"] = listed ? Json(nullptr) : Json(policy.growth);
  json["jitter"] = policy.jitter;
  json["lifetime_s"] = seconds(policy.lifetime);
  return json;
}

Json of(const scheduler::Outcome& outcome) {
  return {{"attempts", outcome.attempts},
          {"delivered", outcome.delivered},
          {"expired", outcome.expired},
          {"lost", outcome.lost},
          {"revived", outcome.revived}};
}

Json of(const scheduler::WhatIf::Way& way) {
  const bool none = way.delays.count() == 0;
  Json json = of(way.outcome);
  json["delayed"] = way.delays.count();
  json["mean_delay_s"] = none ? Json(nullptr) : Json(seconds(way.delays.mean()));
  json["p95_delay_s"] = none ? Json(nullptr) : Json(seconds(way.delays.quantile(0.95)));
  return json;
}

Json of(const Listing& listing) { return {{"recipients", of(listing.rows)}, {"cut", listing.cut}}; }

}  // namespace

std::string as_json(const Overview& overview) {
  const queue::Summary& summary = overview.summary;
  Json destinations = Json::array();
  for (const queue::DestinationRow& row : summary.destinations) destinations.push_back(of(row));
  return written({{"time", of(overview.now)},
                  {"state_directory", overview.state_directory},
                  {"messages", summary.messages},
                  {"recipients", summary.recipients},
                  {"waiting", summary.waiting},
                  {"deferred", summary.deferred},
                  {"leased", summary.leased},
                  {"held", summary.held},
                  {"octets", summary.octets},
                  {"oldest", of(summary.oldest)},
                  {"oldest_ends", of(overview.oldest_ends)},
                  {"next_attempt", of(summary.next_attempt)},
                  {"delivered_last_day", summary.delivered_last_day},
                  {"failed_last_day", summary.failed_last_day},
                  {"owed", summary.owed},
                  {"owed_senders", summary.owed_senders},
                  {"next_digest", of(summary.next_digest)},
                  {"dropped", of(overview.dropped)},
                  {"daemon", of(overview.daemon)},
                  {"destinations", std::move(destinations)},
                  {"destinations_cut", overview.more_destinations > 0}});
}

std::string as_json(const Listing& listing) { return written(of(listing)); }

std::string mailq_as_json(const Listing& listing, std::optional<std::int64_t> dropped) {
  Json json = of(listing);
  json["dropped"] = of(dropped);
  return written(std::move(json));
}

std::string as_json(const queue::MessageDetails& message) {
  const mail::Envelope& envelope = message.envelope;
  Json attempts = Json::array();
  for (const queue::AttemptRow& attempt : message.attempts) attempts.push_back(of(attempt));
  Json events = Json::array();
  for (const queue::EventRow& event : message.events) {
    events.push_back({{"time", of(event.when)}, {"what", event.what}});
  }
  Json json = {{"id", message.id.text()},
               {"sender", of(envelope.sender)},
               {"subject", message.subject},
               {"message_id", message.message_id},
               {"accepted", of(message.accepted)},
               {"submitter",
                {{"uid", message.submitter.uid},
                 {"pid", message.submitter.pid},
                 {"door", message.submitter.door}}},
               {"size", envelope.size},
               {"eight_bit", envelope.body == mail::BodyType::eight_bit},
               {"smtputf8", envelope.smtputf8},
               {"notice", message.origin == mail::Origin::notice},
               {"automatic", envelope.automatic},
               {"envid", envelope.envid},
               {"ret", ret_text(envelope.ret)},
               {"contents_kept", message.contents_kept},
               {"recipients", of(message.recipients)},
               {"attempts", std::move(attempts)},
               {"events", std::move(events)}};
  if (!message.damage.empty()) json["damaged"] = message.damage;
  return written(std::move(json));
}

std::string as_json(const Prospects& prospects) {
  Json open = Json::array();
  for (const Prospect& prospect : prospects.open) {
    Json names = Json::array();
    for (const queue::RecipientRow& row : prospect.recipients) names.push_back(row.address.text());
    const queue::RecipientRow& row = prospect.recipients.front();
    Json attempts = Json::array();
    Json reasons = Json::array();
    for (const scheduler::Coming& one : prospect.forecast.attempts) {
      attempts.push_back(of(one.when));
      reasons.push_back(to_string(one.reason));
    }
    open.push_back({{"recipients", std::move(names)},
                    {"state", to_string(row.state)},
                    {"attempts_so_far", row.attempts},
                    {"attempts", std::move(attempts)},
                    {"reasons", std::move(reasons)},
                    {"more", prospect.forecast.more},
                    {"delay_notices", of(prospect.forecast.delay_notices)},
                    {"end", of(prospect.forecast.end)}});
  }
  return written({{"id", prospects.message.text()},
                  {"sender", of(prospects.sender)},
                  {"accepted", of(prospects.accepted)},
                  {"source", to_string(prospects.source.kind)},
                  {"paused", prospects.paused},
                  {"open", std::move(open)},
                  {"change", what_moves_them(prospects)},
                  {"ended", prospects.ended},
                  {"remarks", remarks_as_json(prospects.remarks, prospects.now)}});
}

std::string as_json(const Reasons& reasons) {
  Json open = Json::array();
  for (const Reason& reason : reasons.open) {
    Json names = Json::array();
    for (const queue::RecipientRow& row : reason.recipients) names.push_back(row.address.text());
    const queue::RecipientRow& row = reason.recipients.front();
    const Hindrance& hindrance = reason.hindrance;
    open.push_back({{"recipients", std::move(names)},
                    {"destination", row.destination.text()},
                    {"state", to_string(row.state)},
                    {"attempts_so_far", row.attempts},
                    {"wait", to_string(hindrance.wait)},
                    {"cause", to_string(hindrance.cause)},
                    {"why", explained(hindrance, reasons.now)},
                    {"change", remedies(reason)},
                    {"since", of(hindrance.since)},
                    {"next_attempt", of(hindrance.next)},
                    {"reason", of(hindrance.reason)},
                    {"before", hindrance.before.waiting},
                    {"lane", of(hindrance.lane)},
                    {"last", of(row.last)}});
  }
  return written({{"id", reasons.message.text()},
                  {"sender", of(reasons.sender)},
                  {"accepted", of(reasons.accepted)},
                  {"end", of(reasons.end)},
                  {"daemon", without_lanes(of(reasons.daemon))},
                  {"open", std::move(open)},
                  {"more", reasons.more},
                  {"ended", reasons.ended},
                  {"remarks", remarks_as_json(reasons.remarks, reasons.now)}});
}

std::string as_json(const WhatIfView& view) {
  using scheduler::Guess;
  const scheduler::WhatIf& all = view.answer.counted;
  Json destinations = Json::array();
  for (const auto& [name, share] : view.destinations) {
    Json recorded = of(share.recorded);
    recorded["mean_delay_s"] = mean_in_seconds(share.recorded_delay, share.delayed);
    Json other = of(share.other);
    other["mean_delay_s"] = mean_in_seconds(share.other_delay, share.other_delayed);
    destinations.push_back({{"destination", name},
                            {"recipients", share.recipients},
                            {"put_off", share.put_off},
                            {"recorded", std::move(recorded)},
                            {"other", std::move(other)}});
  }
  return written({{"since_s", seconds(view.since)},
                  {"since_cut", view.since_cut},
                  {"schedule_in_force", of(view.in_force)},
                  {"schedule", of(view.other)},
                  {"recipients", all.recipients()},
                  {"put_off", all.put_off()},
                  {"left_out", view.answer.left_out},
                  {"too_few", all.too_few()},
                  {"recorded", of(all.recorded())},
                  {"in_force", of(all.in_force())},
                  {"best", of(all.other(Guess::best))},
                  {"middle", of(all.other(Guess::middle))},
                  {"worst", of(all.other(Guess::worst))},
                  {"destinations", std::move(destinations)}});
}

std::string as_json(const Changed& changed) {
  Json unknown = Json::array();
  for (const mail::QueueId id : changed.operated.unknown) unknown.push_back(id.text());
  return written({{"verb", to_string(changed.verb)},
                  {"changed", changed.operated.changed},
                  {"leased", changed.operated.leased},
                  {"by_daemon", changed.by_daemon},
                  {"unknown", std::move(unknown)},
                  {"dropped", of(changed.dropped)}});
}

std::string as_json(const DestinationView& view) {
  return written({{"destination", view.destination},
                  {"daemon", of(view.daemon)},
                  {"lane", of(view.lane)},
                  {"queue", of(view.row)},
                  {"rules", view.rules.empty() ? Json{} : Json(view.rules)},
                  {"rules_from", view.rules.empty() ? Json{} : Json(view.rules_from)},
                  {"site", view.site ? site_as_json(*view.site) : Json{}},
                  {"recipients", of(view.listing.rows)},
                  {"cut", view.listing.cut}});
}

std::string as_json(const std::vector<queue::Violation>& violations) {
  Json list = Json::array();
  for (const queue::Violation& violation : violations) {
    list.push_back({{"promise", violation.promise}, {"where", violation.where}});
  }
  return written({{"violations", std::move(list)}});
}

std::string contents_as_json(mail::QueueId id, std::string_view contents) {
  return written({{"id", id.text()}, {"contents", contents}});
}

std::string config_as_json(const std::string& file, const std::string& toml,
                           const std::vector<std::string>& problems) {
  return written({{"file", file}, {"toml", toml}, {"problems", problems}});
}

std::string error_as_json(int code, std::string_view text) {
  return written({{"error", text}, {"code", code}});
}

}  // namespace tenax::cli
