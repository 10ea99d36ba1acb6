// SPDX-License-Identifier: Apache-2.0
// What the build says of a file of phrases (bounce/returned.marks).
#include <gmock/gmock.h>

#include <array>
#include <string>

#include "cmake/embed/embed.h"

namespace tenax::embed {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Source source_of(const std::string& text) {
  const std::array files{DataFile{"some.marks", text}};
  return marks(files);
}

TEST(MarksFile, EachListIsAFunctionWithItsPhrasesInOrder) {
  const Source source = source_of("# of it\n[first_words]\nzebra\nape\n\n[second]\n\"ape \"\n");
  EXPECT_THAT(source.wrong, IsEmpty());
  EXPECT_THAT(source.text, HasSubstr("MarkList first_words() {"));
  EXPECT_THAT(source.text, HasSubstr("\"zebra\"sv,\n      \"ape\"sv,\n"));
  EXPECT_THAT(source.text, HasSubstr("\"ape \"sv,\n"));
}

TEST(MarksFile, AMistakeIsToldWithFileAndLine) {
  EXPECT_EQ(source_of("zebra\n").wrong, "some.marks:1: a phrase before the first [list]");
  for (const char* line : {"ab", "Zebra", "ze\"bra", "ze\\bra", "zebra ", " zebra", "\" \"", "[b",
                           "[B]", "[]", "[a]"}) {
    const Source source = source_of("[a]\napes\n" + std::string{line} + "\n");
    EXPECT_THAT(source.wrong, StartsWith("some.marks:3: ")) << line;
    EXPECT_THAT(source.text, IsEmpty()) << line;
  }
}

TEST(MarksFile, APhraseStandsOnceInAList) {
  EXPECT_EQ(source_of("[a]\napes\napes\n").wrong,
            "some.marks:3: this phrase is in the list already");
  EXPECT_THAT(source_of("[a]\napes\n[b]\napes\n").wrong, IsEmpty());
}

TEST(MarksFile, AListHasPhrases) {
  EXPECT_EQ(source_of("[a]\n[b]\napes\n").wrong, "[a]: no phrases");
}

TEST(MarksFile, EveryMistakeIsTold) {
  EXPECT_EQ(source_of("[a]\nab\nXyz\n").wrong,
            "some.marks:2: a phrase has three octets at least\n"
            "some.marks:3: a phrase has no capitals, \\ or \"");
}

}  // namespace
}  // namespace tenax::embed
