// SPDX-License-Identifier: Apache-2.0
#include "bounce/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bounce/lines.h"
#include "mail/utf8.h"

namespace tenax::bounce {
namespace {

using Kind = Line::Kind;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(AsText, SetsEachKindOff) {
  EXPECT_EQ(as_text({{Kind::paragraph, "Hello."},
                     {Kind::gap},
                     {Kind::recipient, "<bob@example.net>"},
                     {Kind::note, "It said:"},
                     {Kind::quote, "550 no"},
                     {Kind::entry, "once"}}),
            "Hello.\r\n\r\n<bob@example.net>\r\n  It said:\r\n      550 no\r\n  once\r\n");
}

TEST(AsHtml, EscapesWhatABrowserWouldObey) {
  const std::string html = as_html({{Kind::quote, "<script>alert('x' & \"y\")</script>"},
                                    {Kind::recipient, "<a href=x>@example.net"}},
                                   "</title><script>", "en\"><script>");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<a ")));
  EXPECT_THAT(html,
              HasSubstr("&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)&lt;/script&gt;"));
  EXPECT_THAT(html, HasSubstr("<html lang=\"en&quot;&gt;&lt;script&gt;\">"));
  EXPECT_THAT(html, HasSubstr("<title>&lt;/title&gt;&lt;script&gt;</title>"));
}

TEST(AsHtml, KeepsToLinesOfMailWhateverGoesIn) {
  std::string words;
  for (int i = 0; i < 400; ++i) words += i % 7 == 0 ? "\xe6\x97\xa5 " : "'\"&";
  const std::string html =
      as_html({{Kind::note, words}, {Kind::note, std::string(8000, '"')}}, words, "ja");
  EXPECT_TRUE(is_tidy(html));
  EXPECT_TRUE(mail::is_utf8(html));
}

TEST(AsHtml, LinesAreShortEnoughAlsoWhereEverySignIsEscaped) {
  for (const std::size_t word : {1U, 6U, 149U, 150U, 151U, 160U}) {
    std::string words;
    while (words.size() < 2000) words += std::string(word, '"') + ' ' + std::string(6, '"') + ' ';
    EXPECT_TRUE(is_tidy(as_html({{Kind::quote, words}}, words, "en"))) << word;
  }
}

TEST(AsHtml, ControlsDoNotGetThrough) {
  const std::string html = as_html({{Kind::note, "a\r\nb\x1b[2J\xff"}}, "t\n", "en");
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
  EXPECT_TRUE(mail::is_utf8(html));
  EXPECT_TRUE(is_tidy(html));
}

TEST(AsText, BreaksScriptsWithoutBlanksAtTheColumn) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += i % 9 == 8 ? "。" : "語";
  const std::string wrapped = as_text({{Kind::paragraph, text}});
  std::size_t start = 0;
  for (std::size_t end; (end = wrapped.find("\r\n", start)) != std::string::npos; start = end + 2) {
    EXPECT_LE(end - start, 38U * 3);
    EXPECT_FALSE(std::string_view{wrapped}.substr(start).starts_with("。"));
  }
  EXPECT_GT(start, text.size());
}

TEST(AsText, BreaksNoWordOfLatinLettersInsideOfJapanese) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "サーバーmx1.example.net「名前」";
  std::string wrapped = as_text({{Kind::paragraph, text}});
  std::size_t whole = 0;
  for (std::size_t at = 0; (at = wrapped.find("mx1.example.net", at)) != std::string::npos; ++at) {
    ++whole;
  }
  EXPECT_EQ(whole, 30U);
  EXPECT_THAT(wrapped, Not(HasSubstr("「\r\n")));
  EXPECT_THAT(wrapped, Not(HasSubstr("\r\n」")));
}

}  // namespace
}  // namespace tenax::bounce
