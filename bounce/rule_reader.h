// SPDX-License-Identifier: Apache-2.0
#pragma once
// From the text of rules to their table.

#include <memory>
#include <span>

#include "mail/parsed.h"

#include "bounce/cause_rules.h"
#include "bounce/rule_table.h"

namespace tenax::bounce::rules {

[[nodiscard]] mail::Parsed<std::shared_ptr<const Table>> read(std::span<const RuleText> texts);

}  // namespace tenax::bounce::rules
