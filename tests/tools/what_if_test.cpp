// SPDX-License-Identifier: Apache-2.0
// The recorded queue under another schedule, as it is told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/rows.h"
#include "tools/tenax/present.h"

namespace tenax::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

scheduler::Schedule listed(std::vector<mail::Duration> delays) {
  scheduler::Schedule schedule{.policy = {}, .delays = std::move(delays)};
  schedule.policy.jitter = 0.0;
  return schedule;
}

/// Put off at these ages; delivered at the last.
scheduler::Past a_past(const std::vector<mail::Duration>& ages) {
  scheduler::Past past;
  past.message = mail::QueueId{7};
  past.accepted = kNow - 48h;
  for (const mail::Duration age : ages) {
    past.deferrals.push_back({past.accepted + age, past.accepted + age});
  }
  past.answer = past.deferrals.back();
  past.deferrals.pop_back();
  past.delivered = true;
  past.until = past.answer->finished;
  return past;
}

WhatIfView a_view(int recipients, const scheduler::Schedule& other,
                  const std::string& destination = "example.net") {
  const scheduler::Schedule in_force = listed({5min, 10min, 20min, 40min});
  WhatIfView view{.in_force = in_force,
                  .other = other,
                  .since = 168h,
                  .since_cut = false,
                  .answer = {{in_force, other}, 0},
                  .destinations = {}};
  for (int i = 0; i < recipients; ++i) {
    view.answer.counted.add(destination, a_past({0min, 5min, 15min, 35min}));
  }
  view.destinations = view.answer.counted.most_changed(10);
  return view;
}

TEST(PresentWhatIf, ShowsWhatWasWhatWouldHaveBeenAndWhereItDiffers) {
  EXPECT_EQ(present(a_view(20, listed({8min})), 0),
            R"(mail accepted in the last 7d: 20 recipients attempted, 20 put off at least once
in force: 5m, 10m, 20m, 40m and so on; for 5d
other:    8m and so on; for 5d

             RECORDED  IN FORCE   OTHER    BEST   WORST
attempts           80        80     100      60     120
mean delay        35m       35m     32m     16m     40m
95 % within    34m57s    34m57s  31m57s  15m58s  39m59s
delivered          20        20      20      20      20
expired             0         0       0       0       0

20 attempts more (-20 to 40)

DESTINATION  PUT OFF  ATTEMPTS  OTHER  MEAN DELAY  OTHER  EXPIRED  OTHER
example.net       20        80    100         35m    32m        0      0

delays are those of recipients put off and then delivered. BEST and WORST are the bounds of an estimate,
OTHER and IN FORCE its middle: tenax(1)
)");
}

TEST(PresentWhatIf, SaysWhoWouldHaveExpired) {
  scheduler::Schedule shorter = listed({5min});
  shorter.policy.lifetime = 10min;
  EXPECT_THAT(present(a_view(20, shorter), 0),
              HasSubstr("20 recipients that took delivery would have expired\n"));
  EXPECT_THAT(present(a_view(20, listed({5min})), 0), Not(HasSubstr("would have expired")));
}

TEST(PresentWhatIf, AnEmptyOrAShortHistoryIsOneLine) {
  EXPECT_EQ(present(a_view(0, listed({8min})), 0),
            "nothing to replay: of mail accepted in the last 7d, nobody was put off\n");
  EXPECT_EQ(present(a_view(1, listed({8min})), 0),
            "too little to replay: of mail accepted in the last 7d, 1 recipient was put off and "
            "then delivered, and fewer than 10 say nothing\n");
}

TEST(PresentWhatIf, SaysWhatCouldNotBeReplayed) {
  WhatIfView view = a_view(20, listed({8min}));
  view.since_cut = true;
  view.answer.left_out = 3;
  const std::string text = present(view, 0);
  EXPECT_THAT(text, HasSubstr("in the last 7d, as long as history is kept: 20 recipients"));
  EXPECT_THAT(text, HasSubstr("; 3 left out, never reached or no longer recorded whole\n"));
}

TEST(PresentWhatIf, NothingInTheQueueReachesTheTerminalAsACommand) {
  EXPECT_TRUE(tame(present(a_view(20, listed({8min}), kHostile), 0)));
  EXPECT_TRUE(tame(present(a_view(20, listed({8min}), kHostile), 60)));
}

}  // namespace
}  // namespace tenax::cli
