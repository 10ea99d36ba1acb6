// SPDX-License-Identifier: Apache-2.0
#include "mail/delivery_report.h"

#include "mail/word_table.h"

namespace tenax::mail {

namespace {

constexpr WordTable<5> kHealths = {"well", "refused_by_host", "unreachable", "unresolved", "ours"};
static_assert(kHealths.size() == static_cast<std::size_t>(Health::ours) + 1);

}  // namespace

std::string_view to_string(Health health) { return word_of(kHealths, health); }

}  // namespace tenax::mail
