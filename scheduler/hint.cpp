// SPDX-License-Identifier: Apache-2.0
#include "scheduler/hint.h"

#include <algorithm>
#include <tuple>

#include "scheduler/hint_rules.h"
#include "scheduler/hint_words.h"

namespace tenax::scheduler {

namespace {

using namespace std::chrono_literals;
using hints::Said;
using hints::Word;

// A refusal for good may still name a limit; but whoever refuses for good describes, at most, and
// does not negotiate.
constexpr double kSaidForGood = 0.75;

bool of_kind(const std::vector<Hint>& found, HintKind kind, HintScope scope) {
  return std::any_of(found.begin(), found.end(),
                     [&](const Hint& hint) { return hint.kind == kind && hint.scope == scope; });
}

bool says(const Said& said, std::initializer_list<Word> words) {
  return said.any(0, said.tokens.size(), words);
}

/// Whom a stated wait counts for, by all that is said.
HintScope scope_of_wait(const Said& said, const std::vector<Hint>& found) {
  if (of_kind(found, HintKind::wait, HintScope::pair)) return HintScope::pair;
  for (const HintScope scope :
       {HintScope::recipient, HintScope::address, HintScope::destination, HintScope::pair}) {
    if (of_kind(found, HintKind::rate, scope)) return scope;
  }
  for (const HintScope scope : {HintScope::address, HintScope::host}) {
    if (of_kind(found, HintKind::concurrency, scope)) return scope;
  }
  const bool about_us = says(said, {Word::ip}) ||
                        (says(said, {Word::your}) && says(said, {Word::host, Word::connection}));
  if (about_us &&
      says(said, {Word::blocked, Word::delayed, Word::throttled, Word::listed, Word::list})) {
    return HintScope::address;
  }
  // 421: the host is leaving, whoever we write to (RFC 5321 3.8).
  return said.code == 421 ? HintScope::host : HintScope::recipient;
}

/// Of two of one kind and scope: the one that says more, then the surer, then the more careful.
bool is_better(const Hint& a, const Hint& b) {
  const auto merits = [](const Hint& hint) {
    const bool timed = hint.wait > 0ms;
    const int careful = hint.count == 0 ? 0 : -hint.count;
    return std::tuple{hint.count > 0, timed, hint.confidence, hint.wait, careful};
  };
  return merits(a) > merits(b);
}

void keep(std::vector<Hint>& kept, const Hint& hint) {
  const auto same = std::find_if(kept.begin(), kept.end(), [&](const Hint& other) {
    return other.kind == hint.kind && other.scope == hint.scope;
  });
  if (same == kept.end()) {
    kept.push_back(hint);
  } else if (is_better(hint, *same)) {
    *same = hint;
  }
}

/// The words beside a code say more than the code; it adds what they do not speak of.
void add_known(const std::vector<Hint>& known, std::vector<Hint>& found) {
  const std::vector<Hint> said = found;
  for (const Hint& hint : known) {
    const bool spoken_of = std::any_of(said.begin(), said.end(), [&](const Hint& other) {
      // "4.5.3 too many recipients this hour" is no cap on one message.
      return other.kind == hint.kind ||
             (hint.kind == HintKind::per_transaction && other.kind == HintKind::rate);
    });
    if (!spoken_of) found.push_back(hint);
  }
}

std::vector<Hint> all_in(const Said& said, mail::WallTime now) {
  std::vector<Hint> found;
  hints::Taken taken(said.tokens.size(), false);
  const std::vector<Hint> known = hints::habits(said);
  hints::read_limits(said, known, taken, found);
  add_known(known, found);
  if (said.code >= 500) {
    std::erase_if(found, [](const Hint& hint) {
      return hint.kind == HintKind::wait || hint.confidence <= hints::kGuess;
    });
    for (Hint& hint : found) hint.confidence *= kSaidForGood;
    return found;
  }
  std::vector<Hint> waits;
  hints::read_waits(said, taken, now, waits);
  const HintScope scope = scope_of_wait(said, found);
  for (Hint& wait : waits) {
    wait.scope = scope;
    found.push_back(wait);
  }
  return found;
}

/// Calendars outside of these years are broken; arithmetic with them would be, too.
mail::WallTime sane(mail::WallTime now) {
  using namespace std::chrono;
  const mail::WallTime first{sys_days{year{1970} / January / 1}};
  const mail::WallTime last{sys_days{year{9999} / January / 1}};
  return std::clamp(now, first, last);
}

}  // namespace

std::vector<Hint> hints_in(const mail::Reply& reply, mail::WallTime now) {
  if (!reply.transient() && !reply.permanent()) return {};
  const Said said = hints::read(reply, kOctetsRead);
  std::vector<Hint> kept;
  for (const Hint& hint : all_in(said, sane(now))) keep(kept, hint);
  std::sort(kept.begin(), kept.end(), [](const Hint& a, const Hint& b) {
    return std::tuple{-a.confidence, a.kind, a.scope} < std::tuple{-b.confidence, b.kind, b.scope};
  });
  if (kept.size() > kMostHints) kept.resize(kMostHints);
  return kept;
}

std::optional<Hint> stated_wait(const std::vector<Hint>& hints) {
  const auto found = std::find_if(hints.begin(), hints.end(), [](const Hint& hint) {
    return hint.kind == HintKind::wait && hint.wait > 0ms;
  });
  return found == hints.end() ? std::nullopt : std::optional{*found};
}

}  // namespace tenax::scheduler
