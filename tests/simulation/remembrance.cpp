// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/remembrance.h"

#include <algorithm>
#include <cstdio>

namespace tenax::simulation {

using namespace std::chrono_literals;

namespace {

constexpr mail::Duration kFresh = 24h * 6;  // older ones may be doubted
constexpr mail::Duration kTalk = 5s;        // from a knock to the fact of its refusal

/// The line of that name, without it.
std::string line_of(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name + " ");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 2;
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace

Remembrance::Remembrance(const Script& script) {
  for (const Receiver& receiver : script.receivers) {
    if (receiver.temper == Temper::greylists) greylisters_.insert(receiver.domain);
  }
}

std::optional<Remembrance::Ages> Remembrance::ages_in(const std::string& text) {
  long enough = 0;
  long too_short = 0;
  long taken = 0;
  const bool found =
      std::sscanf(line_of(text, "greylist").c_str(), "%ld %*s %ld", &enough, &too_short) == 2 &&
      std::sscanf(line_of(text, "strangers").c_str(), "%ld", &taken) == 1;
  // Its door is open, and nobody was taken at once, by whatever accident.
  if (!found || taken >= 1000 || !line_of(text, "door").starts_with("- ")) return std::nullopt;
  // Below this an ignorant daemon would do the same.
  if (too_short < 300'000) return std::nullopt;
  return Ages{mail::Duration{enough}, mail::Duration{too_short}};
}

void Remembrance::born(const std::vector<mail::Lesson>& lessons, mail::WallTime now) {
  known_.clear();
  for (const mail::Lesson& lesson : lessons) {
    if (now - lesson.learnt > kFresh || lesson.learnt > now) continue;
    for (const std::string& domain : greylisters_) {
      const auto ages = lesson.key == "site " + domain ? ages_in(lesson.text) : std::nullopt;
      if (ages) known_[domain] = *ages;
    }
  }
}

std::optional<std::string> Remembrance::attempted(const engine::Attempted& fact) {
  const auto found = known_.find(fact.destination.text());
  if (found == known_.end()) return std::nullopt;
  const Ages ages = found->second;
  known_.erase(found);
  const bool greylisted = fact.verdict.kind == mail::Kind::deferred && fact.verdict.reply &&
                          fact.verdict.text.find("greylisted") != std::string::npos;
  if (!greylisted || fact.attempts != 1 || !fact.next_attempt) return std::nullopt;
  ++used_;
  const mail::Duration wait = *fact.next_attempt - fact.when;
  // One may ask at an age in between; where there is none, all wait for the one that was enough.
  const mail::Duration least = std::min(ages.too_short + ages.too_short / 20, ages.enough);
  const bool as_taught = wait + kTalk > least && wait <= ages.enough + kTalk;
  if (as_taught) return std::nullopt;
  return fact.address.text() + " waits " + mail::in_short(wait) + " though " +
         mail::in_short(ages.enough) + " was enough and " + mail::in_short(ages.too_short) +
         " too short";
}

}  // namespace tenax::simulation
