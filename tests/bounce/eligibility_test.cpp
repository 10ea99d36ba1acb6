// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "tests/bounce/orders.h"

namespace tenax::bounce {
namespace {

using mail::Origin;
using enum NoticeKind;

struct Case {
  std::string rule;
  NoticeKind kind;
  std::string notify;
  bool told;
  bool automatic = false;
};

class Eligible : public ::testing::TestWithParam<Case> {};

TEST_P(Eligible, ByNotify) {
  const Case& given = GetParam();
  mail::Envelope envelope;
  envelope.sender = address("ann@example.org");
  envelope.automatic = given.automatic;
  const mail::Notify notify = mail::Notify::parse(given.notify).value();

  EXPECT_EQ(eligible(given.kind, envelope, Origin::submitted, notify), given.told);
  EXPECT_FALSE(eligible(given.kind, envelope, Origin::notice, notify));
  envelope.sender.reset();
  EXPECT_FALSE(eligible(given.kind, envelope, Origin::submitted, notify));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Eligible,
    ::testing::Values(Case{"AFailureIsToldByCustom", failed, "", true},
                      Case{"ADelayIsToldByCustom", delayed, "", true},
                      Case{"ASuccessIsNot", delivered, "", false},
                      Case{"NeverIsNeverForFailures", failed, "NEVER", false},
                      Case{"NeverIsNeverForDelays", delayed, "NEVER", false},
                      Case{"NeverIsNeverForSuccesses", delivered, "NEVER", false},
                      Case{"WhoAsksForSuccessOnlyHearsNoFailure", failed, "SUCCESS", false},
                      Case{"WhoAsksForSuccessHearsIt", delivered, "SUCCESS", true},
                      Case{"WhoAsksForFailureOnlyHearsNoDelay", delayed, "FAILURE", false},
                      Case{"WhoAsksForBothHearsBoth", delayed, "FAILURE,DELAY", true},
                      Case{"WhoHearsOfDelaysMayHearOfTheirEnd", cleared, "", true},
                      Case{"NeverIsNeverForTheirEnd", cleared, "NEVER", false},
                      Case{"AutomaticMailHearsNoEndOfADelay", cleared, "", false, true},
                      Case{"AutomaticMailHearsFailures", failed, "", true, true},
                      Case{"AutomaticMailHearsNoDelay", delayed, "", false, true},
                      Case{"NotEvenWhenItAsks", delayed, "DELAY", false, true}),
    [](const auto& given) { return given.param.rule; });

}  // namespace
}  // namespace tenax::bounce
