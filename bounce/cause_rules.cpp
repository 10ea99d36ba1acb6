// SPDX-License-Identifier: Apache-2.0
#include "bounce/cause_rules.h"

#include <string>
#include <utility>

#include "bounce/rule_matcher.h"
#include "bounce/rule_reader.h"
#include "bounce/rule_table.h"

namespace tenax::bounce {

namespace {

/// What a cause means of time where neither rule nor code says it.
bool passes(Cause cause) {
  return cause == Cause::greylisted || cause == Cause::rate_limited ||
         cause == Cause::unreachable || cause == Cause::server_trouble;
}

bool is_temporary(const rules::Table& table, const rules::Rule& rule, const Refusal& refusal) {
  if (rule.temporary) return *rule.temporary;
  if (const auto always = table.temporary[static_cast<std::size_t>(rule.cause)]) return *always;
  if (refusal.code != 0) return refusal.code < 500;
  if (refusal.status) return refusal.status->klass == 4;
  return passes(rule.cause);
}

}  // namespace

mail::Parsed<CauseRules> CauseRules::parse(std::span<const RuleText> texts) {
  auto table = rules::read(texts);
  if (!table) return table.error();
  return CauseRules{std::move(*table)};
}

Judgement CauseRules::judge(const Refusal& refusal) const {
  if (const rules::Rule* const rule = rules::first_fit(*table_, refusal)) {
    return {rule->cause, is_temporary(*table_, *rule, refusal), rule->evidence,
            std::string{rule->source.of(table_->text)}};
  }
  const bool temporary =
      refusal.code != 0 ? refusal.code < 500 : refusal.status && refusal.status->klass == 4;
  return {Cause::other, temporary, Evidence::nothing, {}};
}

std::size_t CauseRules::size() const { return table_->rules.size(); }

}  // namespace tenax::bounce
