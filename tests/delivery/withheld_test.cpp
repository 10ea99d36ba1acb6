// SPDX-License-Identifier: Apache-2.0
#include "delivery/withheld.h"

#include <gtest/gtest.h>

namespace tenax::delivery {
namespace {

constexpr std::string_view kUser = "ann@example.org";
constexpr std::string_view kPassword = "s3cret words";
// "\0ann@example.org\0s3cret words"
constexpr std::string_view kPlain = "AGFubkBleGFtcGxlLm9yZwBzM2NyZXQgd29yZHM=";

Withheld after_plain() {
  Withheld withheld{std::string{kUser}, std::string{kPassword}};
  withheld.add_answer(std::string{kPlain});
  return withheld;
}

std::string shown(const Withheld& withheld, std::vector<std::string> lines) {
  return withheld.without_it({535, std::move(lines)}).text();
}

TEST(Withheld, IsTheAnswerAndThePasswordWhereverTheyStand) {
  const Withheld withheld = after_plain();
  EXPECT_EQ(shown(withheld, {"5.5.1 what is AGFubkBleGFtcGxlLm9yZwBzM2NyZXQgd29yZHM=?"}),
            "535 5.5.1 what is [...]?");
  EXPECT_EQ(shown(withheld, {"no s3cret words here", "s3cret wordss3cret words"}),
            "535 no [...] here / [...]");
}

TEST(Withheld, IsNothingElse) {
  const Withheld withheld = after_plain();
  EXPECT_EQ(shown(withheld, {"5.7.8 authentication of ann@example.org failed", "5.7.8"}),
            "535 5.7.8 authentication of ann@example.org failed / 5.7.8");
  EXPECT_EQ(shown(withheld, {"AUTH PLAIN S3CRET"}), "535 AUTH PLAIN S3CRET");
}

TEST(Withheld, IsAPartOfAnAnswerToo) {
  const Withheld withheld = after_plain();
  EXPECT_EQ(shown(withheld, {"what is \"AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBzM2N...\"?"}),
            "535 what is \"AUTH PLAIN [...]...\"?");
  EXPECT_EQ(shown(withheld, {"LmZwBzM2NyZXQgd29yZHM="}), "535 Lm[...]");
}

TEST(Withheld, IsAnAnswerThatIsWrapped) {
  const Withheld withheld = after_plain();
  EXPECT_EQ(shown(withheld, {"5.5.1 AGFubkBleGFtcGxlLm9yZwBzM2NyZXQg", "5.5.1 d29yZHM= what?"}),
            "535 5.5.1 [...] / 5.5.1 [...] what?");
  EXPECT_EQ(shown(withheld, {"AGFubk BleGFt", "cGxlLm9yZwBzM2NyZXQgd29yZHM", "="}),
            "535 [...] [...] / [...] / [...]");
}

TEST(Withheld, IsWhatWasAnsweredToAChallenge) {
  Withheld withheld{"ann", "pw"};
  withheld.add_answer("YW5uIDNkYmM4OGYwNjI0Nzc2YTczN2IzOTA5M2Y2ZWI2NDI3");  // CRAM-MD5
  EXPECT_EQ(shown(withheld, {"ann said 3dbc88f0624776a737b39093f6eb6427"}), "535 ann said [...]");
  withheld.add_answer("bixhPWFubixuPWFubixyPWFiY2RlZg==");  // "n,a=ann,n=ann,r=abcdef", of SCRAM
  EXPECT_EQ(shown(withheld, {"login=ann nonce=abcdef"}), "535 login=ann nonce=[...]");
}

TEST(Withheld, IsNoEmptyAnswer) {
  Withheld withheld{"", ""};
  withheld.add_answer("");
  withheld.add_answer("*");
  EXPECT_EQ(shown(withheld, {"5.0.0 * no"}), "535 5.0.0 * no");
  EXPECT_EQ(shown(withheld, {""}), "535");
}

}  // namespace
}  // namespace tenax::delivery
