// SPDX-License-Identifier: Apache-2.0
#include "engine/laboratory.h"

#include <algorithm>
#include <istream>
#include <ostream>
#include <utility>
#include <vector>

#include "engine/next_hop.h"

namespace tenax::engine {

namespace {

using laboratory::Outcome;
using laboratory::RecipientLine;

constexpr std::size_t kLongestLine = 16 << 20;
// Some date has to be the first: the one the world's receivers write in their replies.
constexpr mail::WallTime kBeginning{std::chrono::seconds{1'748'736'000}};  // 2025-06-01

/// A rule of the protocol was broken; ends the run.
struct Broken {
  std::string why;
};

/// Reads one line, as far as it is not too long; false at the end.
bool next_line(std::istream& in, std::string& line) {
  line.clear();
  std::streambuf& buffer = *in.rdbuf();
  for (int c = buffer.sbumpc(); c != std::streambuf::traits_type::eof(); c = buffer.sbumpc()) {
    if (c == '\n') return true;
    line += static_cast<char>(c);
    if (line.size() > kLongestLine) return true;
  }
  return !line.empty();
}

mail::Stage stage_of(const std::string& name) {
  if (name == "dns") return mail::Stage::resolve;
  return mail::parse_stage(name).value_or(mail::Stage::local);
}

mail::Verdict verdict_of(const RecipientLine& line) {
  mail::Verdict verdict;
  verdict.stage = stage_of(line.stage);
  verdict.text = line.text;
  verdict.in_doubt = line.code == 0 && verdict.stage == mail::Stage::dot;
  if (line.code >= 200 && line.code < 300) {
    verdict.kind = mail::Kind::delivered;
  } else if (line.code >= 500) {
    verdict.kind = mail::Kind::failed;
  }
  if (line.code == 0) return verdict;
  verdict.reply =
      mail::Reply{line.code, {line.enhanced.empty() ? line.text : line.enhanced + " " + line.text}};
  if (verdict.stage == mail::Stage::greeting || line.code == 421) {
    verdict.scope = mail::Scope::host;
  }
  return verdict;
}

mail::Health health_of(const Outcome& outcome) {
  const auto any = [&outcome](auto rule) { return std::ranges::any_of(outcome.recipients, rule); };
  const auto answered = [](const RecipientLine& line) { return line.code != 0; };
  if (!any(answered)) {
    const bool by_name = any([](const RecipientLine& line) { return line.stage == "dns"; });
    if (by_name) return mail::Health::unresolved;
    const auto broke_off = [](const RecipientLine& line) {
      return mail::broke_off(verdict_of(line));
    };
    return any(broke_off) ? mail::Health::broke_off : mail::Health::unreachable;
  }
  const auto refused = [](const RecipientLine& line) {
    return line.code >= 400 && (line.stage == "greeting" || line.code == 421);
  };
  const bool all = std::ranges::all_of(outcome.recipients, refused);
  return all ? mail::Health::refused_by_host : mail::Health::well;
}

}  // namespace

Laboratory::Laboratory(scheduler::SchedulerPolicy policy) : policy_{policy} {}

mail::DeliveryReport Laboratory::report_of(const Under& under, const Outcome& outcome) const {
  mail::DeliveryReport report{.message = under.request.message,
                              .destination = under.request.destination,
                              .verdicts = {},
                              .tries = {},
                              .health = health_of(outcome),
                              .reused_session = false,
                              .started = under.started,
                              .finished = now_,
                              .mail_hosts = outcome.mail_hosts};
  for (const laboratory::HostLine& line : outcome.hosts) {
    mail::HostTry one;
    one.host.name = line.host;
    one.started = under.started;
    one.stage = mail::Stage::connect;
    if (line.outcome == "session") one.stage = mail::Stage::rcpt;
    if (line.outcome == "rejected") one.stage = mail::Stage::greeting;
    report.tries.push_back(std::move(one));
  }
  for (const mail::DueRecipient& recipient : under.request.recipients) {
    const std::string& name = queue_.recipient(recipient.id).as_written;
    const auto line = std::ranges::find(outcome.recipients, name, &RecipientLine::recipient);
    if (line == outcome.recipients.end()) throw Broken{"no outcome for a recipient"};
    report.verdicts.push_back({recipient.id, verdict_of(*line)});
  }
  return report;
}

void Laboratory::act(const laboratory::Begin& begin) {
  if (scheduler_) throw Broken{"a second \"config\""};
  policy_.sessions = std::min(policy_.sessions, begin.sessions);
  policy_.lifetime = begin.lifetime;
  if (policy_.learning) policy_.learning->lifetime = begin.lifetime;
  scheduler_ = std::make_unique<scheduler::Scheduler>(policy_);
}

void Laboratory::act(const laboratory::Submitted& submitted) {
  if (queue_.knows(submitted.id)) throw Broken{"a message was submitted twice"};
  const auto sender = mail::parse_reverse_path(submitted.sender);
  if (!sender) throw Broken{"not a sender: " + sender.error().why};
  std::vector<mail::Address> addresses;
  for (const std::string& text : submitted.recipients) {
    const auto address = mail::Address::parse(text);
    if (!address) throw Broken{"not a recipient: " + address.error().why};
    addresses.push_back(*address);
  }
  if (addresses.empty()) throw Broken{"a message without recipients"};
  laboratory::QueuedMessage message{submitted.id, {}, now_};
  message.envelope.sender = *sender;
  message.envelope.size = submitted.size;
  const std::int64_t id = queue_.add(std::move(message));
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    mail::Destination destination = own_servers(addresses[i].domain());
    queue_.add(laboratory::QueuedRecipient{.message = id,
                                           .as_written = submitted.recipients[i],
                                           .address = std::move(addresses[i]),
                                           .destination = std::move(destination),
                                           .due = now_});
  }
}

void Laboratory::act(const Outcome& outcome, std::string& answer) {
  const auto found = under_way_.find(outcome.attempt);
  if (found == under_way_.end()) throw Broken{"a result of no attempt under way"};
  const mail::DeliveryReport report = report_of(found->second, outcome);
  const mail::DeliveryRequest request = std::move(found->second.request);
  under_way_.erase(found);
  settle(request, report, answer);
}

void Laboratory::settle(const mail::DeliveryRequest& request, const mail::DeliveryReport& report,
                        std::string& answer) {
  const std::vector<scheduler::Advice> advice = scheduler_->finished(request, report, now_);
  const std::string& message = queue_.message(request.message).id;
  std::vector<std::string> delivered;
  std::vector<std::string> rejected;
  std::vector<std::string> expired;
  std::vector<mail::RecipientId> closed;
  for (const mail::RecipientVerdict& one : report.verdicts) {
    const std::string& name = queue_.recipient(one.recipient).as_written;
    if (one.verdict.kind == mail::Kind::deferred) {
      const auto told = std::ranges::find(advice, one.recipient, &scheduler::Advice::recipient);
      if (told != advice.end() && told->next_attempt) {
        queue_.defer(one.recipient, *told->next_attempt, told->counted, told->knocks);
        continue;
      }
      expired.push_back(name);
    } else {
      (one.verdict.kind == mail::Kind::delivered ? delivered : rejected).push_back(name);
    }
    closed.push_back(one.recipient);
  }
  if (!delivered.empty()) answer += laboratory::delivered_line(message, delivered);
  if (!rejected.empty()) answer += laboratory::failed_line(message, rejected, true);
  if (!expired.empty()) answer += laboratory::failed_line(message, expired, false);
  for (const mail::RecipientId id : closed) queue_.close(id);
}

bool Laboratory::give_back() {
  const std::vector<scheduler::Shed> shed = scheduler_->shed(now_);
  for (const scheduler::Shed& one : shed) {
    for (const mail::DueRecipient& recipient : one.request.recipients) {
      // Time passes between two looks at one recipient.
      queue_.put_back(recipient.id, std::max(one.next_attempt, now_ + mail::Duration{1}));
    }
  }
  return !shed.empty();
}

bool Laboratory::claim() {
  bool any = false;
  const auto add = [&](std::vector<mail::DeliveryRequest> requests) {
    for (mail::DeliveryRequest& request : requests) {
      scheduler_->add(std::move(request), now_);
      any = true;
    }
  };
  add(queue_.claim(now_, scheduler_->appetite(), scheduler_->lane_appetite(),
                   scheduler_->except(now_)));
  for (const std::string& destination : scheduler_->take_early()) {
    add(queue_.claim_early(destination,
                           std::min(scheduler_->appetite(), scheduler_->lane_appetite())));
  }
  return any;
}

bool Laboratory::start(std::string& answer) {
  bool any = false;
  for (mail::DeliveryRequest& request : scheduler_->take_ready(now_)) {
    std::vector<std::string> recipients;
    for (const mail::DueRecipient& recipient : request.recipients) {
      recipients.push_back(queue_.recipient(recipient.id).as_written);
    }
    const std::string& first = recipients.front();
    answer += laboratory::attempt_line(++attempts_, queue_.message(request.message).id,
                                       first.substr(first.rfind('@') + 1), recipients,
                                       request.first_host);
    under_way_.emplace(attempts_, Under{std::move(request), now_});
    any = true;
  }
  return any;
}

void Laboratory::turn(std::string& answer) {
  for (bool moved = true; moved;) {
    moved = claim();
    moved = start(answer) || moved;
    moved = give_back() || moved;
  }
  std::optional<mail::WallTime> next = scheduler_->next_wakeup(now_);
  if (scheduler_->appetite() > 0) {
    const auto due = queue_.next_due(scheduler_->except(now_));
    if (due) next = next ? std::min(*next, *due) : *due;
  }
  if (!next) {
    answer += laboratory::wait_line(std::nullopt);
    return;
  }
  answer += laboratory::wait_line(std::max(*next, now_ + mail::Duration{1}) - kBeginning);
}

mail::Parsed<bool> Laboratory::hear(std::string_view text, std::string& answer) {
  const mail::Parsed<laboratory::Line> line = laboratory::read_line(text);
  if (!line) return line.error();
  try {
    const mail::WallTime at = kBeginning + line->at;
    if (at < now_) throw Broken{"time goes backwards"};
    now_ = at;
    if (std::holds_alternative<laboratory::End>(line->event)) return true;
    if (const auto* begin = std::get_if<laboratory::Begin>(&line->event)) {
      act(*begin);
      return false;
    }
    if (!scheduler_) throw Broken{"the first line is not \"config\""};
    if (const auto* submitted = std::get_if<laboratory::Submitted>(&line->event)) act(*submitted);
    if (const auto* outcome = std::get_if<Outcome>(&line->event)) act(*outcome, answer);
    turn_is_over_ = std::holds_alternative<laboratory::Go>(line->event);
    if (turn_is_over_) turn(answer);
    return false;
  } catch (const Broken& broken) {
    return mail::ParseError{broken.why};
  }
}

std::optional<std::string> run_laboratory(std::istream& in, std::ostream& out) {
  scheduler::SchedulerPolicy policy;
  policy.learning.emplace();
  Laboratory laboratory{policy};
  std::string line;
  std::string answer;
  for (std::int64_t number = 1; next_line(in, line); ++number) {
    const std::string where = "line " + std::to_string(number) + ": ";
    if (line.size() > kLongestLine) return where + "too long";
    const mail::Parsed<bool> last = laboratory.hear(line, answer);
    if (!last) return where + last.error().why;
    if (*last) return std::nullopt;
    if (!laboratory.turn_is_over()) continue;
    out << answer << std::flush;
    answer.clear();
  }
  return "the input ended without \"end\"";
}

}  // namespace tenax::engine
