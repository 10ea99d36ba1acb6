// SPDX-License-Identifier: Apache-2.0
#include "queue/address_key.h"

#include "queue/reader.h"
#include "tests/queue/store_world.h"

namespace tenax::queue {
namespace {

using ::testing::ElementsAre;

TEST(AddressKey, IsTheSameForAllSpellingsOfTheDomain) {
  for (const char* spelled : {"Bob@müller.test", "bob@MÜLLER.TEST", "bob@XN--mller-kva.test"}) {
    EXPECT_EQ(address_key(spelled), "bob@xn--mller-kva.test") << spelled;
    EXPECT_TRUE(has_other_spellings(address_key(spelled)));
  }
  EXPECT_EQ(address_key("@MÜLLER.test"), "@xn--mller-kva.test");
  EXPECT_EQ(address_key("\"a@ü\"@Müller.test"), "\"a@ü\"@xn--mller-kva.test");
}

TEST(AddressKey, OfAsciiIsItsLowerCase) {
  EXPECT_EQ(address_key("Bob@Example.NET"), "bob@example.net");
  EXPECT_EQ(address_key("nobody"), "nobody");
  EXPECT_FALSE(has_other_spellings("xn--bob@example.net"));
}

TEST(AddressKey, FiltersFindADomainHoweverItIsWritten) {
  StoreWorld world;
  ASSERT_TRUE(world.open());
  world.enqueue(
      {.to = {"a@müller.test", "b@MÜLLER.test", "c@xn--mller-kva.test", "d@muller.test"}});
  const auto list = [&world](const std::string& recipient) {
    Selection by;
    by.recipient = recipient;
    std::vector<std::string> found;
    const auto reader = Reader::open(world.options.directory).value();
    for (const RecipientRow& row : reader->list(by, 100).value()) {
      found.push_back(row.address.text());
    }
    return found;
  };
  for (const std::string spelled : {"@müller.test", "@MÜLLER.test", "@XN--mller-kva.test"}) {
    EXPECT_THAT(list(spelled),
                ElementsAre("a@müller.test", "b@MÜLLER.test", "c@xn--mller-kva.test"));
    EXPECT_THAT(list("B" + spelled), ElementsAre("b@MÜLLER.test"));
  }
}

}  // namespace
}  // namespace tenax::queue
