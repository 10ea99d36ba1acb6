// SPDX-License-Identifier: Apache-2.0
#include "engine/toml_depth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/config.h"

namespace tenax::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> said_of(const std::string& text) {
  std::vector<std::string> texts;
  for (const engine::ConfigProblem& problem : engine::parse_config(text, "t.toml").problems) {
    texts.push_back(problem.text());
  }
  return texts;
}

std::string dotted(std::size_t parts, const std::string& part = "a") {
  std::string key = part;
  for (std::size_t i = 1; i < parts; ++i) key += "." + part;
  return key;
}

TEST(TomlDepth, AKeyThatIsTooDeepForTheParserIsRefusedBeforeIt) {
  const std::string deep = dotted(400'000);
  for (const std::string& line :
       {deep + " = 1", "[" + deep + "]", "[[" + deep + "]]", "x = {" + deep + " = 1}", deep,
        "x = [1, {y = 1, " + deep + " = 1}]", dotted(17) + "=1", dotted(17, "\"a.=\"") + "=1",
        dotted(17, " 'a' ") + "=1", "[ " + dotted(17, "a\t") + " ]"}) {
    EXPECT_THAT(said_of("state = \"/s\" # a.b\n" + line + "\n"),
                ElementsAre("t.toml:2: a key of more than 16 parts"))
        << line.substr(0, 40);
  }
}

TEST(TomlDepth, DotsAreCountedInKeysOnly) {
  const std::string dots(100, '.');
  for (const std::string& value : {"\"" + dots + "\"", "'" + dots + "'", "\"\\\"" + dots + "\"",
                                   "\"\"\"\n" + dots + "\n\"\"\"", "'''\n'" + dots + "'''",
                                   "\"\"\"" + dots + "\"\"\"\"\"", "\"\" # " + dots}) {
    EXPECT_THAT(said_of("hostname = " + value + "\n" + dotted(16) + " = 1\n"),
                Not(Contains(HasSubstr("parts"))))
        << value;
  }
  EXPECT_THAT(said_of("hostname = \"\"\"a\"\"\"\"\"\n" + dotted(17) + " = 1\n"),
              Contains("t.toml:2: a key of more than 16 parts"));
  std::string numbers = "x = [";
  for (int i = 0; i < 50; ++i) numbers += "1.5, ";
  EXPECT_THAT(said_of(numbers + "]\n"), Not(Contains(HasSubstr("parts"))));
}

TEST(TomlDepth, WhatIsNotTooDeepInTheDeepestTablesDoesNotSinkTheParser) {
  std::string text = "x = ";
  for (int i = 0; i < 300; ++i) text += "{" + dotted(16) + " = ";
  EXPECT_THAT(said_of(text), SizeIs(1));
  std::string whole = "x = ";
  for (int i = 0; i < 200; ++i) whole += "{" + dotted(16) + " = ";
  EXPECT_THAT(said_of(whole + "1" + std::string(200, '}') + "\n"), SizeIs(1));
}

}  // namespace
}  // namespace tenax::testing
