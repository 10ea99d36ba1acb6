// SPDX-License-Identifier: Apache-2.0
// Whatever is said to us, a page of it is lines of mail and harmless HTML; whatever a file of
// phrases holds, it is refused or it can be spoken.

#include "bounce/lines.h"
#include "bounce/page.h"
#include "bounce/phrases.h"
#include "mail/utf8.h"

#include "tests/fuzz/property.h"

namespace tenax::fuzz {

namespace {

void page_holds(std::string_view words) {
  using Kind = bounce::Line::Kind;
  bounce::Page page;
  for (const Kind kind : {Kind::paragraph, Kind::recipient, Kind::note, Kind::quote, Kind::entry}) {
    page.push_back({kind, std::string{words}});
  }
  const std::string text = bounce::as_text(page);
  const std::string html = bounce::as_html(page, words, "en");
  for (const std::string& form : {text, html}) {
    hold(bounce::is_tidy(form), "lines of at most 998 octets that end with CRLF");
    hold(mail::is_utf8(form), "UTF-8");
  }
  std::size_t open = 0;
  for (const char c : html) open += c == '<' ? 1U : 0U;
  bounce::Page empty = page;
  for (bounce::Line& line : empty) line.text.clear();
  std::size_t ours = 0;
  for (const char c : bounce::as_html(empty, "", "en")) ours += c == '<' ? 1U : 0U;
  hold(open == ours, "no tag but ours");
}

void phrases_hold(std::string_view text) {
  std::vector<bounce::PhraseProblem> problems;
  const bounce::Phrases phrases =
      bounce::Phrases::read_over(*bounce::built_in("en"), text, problems);
  (void)bounce::Phrases::read("xx", text, problems);
  hold(!phrases.date(mail::from_millis(1'800'000'000'000)).empty(), "a date says something");
  hold(!phrases.length(std::chrono::hours{30}).empty(), "a length says something");
  for (const std::string_view key : {"said", "questions", "cause.greylisted.do", "title.failed"}) {
    hold(!phrases.fill(key, {}).empty() || !phrases.of(key).empty(), "a phrase says something");
  }
}

void notice_words_hold(std::string_view text) {
  if (text.size() < 4096) page_holds(text);
  phrases_hold(text);
}

}  // namespace

}  // namespace tenax::fuzz

TENAX_FUZZ_ONE(tenax::fuzz::notice_words_hold)
