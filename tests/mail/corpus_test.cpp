// SPDX-License-Identifier: Apache-2.0
// The seeds of the fuzz programs, and every cut-off beginning of them, hold to the same properties
// in every build, with any compiler. A text on which fuzzing found a bug becomes a seed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>

#include "tests/fuzz/mail_properties.h"
#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

struct Target {
  std::string_view rule;
  std::string_view corpus;
  void (*property)(std::string_view text);
};

void PrintTo(const Target& target, std::ostream* out) { *out << target.rule; }

constexpr Target kTargets[] = {
    {"OfAddresses", "address_fuzz", fuzz::address_holds},
    {"OfAddressLists", "address_list_fuzz", fuzz::address_list_holds},
    {"OfHeaders", "header_fuzz", fuzz::header_holds},
    {"OfEncodedWords", "encoded_word_fuzz", fuzz::encoded_word_holds},
    {"OfPrintable", "printable_fuzz", fuzz::printable_holds},
    {"OfReplies", "reply_fuzz", fuzz::reply_holds},
    {"OfStatuses", "enhanced_status_fuzz", fuzz::enhanced_status_holds},
    {"OfDestinations", "destination_fuzz", fuzz::destination_holds},
    {"OfDurations", "duration_fuzz", fuzz::duration_holds},
    {"OfXtext", "xtext_fuzz", fuzz::xtext_holds},
    {"OfIds", "ids_fuzz", fuzz::ids_hold},
};

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, Holds) {
  const std::filesystem::path root{TENAX_SOURCE_DIR "/tests/fuzz/corpus"};
  int seeds = 0;
  for (const auto& entry : std::filesystem::directory_iterator{root / GetParam().corpus}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    ++seeds;
    // From the longest: the whole seed is the one that matters, and is named first.
    for (std::size_t length = text.size() + 1; length-- > 0;) {
      EXPECT_NO_THROW(GetParam().property(std::string_view{text}.substr(0, length)))
          << entry.path() << ", its first " << length << " bytes";
    }
  }
  EXPECT_GE(seeds, 5);
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, testing::ValuesIn(kTargets), rule_of);

}  // namespace
}  // namespace tenax::mail
