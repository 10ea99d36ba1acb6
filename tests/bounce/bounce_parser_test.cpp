// SPDX-License-Identifier: Apache-2.0
// A list server reads our notices: Mail::DeliveryStatus::BounceParser, over deliveries of every
// kind and in every language.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "bounce/status_fields.h"

#include "tests/bounce/orders.h"
#include "tests/bounce/strangers.h"

namespace tenax::bounce {
namespace {

using nlohmann::json;

/// What comes of mail on an ordinary day.
class Day {
 public:
  explicit Day(std::uint64_t seed) : dice_{seed} {}

  Order order() {
    constexpr std::array kKinds = {NoticeKind::failed, NoticeKind::failed, NoticeKind::delayed,
                                   NoticeKind::delivered, NoticeKind::cleared};
    const NoticeKind kind = kKinds[below(kKinds.size())];
    Order made = bounce::order(kind);
    for (std::size_t i = 0, count = 1 + below(5); i < count; ++i) {
      made.subjects.push_back(recipient(kind, i));
    }
    made.phrases = built_in(languages()[below(languages().size())]);
    made.html = below(4) > 0;
    if (below(3) == 0) made.body = "Hello Bob,\r\n\r\nthe delayed lunch.\r\n";
    made.envelope.ret = below(2) == 0 ? mail::Ret::full : mail::Ret::headers;
    return made;
  }

 private:
  std::size_t below(std::size_t n) { return dice_() % n; }

  Subject recipient(NoticeKind kind, std::size_t number) {
    static const std::array<std::string, 6> kFailed = {
        "550 5.1.1 User unknown",   "552 5.2.2 Mailbox full",        "554 5.7.1 Looks like spam",
        "550 5.1.2 No such domain", "553-5.7.1 not\n5.7.1 from you", "451 4.3.0 Internal error"};
    static const std::array<std::string, 3> kDelayed = {
        "450 4.7.1 Greylisted", "421 4.7.28 Too many messages", "452 4.2.2 Mailbox full"};
    const std::string to =
        "user" + std::to_string(number) + "@example" + std::to_string(below(3)) + ".net";
    std::string said = "250 2.0.0 taken";
    if (kind == NoticeKind::failed) said = kFailed[below(kFailed.size())];
    if (kind == NoticeKind::delayed) said = kDelayed[below(kDelayed.size())];
    Subject made = subject(to, answered(mail::Stage::rcpt, said));
    made.attempts = static_cast<int>(1 + below(40));
    for (std::size_t i = below(12); i > 0; --i) {
      made.tried.push_back({kNoon - 1h * i, made.verdict->host, made.verdict->text});
    }
    if (kind == NoticeKind::delayed) {
      made.next_attempt = kNoon + 1h;
      made.retry_until = kNoon + 96h;
    }
    return made;
  }

  std::mt19937_64 dice_;
};

TEST(BounceParser, ReadsTheSameRecipientsActionsAndStatus) {
  constexpr std::uint64_t kDays = 200;
  std::vector<Order> orders;
  std::vector<Notice> notices;
  for (std::uint64_t seed = 1; seed <= kDays; ++seed) {
    orders.push_back(Day{seed}.order());
    notices.push_back(compose(orders.back()));
  }

  const std::vector<json> read =
      read_by("perl " TENAX_SOURCE_DIR "/tests/bounce/read_bounce.pl", notices);

  ASSERT_EQ(read.size(), notices.size()) << "it gave up on seed " << read.size() + 1;
  for (std::size_t i = 0; i < read.size(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(i + 1));
    const Order& order = orders[i];
    const bool failing = order.kind == NoticeKind::failed;
    EXPECT_EQ(read[i]["bounce"], failing);
    if (!failing) {
      const std::string action{action_of(order.kind, order.subjects[0])};
      EXPECT_EQ(read[i]["type"], "delivery-status " + action);
      continue;
    }
    ASSERT_EQ(read[i]["recipients"].size(), order.subjects.size()) << notices[i].contents;
    for (std::size_t j = 0; j < order.subjects.size(); ++j) {
      const json& one = read[i]["recipients"][j];
      EXPECT_EQ(one["email"], order.subjects[j].address.text());
      EXPECT_EQ(one["action"], "failed");
      EXPECT_EQ(one["status"], status_of(order.kind, order.subjects[j]).text());
    }
    EXPECT_EQ(read[i]["id"], "<4711@example.org>");
  }
}

}  // namespace
}  // namespace tenax::bounce
