// SPDX-License-Identifier: Apache-2.0
#include "mail/embedded.h"

#include <gtest/gtest.h>

namespace tenax::mail {
namespace {

TEST(EmbeddedCharacters, AreReadWhereverTheyStand) {
  EXPECT_EQ(without_embedding(R"(j\x{F6}rg+x@\x{4F8B}.x)"), "jörg+x@例.x");
}

TEST(EmbeddedCharacters, WhatIsNoneStays) {
  for (const char* text :
       {"bob+2B@x", R"(\x{}@x)", R"(b\x{0}@x)", R"(b\x{1234567}@x)", R"(\x{F6)", ""}) {
    EXPECT_EQ(without_embedding(text), text);
  }
}

TEST(EmbeddedCharacters, ReadBackAsTheyWereWritten) {
  std::string text;
  append_embedded(text, U'ö');
  append_embedded(text, U'例');
  EXPECT_EQ(text, R"(\x{F6}\x{4F8B})");
  EXPECT_EQ(without_embedding(text), "ö例");
}

}  // namespace
}  // namespace tenax::mail
