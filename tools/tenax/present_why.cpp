// SPDX-License-Identifier: Apache-2.0
// What holds a message, in plain words.

#include <algorithm>
#include <utility>

#include "mail/reply.h"

#include "tools/tenax/present.h"
#include "tools/tenax/remarks.h"
#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

std::string recipients(std::int64_t count) { return counted(count, "recipient"); }

// What a server said, or what we say of one that said nothing.
std::string last_words(const Hindrance& hindrance) {
  const std::string text = mail::printable(hindrance.said);
  return hindrance.host.empty() ? text : mail::printable(hindrance.host, 255) + ": " + text;
}

std::string with_last_words(std::string text, const Hindrance& hindrance) {
  if (hindrance.said.empty()) return text;
  return std::move(text) + "; last: " + last_words(hindrance);
}

std::string ago(const Hindrance& hindrance, mail::WallTime now) {
  return hindrance.since ? " " + relative(*hindrance.since, now) : std::string{};
}

std::string sessions(const Hindrance& hindrance) {
  if (!hindrance.lane) return {};
  return std::to_string(hindrance.lane->in_flight) + " of at most " +
         counted(hindrance.lane->window, "session") + " there in use";
}

std::string others(const Hindrance& hindrance) {
  const std::int64_t count = hindrance.before.waiting;
  if (count == 0) return "no other recipient is before it";
  const char* bound = hindrance.at_most ? "at most " : hindrance.before.more ? "more than " : "";
  return bound + recipients(count) + (count == 1 ? " is" : " are") + " before it";
}

std::string of_a_deferral(const Hindrance& hindrance, mail::WallTime now) {
  const std::string text = "put off" + ago(hindrance, now);
  if (hindrance.said.empty()) return text;
  return text + (hindrance.host.empty() ? ": " : " by ") + last_words(hindrance);
}

std::string of_a_parked_lane(const Hindrance& hindrance, mail::WallTime now) {
  std::string text = "its destination does not answer: the lane is parked, tried again " +
                     relative(*hindrance.lane->parked_until, now);
  if (hindrance.lane->failures > 0) {
    text += " (after " + counted(hindrance.lane->failures, "failure") + " in a row)";
  }
  return with_last_words(std::move(text), hindrance);
}

std::string of_probation(const Hindrance& hindrance) {
  const bool flies = hindrance.lane->in_flight > 0;
  return with_last_words(
      std::string{"its destination did not answer: after the parking one message goes first, "} +
          (flies ? "and is under way" : "and it is about to"),
      hindrance);
}

std::string of_the_door(const Hindrance& hindrance, mail::WallTime now) {
  std::string text = "its destination takes no more for now";
  if (*hindrance.lane->door_until > now) {
    text += "; tried again " + relative(*hindrance.lane->door_until, now);
  } else {
    text += std::string{"; one message asks whether it does, and "} +
            (hindrance.lane->in_flight > 0 ? "is under way" : "is about to");
  }
  return with_last_words(std::move(text) + "; " + others(hindrance), hindrance);
}

std::string of_a_full_lane(const Hindrance& hindrance) {
  return "its lane is full: " + sessions(hindrance) + "; " + others(hindrance);
}

std::string of_a_turn(const Hindrance& hindrance) {
  std::string text = "it is due and waits for its turn: " + others(hindrance);
  if (hindrance.before.leased > 0) {
    text += ", " + std::to_string(hindrance.before.leased) + " in delivery";
  }
  if (hindrance.lane) text += "; " + sessions(hindrance);
  return text;
}

std::string of_a_rate(const Hindrance& hindrance) {
  std::string text = "its destination gets no more than " + hindrance.rate + ", as line " +
                     std::to_string(hindrance.line) + " of the configuration says";
  return text;
}

}  // namespace

std::string_view to_string(Wait wait) {
  switch (wait) {
    case Wait::none: return "none";
    case Wait::message_backoff: return "message_backoff";
    case Wait::destination_backoff: return "destination_backoff";
    case Wait::limiter: return "limiter";
    case Wait::hold: return "hold";
    case Wait::own_fault: return "own_fault";
  }
  return "none";
}

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::trying: return "trying";
    case Cause::settling: return "settling";
    case Cause::put_off: return "put_off";
    case Cause::sent_back: return "sent_back";
    case Cause::parked: return "parked";
    case Cause::probation: return "probation";
    case Cause::lane_full: return "lane_full";
    case Cause::all_full: return "all_full";
    case Cause::in_line: return "in_line";
    case Cause::paced: return "paced";
    case Cause::door: return "door";
    case Cause::held: return "held";
    case Cause::stormed: return "stormed";
    case Cause::paused: return "paused";
    case Cause::daemon_down: return "daemon_down";
    case Cause::left_leased: return "left_leased";
    case Cause::own_fault: return "own_fault";
  }
  return "trying";
}

std::string in_words(Wait wait) {
  switch (wait) {
    case Wait::none: return "no wait";
    case Wait::message_backoff: return "message back-off";
    case Wait::destination_backoff: return "destination back-off";
    case Wait::limiter: return "limiter wait";
    case Wait::hold: return "hold";
    case Wait::own_fault: return "our own fault";
  }
  return {};
}

std::string_view in_words(scheduler::Reason reason) {
  using scheduler::Reason;
  switch (reason) {
    case Reason::schedule: return "";
    case Reason::first: return "the first";
    case Reason::stated: return "the server said when";
    case Reason::checks: return "a look whether the time that the server states is true";
    case Reason::known_age: return "others were taken there after so long";
    case Reason::explores: return "to find out how long this site lets strangers wait";
    case Reason::other_asks: return "another message asks there first";
    case Reason::sender: return "its sender is refused there: one of its messages asks at a time";
    case Reason::domain: return "its domain is refused there: one of its messages asks at a time";
    case Reason::growing: return "nothing was said of when: ever later";
    case Reason::patience: return "refused often or for long: left alone for longer";
    case Reason::unwell: return "the server says it is unwell";
    case Reason::door: return "the site takes no more before that";
    case Reason::own_limit: return "the site takes no more of this sender before that";
    case Reason::crowded: return "too many sessions there";
    case Reason::probe: return "the next look at a site that does not answer";
    case Reason::name: return "the next look at a name that does not resolve";
    case Reason::mailbox: return "the mailbox takes nothing for now and is asked in turn";
    case Reason::own_fault: return "after a fault of our own";
    case Reason::last_chance: return "the last, at the end of its lifetime";
  }
  return "";
}

std::string explained(const Hindrance& hindrance, mail::WallTime now) {
  switch (hindrance.cause) {
    case Cause::trying:
      return hindrance.since ? "it is being tried right now, since " + age(*hindrance.since, now)
                             : "tenaxd has it: it is being tried, or is next in its lane";
    case Cause::settling: return "its attempt is over, and what came of it is being written down";
    case Cause::put_off: return of_a_deferral(hindrance, now);
    case Cause::sent_back:
      return with_last_words(
          "given back to the queue, uncounted: its lane was parked or too full, or a tenaxd ended "
          "while it had it",
          hindrance);
    case Cause::parked: return of_a_parked_lane(hindrance, now);
    case Cause::probation: return of_probation(hindrance);
    case Cause::lane_full: return of_a_full_lane(hindrance);
    case Cause::all_full:
      return "every session that may be open at once is in use; " + others(hindrance);
    case Cause::in_line: return of_a_turn(hindrance);
    case Cause::paced: return of_a_rate(hindrance);
    case Cause::door: return of_the_door(hindrance, now);
    case Cause::held:
      return (hindrance.said.empty() ? "held" : mail::printable(hindrance.said)) +
             (hindrance.since ? "," : "") + ago(hindrance, now);
    case Cause::stormed:
      return with_last_words(
          "held" + ago(hindrance, now) +
              ": its destination suddenly refuses most mail, for reasons that lie with us; it is "
              "not tried, not returned, and does not expire",
          hindrance);
    case Cause::paused: return std::string{kPaused};
    case Cause::daemon_down:
      return with_last_words("tenaxd is not running; due" + ago(hindrance, now), hindrance);
    case Cause::left_leased:
      return "tenaxd is not running, and ended while it had it: what came of that is not known";
    case Cause::own_fault:
      return "our own fault" + ago(hindrance, now) +
             ", not counted as an attempt: " + mail::printable(hindrance.said);
  }
  return {};
}

std::vector<std::string> remedies(const Reason& reason) {
  const queue::RecipientRow& row = reason.recipients.front();
  const std::string id = row.message.text();
  const std::string destination = mail::printable(row.destination.text(), 300);
  switch (reason.hindrance.cause) {
    case Cause::trying:
    case Cause::settling: return {};
    case Cause::put_off:
    case Cause::sent_back: return {"tenax retry " + id + " makes it due now"};
    case Cause::parked:
      return {"the end of the parking: one message goes first, alone",
              "tenax flush --destination '" + destination + "' ends the parking now"};
    case Cause::probation: return {"the first message that comes through opens the lane"};
    case Cause::lane_full:
      return {"a session there that ends",
              "delivery.longest_window, if the lane has grown as wide as that"};
    case Cause::all_full: return {"a session anywhere that ends", "delivery.sessions"};
    case Cause::in_line: return {"its turn comes by itself"};
    case Cause::paced:
      return {"its turn at that rate comes by itself",
              "another rate in line " + std::to_string(reason.hindrance.line) +
                  " of the configuration, and a reload of tenaxd"};
    case Cause::door:
      return {"its turn after that comes by itself; tenax destination '" + destination +
                  "' tells what is known of its limits",
              "tenax flush --destination '" + destination + "' asks there now"};
    case Cause::held: return {"tenax release " + id + " lets it go on"};
    case Cause::stormed:
      return {"tenax release --destination '" + destination +
                  "' tries all of it again, when the reason is mended",
              "tenax expire --destination '" + destination + "' gives it up and tells the senders"};
    case Cause::paused: return {std::string{kEndsThePause}};
    case Cause::daemon_down:
    case Cause::left_leased: return {"starting tenaxd"};
    case Cause::own_fault:
      return {"mending what is said above", "tenax retry " + id + " makes it due now"};
  }
  return {};
}

namespace {

std::string next_words(const Reason& reason, mail::WallTime now) {
  const Hindrance& hindrance = reason.hindrance;
  if (hindrance.next) {
    const int number = reason.recipients.front().attempts + 1;
    const bool behind_others = hindrance.cause == Cause::door && hindrance.before.waiting > 0;
    std::string text = moment(*hindrance.next) + ", " + relative(*hindrance.next, now) +
                       (behind_others ? " at the earliest: attempt " : ": attempt ") +
                       std::to_string(number);
    const std::string_view why = hindrance.reason ? in_words(*hindrance.reason) : "";
    if (!why.empty()) text += ": " + std::string{why};
    return text;
  }
  switch (hindrance.wait) {
    case Wait::hold:
      return hindrance.cause == Cause::paused ? "none until the pause ends"
                                              : "none until it is released";
    case Wait::own_fault: return "as soon as tenaxd runs";
    case Wait::none: return "after the answer, if that is a deferral";
    case Wait::message_backoff:
    case Wait::destination_backoff:
    case Wait::limiter: break;
  }
  return "at its turn";
}

std::string lines(const Reason& reason, const Reasons& all) {
  const queue::RecipientRow& row = reason.recipients.front();
  const Hindrance& hindrance = reason.hindrance;
  std::string text =
      people(reason.recipients) + " by way of " + mail::printable(row.destination.text(), 300) +
      ", " + counted(row.attempts, "attempt") + " so far: " + in_words(hindrance.wait) + "\n";
  text += "  why     " + explained(hindrance, all.now) + "\n";
  if (hindrance.cause != Cause::trying || !hindrance.since) {
    text += "  next    " + next_words(reason, all.now) + "\n";
  }
  const char* name = "  change  ";
  for (const std::string& remedy : remedies(reason)) {
    text += name + remedy + "\n";
    name = "          ";
  }
  const bool not_due = hindrance.wait == Wait::message_backoff ||
                       hindrance.wait == Wait::destination_backoff ||
                       hindrance.cause == Cause::own_fault;
  if (not_due && all.daemon.life == DaemonState::Life::down) {
    text += "  but     tenaxd has to run by then\n";
  }
  return text;
}

std::string end_line(const Reasons& reasons) {
  if (!reasons.end) return "does not expire while it is held\n";
  const bool some_held = std::ranges::any_of(reasons.open, [](const Reason& reason) {
    return reason.recipients.front().state == mail::RecipientState::held;
  });
  return "given up at " + moment(*reasons.end) + ", if nothing succeeds before" +
         (some_held ? "; held mail stays\n" : "\n");
}

}  // namespace

std::string present(const Reasons& reasons) {
  std::string text = reasons.message.text() + " from " + shown(reasons.sender) + ", accepted " +
                     moment(reasons.accepted) + ", " + relative(reasons.accepted, reasons.now) +
                     "\n";
  if (reasons.open.empty()) {
    return text + "nothing holds it: every recipient has ended\n" +
           lines(reasons.remarks, reasons.now);
  }
  text += end_line(reasons) + sentence(reasons.daemon);
  for (const Reason& reason : reasons.open) text += "\n" + lines(reason, reasons);
  if (reasons.more > 0) {
    text += "\n" + counted(static_cast<std::int64_t>(reasons.more), "other recipient") +
            " waiting for other reasons; tenax list " + reasons.message.text() + " names them\n";
  }
  if (reasons.ended > 0) {
    text += "\n" + counted(static_cast<std::int64_t>(reasons.ended), "other recipient") +
            (reasons.ended == 1 ? " has ended\n" : " have ended\n");
  }
  return text + lines(reasons.remarks, reasons.now);
}

}  // namespace tenax::cli
