// SPDX-License-Identifier: Apache-2.0
#include "engine/wording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "engine/notice_order.h"
#include "engine/route.h"
#include "tests/engine/builders.h"
#include "tests/support/temp_directory.h"

namespace tenax::engine {
namespace {

using namespace tenax::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string language_for(const Config& config, std::string_view told,
                         std::string_view header = "") {
  std::vector<ConfigProblem> problems;
  const Wording wording = Wording::read(config, problems);
  EXPECT_THAT(problems, IsEmpty());
  return std::string{wording.phrases_for(address(told), header)->tag()};
}

std::vector<std::string> problems_of(const Config& config) {
  std::vector<std::string> texts;
  for (const ConfigProblem& problem : plan_of(config).problems) texts.push_back(problem.text());
  return texts;
}

void write(const std::string& path, std::string_view text) { std::ofstream{path} << text; }

TEST(Wording, WithoutAWordInTheConfigItIsEnglish) {
  EXPECT_EQ(language_for(Config{}, "ann@example.org"), "en");
}

TEST(Wording, ASenderDecidesBeforeTheMessageAndTheMessageBeforeTheRest) {
  Config config;
  config.notice_language = "es";
  config.notice_languages = {"ann@example.org fr", ".example.org de", "zoe@* ja"};
  const std::string_view japanese = "Subject: x\r\nContent-Language: ja, en\r\n";

  EXPECT_EQ(language_for(config, "Ann@Example.ORG", japanese), "fr");
  EXPECT_EQ(language_for(config, "bob@mail.example.org", japanese), "de");
  EXPECT_EQ(language_for(config, "zoe@example.com"), "ja");
  EXPECT_EQ(language_for(config, "eve@example.com", japanese), "ja");
  EXPECT_EQ(language_for(config, "eve@example.com", "Content-Language: tlh\r\n"), "es");
  EXPECT_EQ(language_for(config, "eve@example.com"), "es");
  config.notice_by_message = false;
  EXPECT_EQ(language_for(config, "eve@example.com", japanese), "es");
}

TEST(Wording, ALanguageWithoutWordsIsAProblemOfItsKey) {
  Config config;
  config.file = "t.toml";
  config.notice_languages = {"* tlh"};
  EXPECT_THAT(problems_of(config),
              ElementsAre("t.toml: notice.languages: no words in \"tlh\"; there are en, de, fr, "
                          "es, ja"));
}

TEST(Wording, AnOperatorsFilesSaySomeThingsOtherwise) {
  TempDirectory home;
  write(home.path() + "/de.words", "done.delivered = Ist da.\n");
  write(home.path() + "/README", "no words\n");
  Config config;
  config.notice_words = home.path();
  config.notice_language = "de";
  std::vector<ConfigProblem> problems;

  const Wording wording = Wording::read(config, problems);

  EXPECT_THAT(problems, IsEmpty());
  const bounce::PhrasesPtr phrases = wording.phrases_for(address("ann@example.org"), "");
  EXPECT_EQ(phrases->of("done.delivered"), "Ist da.");
  EXPECT_EQ(phrases->of("coming"), bounce::built_in("de")->of("coming"));
}

TEST(Wording, AWrongLineIsNamedByFileAndLine) {
  TempDirectory home;
  write(home.path() + "/de.words", "# ours\ndone.delivered = Ist bei {host}.\n");
  write(home.path() + "/GERMAN.words", "\n");
  Config config;
  config.notice_words = home.path();

  EXPECT_THAT(problems_of(config),
              ElementsAre(home.path() + "/GERMAN.words: \"GERMAN\" is no language, as \"de\"",
                          home.path() + "/de.words:2: done.delivered: there is no {host} here"));
}

TEST(Wording, AnotherLanguageHasToSayEverything) {
  TempDirectory home;
  write(home.path() + "/it.words", "done.delivered = Consegnato.\n");
  Config config;
  config.notice_words = home.path();
  config.notice_language = "it";

  const std::vector<std::string> problems = problems_of(config);

  EXPECT_THAT(problems, ::testing::Contains(HasSubstr("/it.words: date is missing")));
  EXPECT_THAT(problems, ::testing::Contains(HasSubstr("no words in \"it\"")));

  std::ifstream english{TENAX_SOURCE_DIR "/bounce/words/en.words"};
  write(home.path() + "/it.words", std::string{std::istreambuf_iterator<char>{english}, {}});
  EXPECT_THAT(problems_of(config), IsEmpty());
  EXPECT_EQ(language_for(config, "ann@example.org"), "it");
}

TEST(Wording, ADirectoryThatIsNotThereIsAProblem) {
  Config config;
  config.file = "t.toml";
  config.notice_words = "/no/such/place";
  EXPECT_THAT(problems_of(config),
              ElementsAre(HasSubstr("t.toml: notice.words: /no/such/place: ")));
}

TEST(Wording, ReachesTheNotice) {
  Config config;
  config.notice_language = "fr";
  config.notice_html = false;
  const Terms terms = plan_of(config).plan.terms;
  const mail::DeliveryRequest request = request_to({due_recipient(1, "bob@example.net")});
  Draft draft = settle({{request, report_on(request, {failed()}, noon())}}, terms, noon());
  ASSERT_THAT(draft.orders, SizeIs(1));

  const queue::NewNotice notice =
      complete(draft.orders[0], mail::QueueId{7}, Original{}, "token", draft.wording.get());

  EXPECT_THAT(notice.contents, HasSubstr("\r\nContent-Language: fr\r\n"));
  EXPECT_THAT(notice.contents, ::testing::Not(HasSubstr("text/html")));
  EXPECT_EQ(notice.message.subject, "Échec de la remise");
}

}  // namespace
}  // namespace tenax::engine
