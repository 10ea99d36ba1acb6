// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rules by which a refusal is understood: data, in bounce/cause.rules and perhaps a file of the
// operator's. The head of cause.rules tells how they are written.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "mail/parsed.h"

#include "bounce/cause.h"

namespace tenax::bounce {

namespace rules {
struct Table;
}

/// Rules as they were written. `name` is for complaints.
struct RuleText {
  std::string_view name;
  std::string_view text;
};

/// Nobody writes more by hand.
inline constexpr std::size_t kMostRules = 5000;
inline constexpr std::size_t kLongestRuleText = 1024UL * 1024;

/// Rules made ready to be asked. Concurrency: never changes.
class CauseRules {
 public:
  /// Rules of earlier texts come before those of later ones; a set may be used in all. A complaint
  /// names file and line: "cause.rules:12: there is no cause called full".
  [[nodiscard]] static mail::Parsed<CauseRules> parse(std::span<const RuleText> texts);

  /// By the first rule that fits; Evidence::nothing when none does. Concurrency: pure.
  [[nodiscard]] Judgement judge(const Refusal& refusal) const;

  [[nodiscard]] std::size_t size() const;

  explicit CauseRules(std::shared_ptr<const rules::Table> table) : table_{std::move(table)} {}

 private:
  std::shared_ptr<const rules::Table> table_;
};

/// bounce/cause.rules, as it was when this was built: to be read with an operator's own, and ready
/// to be asked.
[[nodiscard]] RuleText built_in_rule_text();
[[nodiscard]] CauseRules built_in_rules();

/// What judge() and cause_of() go by from now on, in the whole process; the built-in ones else.
/// Concurrency: at the start, before anybody else asks.
void use_rules(CauseRules rules);

}  // namespace tenax::bounce
