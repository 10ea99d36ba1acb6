// SPDX-License-Identifier: Apache-2.0
#include "mail/delivery_report.h"

#include "mail/word_table.h"

namespace tenax::mail {

namespace {

constexpr WordTable<6> kHealths = {"well",        "broke_off",  "refused_by_host",
                                   "unreachable", "unresolved", "ours"};
static_assert(kHealths.size() == static_cast<std::size_t>(Health::ours) + 1);

}  // namespace

std::string_view to_string(Health health) { return word_of(kHealths, health); }

bool broke_off(const Verdict& verdict) {
  const bool with_the_contents = verdict.stage == Stage::body || verdict.stage == Stage::dot;
  return with_the_contents && !verdict.reply && verdict.kind == Kind::deferred &&
         verdict.fault == Fault::theirs;
}

Health health_of(const Verdict& verdict) {
  if (verdict.fault == Fault::ours) return Health::ours;
  if (verdict.stage == Stage::resolve || verdict.stage == Stage::local) {
    // A definite answer of the names is an answer; nothing is wrong with asking for more of it.
    return verdict.kind == Kind::failed ? Health::well : Health::unresolved;
  }
  if (verdict.scope != Scope::host) return Health::well;
  if (verdict.reply) return Health::refused_by_host;
  return broke_off(verdict) ? Health::broke_off : Health::unreachable;
}

}  // namespace tenax::mail
