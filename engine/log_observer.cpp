// SPDX-License-Identifier: Apache-2.0
#include "engine/log_observer.h"

#include <algorithm>
#include <utility>

#include "mail/ascii.h"
#include "mail/reply.h"

namespace tenax::engine {

namespace {

constexpr std::size_t kLongestValue = 1000;

std::string_view word_of(queue::Verb verb) {
  switch (verb) {
    case queue::Verb::retry: return "retry";
    case queue::Verb::hold: return "hold";
    case queue::Verb::release: return "release";
    case queue::Verb::remove: return "remove";
  }
  return "";
}

std::string_view word_of(Phase phase) {
  switch (phase) {
    case Phase::starting: return "starting";
    case Phase::ready: return "ready";
    case Phase::reloading: return "reloading";
    case Phase::stopping: return "stopping";
    case Phase::stopped: return "stopped";
  }
  return "";
}

/// It may stand in a line as it is.
bool is_plain(std::string_view value) {
  return !value.empty() && value.size() <= kLongestValue && mail::is_every(value, [](char c) {
    return (c > ' ') & (c <= '~') & (c != '"') & (c != '\\');
  });
}

bool has_quotes(std::string_view value) {
  return !mail::is_every(value, [](char c) { return (c != '"') & (c != '\\'); });
}

/// What was cut off by our own stop keeps its time, which has passed.
std::string until(mail::WallTime next, mail::WallTime now) {
  return next <= now ? "now" : mail::in_short(next - now);
}

}  // namespace

LogLine& LogLine::quoted(std::string_view key, std::string_view value) {
  text_ += ' ';
  text_ += key;
  text_ += "=\"";
  const std::string shown = mail::printable(value, kLongestValue);
  if (has_quotes(shown)) {
    for (const char c : shown) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
  } else {
    text_ += shown;
  }
  text_ += '"';
  return *this;
}

LogLine& LogLine::with(std::string_view key, std::string_view value) {
  if (is_plain(value)) {  // nearly every one
    text_ += ' ';
    text_ += key;
    text_ += '=';
    text_ += value;
    return *this;
  }
  const std::string shown = mail::printable(value, kLongestValue);
  if (shown.empty() || shown.find_first_of(" \"\\") != std::string::npos) return quoted(key, value);
  text_ += ' ';
  text_ += key;
  text_ += '=';
  text_ += shown;
  return *this;
}

LogLine& LogLine::with(std::string_view key, std::int64_t value) {
  return with(key, std::to_string(value));
}

void LogObserver::accepted(const Accepted& fact) {
  LogLine line{fact.message.text() + (fact.repeated ? " repeated" : " accepted")};
  line.with("from", mail::to_path(fact.envelope.sender))
      .with("size", fact.envelope.size)
      .with("recipients", static_cast<std::int64_t>(fact.recipients))
      .with("door", fact.submitter.door)
      .with("uid", fact.submitter.uid);
  if (fact.submitter.pid > 0) line.with("pid", fact.submitter.pid);
  if (!fact.message_id.empty()) line.with("message-id", fact.message_id);
  say(spdlog::level::info, line);
}

void LogObserver::refused(const Refused& fact) {
  const std::string matter = fact.submitter.door + " " + std::to_string(fact.submitter.uid) + " " +
                             std::to_string(fact.exit_code);
  const std::optional<int> times = restraint_.worth_saying(matter, now_());
  if (!times) return;
  LogLine line{"- refused"};
  line.with("door", fact.submitter.door).with("uid", fact.submitter.uid);
  if (fact.submitter.pid > 0) line.with("pid", fact.submitter.pid);
  line.with("code", fact.exit_code);
  if (*times > 1) line.with("times", *times);
  line.quoted("why", fact.why);
  say(spdlog::level::warn, line);
}

void LogObserver::started(const Started& fact) {
  if (!log_->should_log(spdlog::level::debug)) return;
  LogLine line{fact.request.message.text() + " start"};
  line.with("destination", fact.request.destination.text())
      .with("recipients", static_cast<std::int64_t>(fact.request.recipients.size()));
  say(spdlog::level::debug, line);
}

void LogObserver::attempted(const Attempted& fact) {
  const mail::Verdict& verdict = fact.verdict;
  LogLine line{fact.message.text() + " attempt"};
  line.with("to", fact.address.text());
  if (!verdict.host.name.empty()) line.with("host", verdict.host.name);
  line.with("verdict", mail::to_string(verdict.kind)).with("status", verdict.status.text());
  if (fact.next_attempt) line.with("next", until(*fact.next_attempt, fact.when));
  if (verdict.in_doubt) line.with("in-doubt", "yes");
  if (!fact.counted) line.with("counted", "no");
  if (fact.state == mail::RecipientState::held) line.with("held", "yes");
  line.with("attempts", fact.attempts)
      .with("stage", mail::to_string(verdict.stage))
      .with("took", mail::in_short(fact.took))
      .with("age", mail::in_short(fact.when - fact.accepted));
  if (!verdict.host.address.empty()) line.with("address", verdict.host.address);
  if (!verdict.host.tls.empty()) line.with("tls", verdict.host.tls);
  // The text is the reply where there was one, and our own words about its absence where not.
  line.quoted(verdict.reply ? "reply" : "why", verdict.text);
  say(spdlog::level::info, line);
}

void LogObserver::noticed(const Noticed& fact) {
  for (const mail::Address& about : fact.about) {
    LogLine line{fact.message.text() + " notice"};
    line.with("kind", bounce::to_string(fact.kind))
        .with("to", fact.to.text())
        .with("about", about.text())
        .with("id", fact.notice.text());
    say(spdlog::level::info, line);
  }
}

void LogObserver::gathered(const Gathered& fact) {
  for (const mail::Address& about : fact.about) {
    LogLine line{fact.message.text() + " owed"};
    line.with("kind", bounce::to_string(fact.kind))
        .with("to", fact.to.text())
        .with("about", about.text())
        .with("digest", mail::to_rfc3339(fact.due));
    say(spdlog::level::info, line);
  }
}

void LogObserver::digested(const Digested& fact) {
  for (const Digested::About& about : fact.about) {
    LogLine line{about.message.text() + " digest"};
    line.with("kind", bounce::to_string(about.kind))
        .with("to", fact.to.text())
        .with("about", about.address.text())
        .with("id", fact.notice.text());
    say(spdlog::level::info, line);
  }
  if (fact.unread > 0) owed_unread(static_cast<std::int64_t>(fact.unread), fact.to.text());
}

void LogObserver::owed_unread(std::int64_t recipients, std::string_view to) {
  LogLine line{"- owed-unread"};
  line.with("recipients", recipients);
  if (!to.empty()) line.with("to", to);
  line.quoted("why", "failures to be told of, whose rows cannot be read: tenax check names them");
  say(spdlog::level::err, line);
}

void LogObserver::double_bounce(const DoubleBounce& fact) {
  LogLine line{fact.message.text() + " double-bounce"};
  line.with("to", fact.address.text()).quoted("why", fact.text);
  say(spdlog::level::warn, line);
}

void LogObserver::parked(const Parked& fact) {
  LogLine line{"- parked"};
  line.with("destination", fact.destination.text())
      .with("until", mail::to_rfc3339(fact.until))
      .with("failures", fact.failures);
  say(spdlog::level::info, line);
}

void LogObserver::storm_began(const StormBegan& fact) {
  LogLine line{"- storm"};
  line.with("destination", fact.destination.text()).quoted("reply", fact.text);
  say(spdlog::level::err, line);
}

void LogObserver::storm_told(const StormTold& fact) {
  LogLine line{fact.over ? "- storm-over" : "- storm-told"};
  line.with("destination", fact.destination);
  if (!fact.over) line.with("held", fact.messages);
  line.with("to", fact.to.text()).with("id", fact.mail.text());
  say(spdlog::level::info, line);
}

void LogObserver::clock_stepped(const ClockStep& fact) {
  LogLine line{"- clock-step"};
  const bool back = fact.step < mail::Duration::zero();
  line.with("direction", back ? "back" : "forward")
      .with("by", mail::in_short(back ? -fact.step : fact.step));
  say(spdlog::level::warn, line);
}

void LogObserver::recovered(const Recovered& fact) {
  const queue::Recovery& found = fact.recovery;
  LogLine line{"- recovered"};
  line.with("messages", found.messages)
      .with("recipients", found.recipients)
      .with("lapsed-leases", found.lapsed_leases)
      .with("orphans", found.orphans)
      .with("missing", found.missing);
  if (found.mended > 0) line.with("mended", found.mended);
  say(found.missing + found.mended > 0 ? spdlog::level::err : spdlog::level::info, line);
  if (found.owed_unread > 0) owed_unread(found.owed_unread, "");
}

void LogObserver::rerouted(const Rerouted& fact) {
  LogLine line{"- rerouted"};
  line.with("recipients", fact.recipients);
  say(spdlog::level::info, line);
}

void LogObserver::operated(const Operated& fact) {
  LogLine line{"- operated"};
  line.with("verb", word_of(fact.operation.verb))
      .with("by", fact.operation.by)
      .with("changed", fact.outcome.changed)
      .with("leased", fact.outcome.leased);
  say(spdlog::level::info, line);
}

void LogObserver::suppressions_edited(const SuppressionsEdited& fact) {
  LogLine line{"- suppression"};
  line.with("by", fact.by).with("asked", static_cast<std::int64_t>(fact.asked));
  line.with("changed", fact.changed);
  say(spdlog::level::info, line);
}

void LogObserver::trouble(const Trouble& fact) {
  const std::optional<int> times = restraint_.worth_saying("trouble " + fact.doing, now_());
  if (!times) return;
  LogLine line{(fact.message ? fact.message->text() : std::string{"-"}) + " trouble"};
  line.with("doing", fact.doing);
  if (*times > 1) line.with("times", *times);
  line.quoted("why", fact.why);
  say(spdlog::level::err, line);
}

void LogObserver::phase(Phase now) {
  say(spdlog::level::info, LogLine{"- " + std::string{word_of(now)}});
}

void LogObserver::say(spdlog::level::level_enum level, const LogLine& line) {
  log_->log(level, "{}", line.text());
  if (said_ && log_->should_log(level)) said_();
}

}  // namespace tenax::engine
