// SPDX-License-Identifier: Apache-2.0
// The words of the schema, the log and the CLI: each reads back, and none may change, for rows and
// scripts hold them.
#include <gtest/gtest.h>

#include <string>

#include "mail/delivery_report.h"
#include "mail/recipient.h"
#include "mail/stage.h"
#include "mail/verdict.h"

namespace tenax::mail {
namespace {

/// "a b c": the words of all values from the first to `last`, each read back on the way.
template <class Enum, class Parse>
std::string words_up_to(Enum last, Parse parse) {
  std::string words;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    const auto value = static_cast<Enum>(i);
    words += (words.empty() ? "" : " ") + std::string{to_string(value)};
    EXPECT_EQ(parse(to_string(value)), value) << i;
  }
  EXPECT_FALSE(parse(""));
  EXPECT_FALSE(parse("no such word"));
  return words;
}

TEST(Words, OfStages) {
  EXPECT_EQ(words_up_to(Stage::local, parse_stage),
            "resolve connect greeting ehlo starttls auth mail rcpt data body dot quit local");
}

TEST(Words, OfVerdicts) {
  EXPECT_EQ(words_up_to(Kind::failed, parse_kind), "delivered deferred failed");
  EXPECT_EQ(words_up_to(Scope::recipient, parse_scope), "host message recipient");
}

TEST(Words, OfRecipientStates) {
  EXPECT_EQ(words_up_to(RecipientState::removed, parse_recipient_state),
            "waiting leased held delivered failed removed");
}

TEST(Words, OfHealth) {
  EXPECT_EQ(to_string(Health::well), "well");
  EXPECT_EQ(to_string(Health::refused_by_host), "refused_by_host");
  EXPECT_EQ(to_string(Health::broke_off), "broke_off");
  EXPECT_EQ(to_string(Health::unreachable), "unreachable");
  EXPECT_EQ(to_string(Health::unresolved), "unresolved");
  EXPECT_EQ(to_string(Health::ours), "ours");
}

TEST(RecipientState, ThreeAreFinal) {
  EXPECT_FALSE(is_final(RecipientState::waiting));
  EXPECT_FALSE(is_final(RecipientState::leased));
  EXPECT_FALSE(is_final(RecipientState::held));
  EXPECT_TRUE(is_final(RecipientState::delivered));
  EXPECT_TRUE(is_final(RecipientState::failed));
  EXPECT_TRUE(is_final(RecipientState::removed));
}

}  // namespace
}  // namespace tenax::mail
