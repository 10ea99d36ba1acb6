// SPDX-License-Identifier: Apache-2.0
#include "mail/delivery_report.h"

#include "mail/word_table.h"

namespace tenax::mail {

namespace {

constexpr WordTable<5> kHealths = {"well", "refused_by_host", "unreachable", "unresolved", "ours"};
static_assert(kHealths.size() == static_cast<std::size_t>(Health::ours) + 1);

}  // namespace

std::string_view to_string(Health health) { return word_of(kHealths, health); }

Health health_of(const Verdict& verdict) {
  if (verdict.fault == Fault::ours) return Health::ours;
  if (verdict.stage == Stage::resolve || verdict.stage == Stage::local) {
    // A definite answer of the names is an answer; nothing is wrong with asking for more of it.
    return verdict.kind == Kind::failed ? Health::well : Health::unresolved;
  }
  if (verdict.scope != Scope::host) return Health::well;
  return verdict.reply ? Health::refused_by_host : Health::unreachable;
}

}  // namespace tenax::mail
