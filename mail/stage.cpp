// SPDX-License-Identifier: Apache-2.0
#include "mail/stage.h"

#include "mail/word_table.h"

namespace tenax::mail {

namespace {

constexpr WordTable<13> kStages = {"resolve", "connect", "greeting", "ehlo", "starttls",
                                   "auth",    "mail",    "rcpt",     "data", "body",
                                   "dot",     "quit",    "local"};
static_assert(kStages.size() == static_cast<std::size_t>(Stage::local) + 1);

}  // namespace

std::string_view to_string(Stage stage) { return word_of(kStages, stage); }
std::optional<Stage> parse_stage(std::string_view text) { return value_of<Stage>(kStages, text); }

}  // namespace tenax::mail
