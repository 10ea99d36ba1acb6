// SPDX-License-Identifier: Apache-2.0
#include "delivery/ledger.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/builders.h"

namespace tenax::delivery {
namespace {

mail::DeliveryRequest to_recipients(int many) { return testing::RequestBuilder{}.to_many(many); }

mail::Verdict put_off(std::vector<std::string> lines) {
  mail::Verdict verdict;
  verdict.kind = mail::Kind::deferred;
  verdict.reply = mail::Reply{450, std::move(lines)};
  return verdict;
}

std::size_t octets_of(const mail::Reply& reply) {
  std::size_t octets = 0;
  for (const std::string& line : reply.lines) octets += line.size();
  return octets;
}

std::size_t octets_of(const mail::DeliveryReport& report) {
  std::size_t octets = 0;
  for (const auto& said : report.verdicts) octets += octets_of(*said.verdict.reply);
  return octets;
}

TEST(Ledger, RepliesOfOneAttemptAreKeptWholeWhileTheyAreFew) {
  Ledger ledger{to_recipients(16), {}};
  const std::vector<std::string> lines(8, std::string(500, 'x'));
  for (std::size_t at = 0; at < 16; ++at) ledger.answer(at, put_off(lines));
  for (const auto& said : std::move(ledger).close({}).verdicts) {
    EXPECT_EQ(said.verdict.reply->lines, lines);
  }
}

TEST(Ledger, AThousandLongRepliesDoNotFillTheDisk) {
  Ledger ledger{to_recipients(1000), {}};
  for (std::size_t at = 0; at < 1000; ++at) {
    ledger.answer(at, put_off(std::vector<std::string>(8, std::string(500, 'x'))));
  }
  const mail::DeliveryReport report = std::move(ledger).close({});
  EXPECT_LT(octets_of(report), 600'000U);
  EXPECT_EQ(octets_of(*report.verdicts.front().verdict.reply), 4000U);
  EXPECT_GE(octets_of(*report.verdicts.back().verdict.reply), 500U);
}

TEST(Ledger, WhatOneHostSaidOfAThousandIsNoShorterThanAThousandAnswers) {
  Ledger ledger{to_recipients(1000), {}};
  mail::Verdict busy = put_off({std::string(4000, 'x')});
  busy.scope = mail::Scope::host;
  ledger.answer_open(busy);
  EXPECT_LT(octets_of(std::move(ledger).close({})), 600'000U);
}

TEST(Ledger, AReplyThatIsShortenedEndsWithAWholeCharacterAndHasALine) {
  for (const std::size_t before : {0U, 1U, 2U, 3U}) {
    Ledger ledger{to_recipients(200), {}};
    std::string line(before, 'x');
    while (line.size() < 2000) line += "\xe2\x82\xac";
    for (std::size_t at = 0; at < 200; ++at) ledger.answer(at, put_off({line, line}));
    const mail::DeliveryReport report = std::move(ledger).close({});
    const mail::Reply& last = *report.verdicts.back().verdict.reply;
    ASSERT_EQ(last.lines.size(), 1U);
    EXPECT_LT(last.lines.front().size(), 600U);
    EXPECT_EQ((last.lines.front().size() - before) % 3, 0U);
  }
}

TEST(Ledger, AShortReplyBehindLongOnesStaysWhole) {
  Ledger ledger{to_recipients(100), {}};
  for (std::size_t at = 0; at < 99; ++at) {
    ledger.answer(at, put_off({std::string(4000, 'x')}));
  }
  ledger.answer(99, put_off({"4.2.2 over quota", "try again tomorrow"}));
  const mail::DeliveryReport report = std::move(ledger).close({});
  EXPECT_EQ(report.verdicts.back().verdict.reply->lines,
            (std::vector<std::string>{"4.2.2 over quota", "try again tomorrow"}));
}

}  // namespace
}  // namespace tenax::delivery
