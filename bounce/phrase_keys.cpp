// SPDX-License-Identifier: Apache-2.0
#include "bounce/phrase_keys.h"

#include <algorithm>

#include "bounce/cause.h"

namespace tenax::bounce {

namespace {

struct Frame {
  std::string_view key;
  std::string_view places;
};

constexpr Frame kFrame[] = {
    {"language", ""},
    {"date", "weekday day dd month mm year time"},
    {"weekdays", ""},
    {"months", ""},
    {"unit.day", "n"},
    {"unit.days", "n"},
    {"unit.hour", "n"},
    {"unit.hours", "n"},
    {"unit.minute", "n"},
    {"unit.minutes", "n"},
    {"unit.second", "n"},
    {"unit.seconds", "n"},
    {"unit.moment", ""},
    {"unit.join", "a b"},
    {"title.delayed", ""},
    {"title.failed", ""},
    {"title.orphan", ""},
    {"title.delivered", ""},
    {"title.relayed", ""},
    {"title.cleared", ""},
    {"title.digest", "n"},
    {"title.digest.one", ""},
    {"title.digest.delays", "n"},
    {"title.digest.delays.one", ""},
    {"title.held", ""},
    {"title.storm", "host"},
    {"title.storm.again", "host"},
    {"title.storm.over", "host"},
    {"system", "name"},
    {"message.titled", "title date"},
    {"message.untitled", "date"},
    {"opening.delayed", "message length"},
    {"opening.failed.one", "message"},
    {"opening.failed.many", "message"},
    {"opening.orphan", "title date"},
    {"opening.delivered", "message"},
    {"opening.relayed", "message"},
    {"opening.cleared", "message"},
    {"opening.digest", "n"},
    {"digest.group", "n"},
    {"opening.digest.delays", "n"},
    {"digest.delays", "n"},
    {"digest.unread", "n"},
    {"opening.held", "message length"},
    {"held.why", ""},
    {"paused.why", ""},
    {"opening.storm", "host date"},
    {"opening.storm.over", "host date"},
    {"storm.counts", "messages senders n"},
    {"storm.replies", "host"},
    {"storm.reply", "words n"},
    {"storm.yours", ""},
    {"storm.look", ""},
    {"storm.release", ""},
    {"storm.expire", ""},
    {"storm.nothing", ""},
    {"said", "host doing"},
    {"said.nameless", "doing"},
    {"at.host", "host words"},
    {"doing.connect", ""},
    {"doing.ehlo", ""},
    {"doing.starttls", ""},
    {"doing.auth", ""},
    {"doing.mail", ""},
    {"doing.rcpt", ""},
    {"doing.data", ""},
    {"doing.dot", ""},
    {"doing.quit", ""},
    {"doing.local", ""},
    {"in-doubt", ""},
    {"means", "text"},
    {"means.probably", "text"},
    {"who", "who"},
    {"yours", "text"},
    {"actor.nobody", ""},
    {"actor.you", ""},
    {"actor.your-admin", ""},
    {"actor.recipient", ""},
    {"actor.their-admin", ""},
    {"tried.none", ""},
    {"tried.once", ""},
    {"tried.times", "n"},
    {"tried.last", "date"},
    {"next", "date"},
    {"next.in", "date length"},
    {"give-up", "date"},
    {"ended.operator", ""},
    {"ended.lifetime", "length"},
    {"ended.untried", "length"},
    {"ended.rule", ""},
    {"done.delivered", ""},
    {"done.relayed", "host"},
    {"done.cleared", "host"},
    {"more", "n"},
    {"more.one", ""},
    {"coming", ""},
    {"history", ""},
    {"history.last", "n all"},
    {"attempt", "date words"},
    {"attempt.host", "date host words"},
    {"encloses.message", ""},
    {"encloses.header", ""},
    {"encloses.nothing", ""},
    {"questions", "postmaster id"},
    {"do.nothing", ""},
    {"international", ""},
    {"international.do", ""},
};

std::vector<PhraseKey> all_keys() {
  std::vector<PhraseKey> keys;
  for (const Frame& each : kFrame) keys.push_back({std::string{each.key}, each.places, true});
  for (int number = 0; number <= static_cast<int>(Cause::other); ++number) {
    const std::string cause = "cause." + std::string{to_string(static_cast<Cause>(number))};
    keys.push_back({cause, "", true});
    keys.push_back({cause + ".do", "", true});
    keys.push_back({cause + ".now", "", false});
    keys.push_back({cause + ".now.do", "", false});
  }
  return keys;
}

}  // namespace

const std::vector<PhraseKey>& phrase_keys() {
  static const std::vector<PhraseKey> keys = all_keys();
  return keys;
}

const PhraseKey* find_phrase_key(std::string_view key) {
  const auto found = std::ranges::find(phrase_keys(), key, &PhraseKey::key);
  return found == phrase_keys().end() ? nullptr : &*found;
}

}  // namespace tenax::bounce
