// SPDX-License-Identifier: Apache-2.0
// What large receivers and common servers mean by a code or by words that say less than they mean.
// Only what their own pages or their source say.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "scheduler/hint_rules.h"

namespace tenax::scheduler::hints {

namespace {

using namespace std::chrono_literals;

struct Meant {
  HintKind kind;
  HintScope scope;
  double sure;
};

constexpr Meant kFast{HintKind::rate, HintScope::address, kClear};
constexpr Meant kPerhapsFast{HintKind::rate, HintScope::address, kGuess};
constexpr Meant kCrowd{HintKind::concurrency, HintScope::address, kCertain};
constexpr Meant kLongSession{HintKind::per_connection, HintScope::host, kCertain};
constexpr Meant kGrey{HintKind::wait, HintScope::pair, kLikely};
constexpr Meant kPerhapsGrey{HintKind::wait, HintScope::pair, kGuess};

struct Code {
  std::string_view piece;  // as it stands between blanks, in lower case; "rl0000*" begins so
  Meant meant;
};

constexpr auto kCodes = std::to_array<Code>({
    // Yahoo and AOL: volume or complaints, per address
    {"tss0*", kFast},
    {"ts0*", kFast},
    {"ipts0*", kFast},
    {"gl01", kGrey},
    {"dyn:t*", kFast},
    // Outlook.com: S775 and its kin are rates by reputation, S3115 connections
    {"s775", kFast},
    {"s777*", kFast},
    {"s3115", kCrowd},
    {"s3140", kPerhapsFast},
    {"ib007", kCrowd},
    {"rp-001", kFast},
    {"rp-002", kFast},
    {"rp-003", kCrowd},
    // Orange
    {"ofr004_104", kCrowd},
    {"ofr_104", kCrowd},
    {"ofr004_105", kPerhapsFast},
    {"ofr_105", kPerhapsFast},
    {"ofr_999", kPerhapsFast},
    {"ofr999", kPerhapsFast},
    // Comcast: messages in an hour, of an address without or with a poor name
    {"rl00000*", kFast},
    // Cox
    {"cxcnct", kCrowd},
    {"cxthrt", {HintKind::rate, HintScope::pair, kLikely}},
    // iCloud
    {"hcm1", kPerhapsFast},
    // NetEase: connections at once, messages in a time, messages and recipients per connection
    {"hl:icc", kCrowd},
    {"hl:ifc", kFast},
    {"hl:itc", kFast},
    {"mi:dmc", kLongSession},
    {"rp:drc", kLongSession},
    {"rp:trc", kFast},
    {"mi:sfq", {HintKind::rate, HintScope::pair, kClear}},
    {"mi:stc", {HintKind::rate, HintScope::pair, kClear}},
    {"rp:orq", {HintKind::rate, HintScope::pair, kClear}},
});

struct Status {
  int detail;  // of x.7.detail, so large that nobody else uses it
  Meant meant;
};

constexpr auto kPolicyStatuses = std::to_array<Status>({
    {28, kFast},                                           // Gmail: an unusual rate
    {500, {HintKind::rate, HintScope::address, kLikely}},  // Outlook.com: busy, for us
    {650, kFast},
    {651, kFast},
    {652, kCrowd},
});

struct Phrase {
  std::string_view words;  // in a row
  std::size_t longest;     // pieces of a reply that says no more than that; 0: may say more
  bool policy;             // only beside 4.7.1
  Meant meant;
};

constexpr auto kPhrases = std::to_array<Phrase>({
    // OpenBSD spamd and greyd, greylisting
    {"temporary failure please try again later", 6, false, kPerhapsGrey},
    // rspamd, greylisting or a soft reject
    {"try again later", 4, true, kPerhapsGrey},
    // Plesk, greylisting; a milter that is down says the same
    {"service unavailable try again later", 6, true, {HintKind::wait, HintScope::pair, 0.3}},
    // policyd, cluebringer
    {"policy rejection please try later", 6, false, kPerhapsGrey},
    // Mimecast, greylisting
    {"internal resource is temporarily unavailable", 0, false, kGrey},
    {"internal resource temporarily unavailable", 0, false, kGrey},
    {"internal resources are temporarily unavailable", 0, false, kGrey},
    // Yahoo of old
    {"temporarily deferred", 0, false, {HintKind::rate, HintScope::address, kGuess}},
    // Orange
    {"service refuse", 0, false, kPerhapsFast},
    {"service refused please try later", 0, false, kPerhapsFast},
    // Outlook.com
    {"server busy please try again later from",
     0,
     false,
     {HintKind::rate, HintScope::address, kLikely}},
});

bool matches(std::string_view pattern, std::string_view piece) {
  if (!pattern.ends_with('*')) return pattern == piece;
  pattern.remove_suffix(1);
  return piece.size() > pattern.size() && piece.starts_with(pattern) && piece.size() <= 12;
}

bool begins_at(const std::vector<std::string>& pieces, std::size_t at, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (at == pieces.size() || pieces[at++] != words.substr(0, end)) return false;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return true;
}

bool is_said(const Said& said, const Phrase& phrase) {
  const bool policy =
      std::any_of(said.statuses.begin(), said.statuses.end(),
                  [](const mail::EnhancedStatus& s) { return s.subject == 7 && s.detail == 1; });
  if (phrase.policy && !policy) return false;
  // The status is a piece as well.
  const std::size_t words = said.pieces.size() - std::min(said.statuses.size(), said.pieces.size());
  if (phrase.longest > 0 && words > phrase.longest) return false;
  for (std::size_t i = 0; i < said.pieces.size(); ++i) {
    if (begins_at(said.pieces, i, phrase.words)) return true;
  }
  return false;
}

Hint hint_of(const Meant& meant) { return {meant.kind, meant.scope, 0ms, 0, meant.sure}; }

void read_codes(const Said& said, std::vector<Hint>& found) {
  for (const std::string& piece : said.pieces) {
    for (const Code& code : kCodes) {
      if (matches(code.piece, piece)) found.push_back(hint_of(code.meant));
    }
  }
}

void read_statuses(const Said& said, std::vector<Hint>& found) {
  for (const mail::EnhancedStatus& status : said.statuses) {
    // "Too many recipients" (RFC 3463 3.6)
    if (status.subject == 5 && status.detail == 3) {
      found.push_back({HintKind::per_transaction, HintScope::host, 0ms, 0, kLikely});
    }
    if (status.klass != 4 || status.subject != 7) continue;
    for (const Status& known : kPolicyStatuses) {
      if (known.detail == status.detail) found.push_back(hint_of(known.meant));
    }
  }
}

}  // namespace

std::vector<Hint> habits(const Said& said) {
  std::vector<Hint> found;
  if (said.any(0, said.tokens.size(), {Word::greylisted})) {
    found.push_back({HintKind::wait, HintScope::pair, 0ms, 0, kCertain});
  }
  read_statuses(said, found);
  read_codes(said, found);
  for (const Phrase& phrase : kPhrases) {
    if (is_said(said, phrase)) found.push_back(hint_of(phrase.meant));
  }
  return found;
}

}  // namespace tenax::scheduler::hints
