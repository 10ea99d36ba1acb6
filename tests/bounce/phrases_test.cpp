// SPDX-License-Identifier: Apache-2.0
#include "bounce/phrases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bounce/built_in_words.h"
#include "bounce/explanation.h"
#include "bounce/phrase_keys.h"

#include "tests/bounce/orders.h"

namespace tenax::bounce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> faults_of(std::string_view text) {
  std::vector<PhraseProblem> problems;
  (void)Phrases::read_over(*built_in("en"), text, problems);
  std::vector<std::string> faults;
  for (const PhraseProblem& problem : problems) {
    faults.push_back(std::to_string(problem.line) + ": " + problem.what);
  }
  return faults;
}

Phrases over_english(std::string_view text) {
  std::vector<PhraseProblem> problems;
  Phrases phrases = Phrases::read_over(*built_in("en"), text, problems);
  EXPECT_TRUE(problems.empty());
  return phrases;
}

TEST(Phrases, FiveLanguagesAreWhole) {
  EXPECT_THAT(languages(), ElementsAre("en", "de", "fr", "es", "ja"));
  for (const WordsFile& words : built_in_words()) {
    std::vector<PhraseProblem> problems;
    (void)Phrases::read(std::string{words.tag}, words.text, problems);
    EXPECT_TRUE(problems.empty()) << words.tag << ": " << problems.front().what;
    EXPECT_NE(built_in(words.tag), nullptr);
  }
  EXPECT_EQ(built_in("tlh"), nullptr);
}

TEST(Phrases, NoLanguageLeavesOutWhatEnglishSays) {
  for (const std::string_view tag : languages()) {
    for (const PhraseKey& key : phrase_keys()) {
      EXPECT_EQ(built_in(tag)->of(key.key).empty(), built_in("en")->of(key.key).empty())
          << tag << " " << key.key;
    }
  }
}

TEST(Phrases, ATranslationThatLeavesOutAPlaceOrAPhraseIsNoneYet) {
  std::vector<PhraseProblem> problems;
  (void)Phrases::read("xx", "system = We are here.\nlanguage = Xx\n", problems);
  std::vector<std::string> faults;
  for (const PhraseProblem& problem : problems) faults.push_back(problem.what);
  EXPECT_THAT(faults, ::testing::Contains("system: {name} is missing"));
  EXPECT_THAT(faults, ::testing::Contains("date is missing"));
  EXPECT_THAT(faults, ::testing::Contains("cause.greylisted.do is missing"));
  EXPECT_THAT(faults, ::testing::Not(::testing::Contains(HasSubstr("language"))));
}

TEST(Phrases, AnOperatorsFileSaysSomeThingsOtherwise) {
  const Phrases phrases = over_english(
      "# ours\n\n"
      "questions = Call the help desk, extension 4711,\n"
      "  and name {id}.\n");
  EXPECT_EQ(phrases.fill("questions", {{"postmaster", "x"}, {"id", "0001"}}),
            "Call the help desk, extension 4711, and name 0001.");
  EXPECT_EQ(phrases.of("done.delivered"), "Delivered.");
  EXPECT_EQ(phrases.tag(), "en");
}

struct Wrong {
  std::string_view rule;
  std::string_view text;
  std::string_view fault;
};

class WrongPhrase : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongPhrase, IsNamedWithItsLine) {
  EXPECT_THAT(faults_of(GetParam().text), ElementsAre(GetParam().fault));
}

INSTANTIATE_TEST_SUITE_P(
    Files, WrongPhrase,
    ::testing::Values(
        Wrong{"AnUnknownKey", "a = b\n", "1: there is no phrase \"a\""},
        Wrong{"ALineWithoutWords", "\n\nsystem\n", "3: not \"key = words\""},
        Wrong{"AnEmptyPhrase", "system =\n", "1: system: it says nothing"},
        Wrong{"AnUnknownPlace", "system = At {host}\n",
              "1: system: there is no {host} here; there are {name}"},
        Wrong{"APlaceWhereNoneIs", "coming = {n} soon\n", "1: coming: there is no {n} here"},
        Wrong{"ABraceAlone", "system = {name\n", "1: system: a brace without its other one"},
        Wrong{"ABraceThatOnlyCloses", "system = name}\n",
              "1: system: a brace without its other one"},
        Wrong{"TheSameTwice", "coming = a\ncoming = b\n", "2: coming is in line 1 already"},
        Wrong{"ALineThatGoesOnWithNothing", "  and so on\n",
              "1: there is nothing for this line to go on with"},
        Wrong{"ADateThatIsNone", "date = {day}\n",
              "1: date: a date needs {day} or {dd}, {month} or {mm}, {year} and {time}"},
        Wrong{"TooFewMonths", "months = a b\n", "1: months: not twelve words"},
        Wrong{"AControl", "coming = a\x1b[2J\n",
              "1: coming: a control character, or no UTF-8, in it"}),
    [](const auto& given) { return std::string{given.param.rule}; });

TEST(Phrases, AreBounded) {
  EXPECT_THAT(faults_of("coming = " + std::string(kLongestPhrase + 1, 'a') + "\n"),
              ElementsAre("1: coming: longer than 2000 octets"));
  EXPECT_THAT(faults_of(std::string(kLongestWords + 1, '\n')),
              ElementsAre("0: longer than 131072 octets"));
}

TEST(Phrases, WhatIsFilledInIsNotLookedThrough) {
  EXPECT_EQ(built_in("en")->fill("at.host", {{"host", "{words}"}, {"words", "{host}"}}),
            "At the server {words}: {host}");
}

TEST(Phrases, DatesAreWrittenAsInTheLanguage) {
  EXPECT_EQ(built_in("en")->date(kNoon), mail::to_rfc5322(kNoon));
  EXPECT_EQ(built_in("de")->date(kNoon), "Di., 24. November 2026, 12:00:00 UTC");
  EXPECT_EQ(built_in("fr")->date(kNoon), "mardi 24 novembre 2026 à 12:00:00 UTC");
  EXPECT_EQ(built_in("es")->date(kNoon), "martes, 24 de noviembre de 2026, 12:00:00 UTC");
  EXPECT_EQ(built_in("ja")->date(kNoon), "2026年11月24日(火) 12:00:00 UTC");
}

TEST(Phrases, EnglishDatesAndLengthsAreThoseOfMail) {
  for (std::int64_t seconds = 0; seconds < 40'000'000; seconds = seconds * 3 + 59) {
    const mail::Duration length = std::chrono::seconds{seconds};
    EXPECT_EQ(built_in("en")->length(length), mail::in_words(length));
    EXPECT_EQ(built_in("en")->date(kNoon + length), mail::to_rfc5322(kNoon + length));
  }
}

TEST(Phrases, LengthsHaveTheirPlurals) {
  EXPECT_EQ(built_in("de")->length(25h), "1 Tag 1 Stunde");
  EXPECT_EQ(built_in("de")->length(49h + 30min), "2 Tage 1 Stunde");
  EXPECT_EQ(built_in("es")->length(2h + 50min), "2 horas y 50 minutos");
  EXPECT_EQ(built_in("ja")->length(2h + 50min), "2時間50分");
  EXPECT_EQ(built_in("fr")->length(1ms), "moins d'une seconde");
}

TEST(Phrases, ADateBeyondTheCalendarIsNoTrouble) {
  for (const std::string_view tag : languages()) {
    EXPECT_FALSE(built_in(tag)->date(mail::from_millis(-(1LL << 62))).empty());
    EXPECT_FALSE(built_in(tag)->date(mail::from_millis(1LL << 62)).empty());
  }
}

TEST(FirstKnown, TakesTheFirstLanguageWeSpeak) {
  EXPECT_EQ(first_known("de-AT, en", languages()), "de");
  EXPECT_EQ(first_known("x-klingon, JA", languages()), "ja");
  EXPECT_EQ(first_known("pt_BR,fr (French)", languages()), "fr");
  EXPECT_EQ(first_known("", languages()), "");
  EXPECT_EQ(first_known("deu", languages()), "");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "xx,";
  EXPECT_EQ(first_known(many + "de", languages()), "");
}

TEST(Explanation, WhoWaitsNeedDoNothingWhereOnlyTimeHelps) {
  EXPECT_EQ(actor_of(Cause::greylisted, true), Actor::nobody);
  EXPECT_EQ(actor_of(Cause::greylisted, false), Actor::their_admin);
  EXPECT_EQ(actor_of(Cause::mailbox_full, true), Actor::recipient);
  EXPECT_EQ(actor_of(Cause::blocked, false), Actor::your_admin);
  EXPECT_EQ(explain(Cause::greylisted, true, *built_in("de")).yours,
            built_in("de")->of("do.nothing"));
}

}  // namespace
}  // namespace tenax::bounce
