// SPDX-License-Identifier: Apache-2.0
#include "engine/crowds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tenax::engine {
namespace {

using ::testing::IsEmpty;

scheduler::Sender sender(std::uint32_t name) { return {1, name}; }

LeftBehind one_of(std::uint32_t name, std::int64_t message, std::size_t recipients = 1,
                  const std::string& lane = "big.example") {
  return {lane, sender(name), mail::QueueId{message}, "big.example", recipients};
}

std::vector<std::int64_t> messages(const std::vector<queue::Ahead>& ahead) {
  std::vector<std::int64_t> all;
  for (const queue::Ahead& one : ahead) all.push_back(one.message.value);
  return all;
}

constexpr std::uint32_t kNews = 7;

/// Has its share of the lane already.
std::size_t not_for_news(const std::string&, scheduler::Sender who) {
  return who == sender(kNews) ? 0 : 10;
}

Crowds with_newsletter(int count = 20'000) {
  Crowds crowds;
  for (int i = 1; i <= count; ++i) crowds.left(one_of(kNews, i));
  return crowds;
}

TEST(Crowds, WhoHasLittleGoesAheadOfACrowdAndOnlyOnce) {
  Crowds crowds = with_newsletter();
  crowds.left(one_of(1, 30'001));
  EXPECT_EQ(messages(crowds.take_ahead(50, not_for_news)), std::vector<std::int64_t>{30'001});
  EXPECT_THAT(crowds.take_ahead(50, not_for_news), IsEmpty());
}

TEST(Crowds, FewNeedNoOrderOfTheirOwn) {
  Crowds crowds = with_newsletter(40);
  crowds.left(one_of(1, 30'001));
  EXPECT_THAT(crowds.take_ahead(50, not_for_news), IsEmpty());
}

TEST(Crowds, WhatWasClaimedIsNotNamed) {
  Crowds crowds = with_newsletter();
  crowds.left(one_of(1, 30'001));
  crowds.left(one_of(1, 30'002));
  crowds.claimed(one_of(1, 30'001));
  EXPECT_EQ(messages(crowds.take_ahead(50, not_for_news)), std::vector<std::int64_t>{30'002});
}

TEST(Crowds, AMessageMayGoAheadInParts) {
  Crowds crowds = with_newsletter();
  crowds.left(one_of(1, 30'001, 25));
  const auto first = crowds.take_ahead(50, not_for_news);
  ASSERT_EQ(messages(first), std::vector<std::int64_t>{30'001});
  EXPECT_EQ(first[0].recipients, 10U);
  EXPECT_EQ(crowds.take_ahead(50, not_for_news).at(0).recipients, 10U);
  EXPECT_EQ(crowds.take_ahead(50, not_for_news).at(0).recipients, 5U);
  EXPECT_THAT(crowds.take_ahead(50, not_for_news), IsEmpty());
}

TEST(Crowds, SendersAndLanesTakeTurnsWhereNotAllMayGo) {
  Crowds crowds = with_newsletter();
  for (std::uint32_t who = 10; who < 30; ++who) {
    for (std::uint32_t i = 0; i < 5; ++i) crowds.left(one_of(who, 30'000 + who * 10 + i));
  }
  std::set<std::int64_t> seen;
  for (int claim = 0; claim < 10; ++claim) {
    for (const std::int64_t one : messages(crowds.take_ahead(10, not_for_news))) seen.insert(one);
  }
  EXPECT_EQ(seen.size(), 100U);
}

TEST(Crowds, LanesOfWhichNothingIsLeftAreForgotten) {
  Crowds crowds = with_newsletter();
  crowds.left(one_of(1, 30'001));
  crowds.forget([](const std::string& lane) { return lane == "big.example"; });
  EXPECT_EQ(crowds.messages(), 0U);
  EXPECT_THAT(crowds.take_ahead(50, not_for_news), IsEmpty());

  Crowds again = with_newsletter(100);
  for (int i = 1; i <= 100; ++i) again.claimed(one_of(kNews, i));
  EXPECT_EQ(again.messages(), 0U);
}

TEST(Crowds, RememberNoMoreThanTheirBounds) {
  Crowds crowds;
  std::int64_t id = 0;
  for (std::uint32_t who = 0; who < 1000; ++who) {
    for (int i = 0; i < 60; ++i) crowds.left(one_of(who, ++id));
  }
  EXPECT_EQ(crowds.messages(), 10'000U);
  Crowds wide;
  for (int i = 0; i < 5000; ++i) wide.left(one_of(1, i, 1, "lane" + std::to_string(i)));
  EXPECT_EQ(wide.messages(), 1000U);
}

}  // namespace
}  // namespace tenax::engine
