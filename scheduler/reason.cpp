// SPDX-License-Identifier: Apache-2.0
#include "scheduler/reason.h"

#include "mail/word_table.h"

namespace tenax::scheduler {

namespace {

constexpr mail::WordTable<20> kReasons = {
    "schedule", "first",  "stated",  "checks",   "known_age", "explores",   "other_asks",
    "sender",   "domain", "growing", "patience", "unwell",    "door",       "own_limit",
    "crowded",  "probe",  "name",    "mailbox",  "own_fault", "last_chance"};
static_assert(kReasons.size() == static_cast<std::size_t>(Reason::last_chance) + 1);

}  // namespace

std::string_view to_string(Reason reason) { return mail::word_of(kReasons, reason); }

std::optional<Reason> parse_reason(std::string_view text) {
  return mail::value_of<Reason>(kReasons, text);
}

}  // namespace tenax::scheduler
