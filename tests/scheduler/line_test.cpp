// SPDX-License-Identifier: Apache-2.0
// Whose request goes next: senders share a line, whatever each of them brings.
#include "scheduler/line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/scheduler/requests.h"
#include "tests/support/watched.h"

namespace tenax::scheduler {
namespace {

using testing::ElementsAre;

class Crowd {
 public:
  /// One message from each of these, in this order.
  void come(const std::string& from, int messages = 1, int recipients = 1, int attempts = 0) {
    for (int i = 0; i < messages; ++i) {
      const std::int64_t id = ++last_id_;
      line.add(request({.id = id,
                        .attempts = attempts,
                        .due = kNoon + std::chrono::milliseconds{id},
                        .recipients = recipients,
                        .from = from}),
               static_cast<std::uint64_t>(id), false);
    }
  }

  mail::DeliveryRequest go() { return line.start(line.first()); }

  std::string next_sender() {
    const mail::DeliveryRequest gone = go();
    return gone.envelope.sender ? gone.envelope.sender->text() : "<>";
  }

  /// How many go before one from `who` does.
  int before(const std::string& who) {
    for (int others = 0; !line.empty(); ++others) {
      if (next_sender() == who) return others;
    }
    return -1;
  }

  Line line;

 private:
  std::int64_t last_id_ = 0;
};

TEST(Line, ANewsletterDelaysAPasswordResetByOneMessage) {
  Crowd crowd;
  crowd.come("news@shop.example", 20'000);
  for (int i = 0; i < 100; ++i) (void)crowd.go();
  crowd.come("accounts@shop.example");
  EXPECT_LE(crowd.before("accounts@shop.example"), 1);
}

TEST(Line, ANoticeIsNotDelayedByANewsletterEither) {
  Crowd crowd;
  crowd.come("news@shop.example", 1000);
  crowd.come("");
  EXPECT_LE(crowd.before("<>"), 1);
}

TEST(Line, DeferredMailOfASenderIsNotDelayedByAnothersThousands) {
  Crowd crowd;
  crowd.come("news@shop.example", 1000, 1, 3);
  crowd.come("ann@shop.example", 1, 1, 3);
  EXPECT_LE(crowd.before("ann@shop.example"), 1);
}

TEST(Line, OfOneSenderWhoIsDueLongestGoesFirst) {
  Line line;
  line.add(request({.id = 1, .due = kNoon + 3s}), 1, false);
  line.add(request({.id = 2, .due = kNoon + 1s}), 2, false);
  line.add(request({.id = 3, .due = kNoon + 2s}), 3, false);
  std::vector<std::int64_t> order;
  while (!line.empty()) order.push_back(line.start(line.first()).message.value);
  EXPECT_THAT(order, ElementsAre(2, 3, 1));
}

TEST(Line, WhoWritesToManyHasFewerTurns) {
  Crowd crowd;
  crowd.come("lists@one.example", 100, 20);
  crowd.come("ann@two.example", 1000);
  std::map<std::string, int> recipients;
  while (recipients["ann@two.example"] < 500) {
    const mail::DeliveryRequest gone = crowd.go();
    recipients[gone.envelope.sender->text()] += static_cast<int>(gone.recipients.size());
  }
  EXPECT_NEAR(recipients["lists@one.example"], 500, 20);
}

TEST(Line, OneRequestOfFiveIsADeferredOneWhileBothWait) {
  Crowd crowd;
  crowd.come("ann@one.example", 100, 1, 2);
  crowd.come("ann@one.example", 100);
  int deferred = 0;
  for (int i = 0; i < 100; ++i) deferred += crowd.go().recipients.front().attempts > 0 ? 1 : 0;
  EXPECT_EQ(deferred, 20);
}

TEST(Line, AnAddressForEachRecipientGainsNothing) {
  Crowd crowd;
  for (int i = 0; i < 1000; ++i) {
    crowd.come("list-bounces+user" + std::to_string(i) + "=example.net@lists.example");
  }
  crowd.come("ann@lists.example", 10);
  for (int i = 0; i < 21; ++i) (void)crowd.go();
  EXPECT_EQ(crowd.before("ann@lists.example"), -1) << "its ten went among the first twenty";
}

TEST(Line, NamesMadeUpGainNothingOnOtherDomains) {
  Crowd crowd;
  const auto made_up = [](int i) {
    const auto letter = [](int n) { return static_cast<char>('a' + n); };
    return std::string{letter(i % 26), letter(i / 26 % 26), letter(i / 676 % 26)};
  };
  for (int i = 0; i < 2000; ++i) crowd.come(made_up(i) + "@bulk.example");
  crowd.come("ann@other.example", 10);
  for (int i = 0; i < 21; ++i) (void)crowd.go();
  EXPECT_EQ(crowd.before("ann@other.example"), -1);
}

TEST(Line, WhoComesOneByOneDoesNotShutOutWhoWaits) {
  Crowd crowd;
  crowd.come("ann@one.example", 300);
  int anns = 0;
  for (int i = 0; i < 200; ++i) {
    crowd.come("bob@two.example");
    if (crowd.next_sender() == "ann@one.example") ++anns;
    // Somebody nobody met before, each time.
    crowd.come("eve@site" + std::to_string(i) + ".example");
    if (crowd.next_sender() == "ann@one.example") ++anns;
  }
  EXPECT_GE(anns, 100);
}

TEST(Line, WhoWasServedMuchStandsBackWhenItComesAgain) {
  Crowd crowd;
  crowd.come("ann@one.example", 300);
  crowd.come("lists@two.example", 1, 50);
  EXPECT_LE(crowd.before("lists@two.example"), 2);
  crowd.come("lists@two.example", 1, 50);
  EXPECT_GE(crowd.before("lists@two.example"), 48);
}

TEST(Line, ItsLastIsOfWhoHadMost) {
  Crowd crowd;
  crowd.come("news@shop.example", 100);
  for (int i = 0; i < 10; ++i) (void)crowd.go();
  crowd.come("ann@one.example");
  (void)crowd.go();
  const Place last = crowd.line.last();
  EXPECT_EQ(crowd.line.at(last).envelope.sender->text(), "news@shop.example");
  EXPECT_EQ(last.due, kNoon + 100ms);
}

/// Random senders of random sizes come and go: whoever waits, waits for no more recipients than the
/// others' fair parts.
TEST(LineProperty, NobodyWaitsLongerThanTheSendersTimesTheLargestRequest) {
  constexpr int kSenders = 20;
  constexpr int kLargest = 30;
  for (std::uint64_t seed = 1; seed <= part_of(200U); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 dice{seed};
    Line line;
    std::map<std::string, std::multiset<int>> waiting;  // recipients of each request
    std::map<std::string, int> waited;  // recipients of others, since it last went or came
    std::int64_t id = 0;
    const auto come = [&] {
      // Some are eager.
      const auto who = std::min(dice() % kSenders, dice() % kSenders);
      const std::string from = "a@site" + std::to_string(who) + ".example";
      const int recipients = 1 + static_cast<int>(dice() % kLargest);
      const std::int64_t number = ++id;
      line.add(request({.id = number, .recipients = recipients, .from = from}),
               static_cast<std::uint64_t>(number), false);
      if (waiting[from].empty()) waited[from] = 0;
      waiting[from].insert(recipients);
    };
    for (int step = 0; step < 600; ++step) {
      for (auto n = dice() % 3; step < 400 && n > 0; --n) come();
      if (line.empty()) continue;
      const mail::DeliveryRequest gone = line.start(line.first());
      const std::string from = gone.envelope.sender->text();
      const int size = static_cast<int>(gone.recipients.size());
      std::multiset<int>& of_it = waiting[from];
      ASSERT_TRUE(of_it.contains(size));
      of_it.erase(of_it.find(size));
      for (const auto& [other, requests] : waiting) {
        if (other == from || requests.empty()) continue;
        waited[other] += size;
        // Its debt for its last request and the others' overhang: two of the largest for each.
        ASSERT_LE(waited[other], kSenders * 2 * kLargest) << other;
      }
      waited[from] = 0;
    }
  }
}

TEST(Sender, IsADomainAndANameWithoutWhatIsMadeUpForEachMessage) {
  const auto of = [](const std::string& text) {
    return sender_of(mail::Address::parse(text).value());
  };
  EXPECT_EQ(of("list-bounces+bob=example.net@l.example"), of("list-bounces+eve@L.example"));
  EXPECT_EQ(of("news-return-17-bob=example.net@l.example"), of("news-return-9@l.example"));
  EXPECT_EQ(of("prvs=1234abcdef=ann@l.example"), of("Ann@l.example"));
  EXPECT_EQ(of("SRS0=hash=tt=a.example=ann@l.example"), of("srs0=x=tt=b.example=bob@l.example"));
  EXPECT_EQ(of("0100018c-a1b2@l.example"), of("99@l.example"));
  EXPECT_NE(of("news@l.example"), of("accounts@l.example"));
  EXPECT_NE(of("news@l.example"), of("news@m.example"));
  EXPECT_NE(of("prvs=@l.example"), of("ann@l.example"));
  EXPECT_EQ(sender_of(std::nullopt), sender_of(std::nullopt));
  EXPECT_NE(sender_of(std::nullopt), of("ann@l.example"));
}

}  // namespace
}  // namespace tenax::scheduler
