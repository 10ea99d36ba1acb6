// SPDX-License-Identifier: Apache-2.0
#pragma once
// What holds for every refusal and every file of rules whatever. The fuzz programs and
// tests/bounce/cause_property_test.cpp call the same functions.

#include <string>
#include <string_view>

#include "bounce/cause.h"
#include "bounce/cause_rules.h"
#include "bounce/words.h"
#include "mail/printable.h"
#include "tests/fuzz/property.h"

namespace tenax::fuzz {

inline void words_hold(std::string_view text) {
  const bounce::Words words = bounce::words_of(text);
  hold(words.said.size() + words.links.size() <= bounce::kMostWords + 1, "words are bounded");
  for (const auto* row : {&words.said, &words.links}) {
    for (const bounce::Word& word : *row) {
      hold(word.length > 0, "no word is empty");
      hold(word.begin + word.length <= words.letters.size(), "a word is of the letters");
      for (const char c : words.text(word)) {
        hold(c < 'A' || c > 'Z', "letters are small");
        hold(static_cast<unsigned char>(c) > ' ' && c != '\x7f', "no blanks, no controls");
      }
    }
  }
}

/// A raw reply.
inline void refusal_holds(std::string_view text) {
  words_hold(text);
  const bounce::Refusal refusal = bounce::refusal_in(text);
  hold(refusal.code == 0 || (refusal.code >= 400 && refusal.code < 600), "a refusal's code");
  hold(!refusal.status || refusal.status->klass == 4 || refusal.status->klass == 5,
       "a refusal's status");
  hold(refusal.text.data() == text.data() && refusal.text.size() == text.size(), "the same text");
  const bounce::Judgement first = judge(refusal);
  const bounce::Judgement again = judge(refusal);
  hold(first.cause == again.cause && first.rule == again.rule, "the same is judged alike");
  hold((first.evidence == bounce::Evidence::nothing) == first.rule.empty(), "a rule is named");
  hold(!to_string(first.cause).empty(), "a cause has a name");
}

/// A file of rules; what it says of itself is asked too.
inline void cause_rules_hold(std::string_view text) {
  const bounce::RuleText named{"own.rules", text};
  const auto rules = bounce::CauseRules::parse({&named, 1});
  if (!rules) {
    hold(rules.error().why.starts_with("own.rules:"), "a complaint names its place");
    hold(mail::is_printable(rules.error().why), "a complaint can be printed");
    return;
  }
  hold(rules->size() <= bounce::kMostRules, "rules are bounded");
  const bounce::Judgement judgement = rules->judge(bounce::refusal_in(text));
  hold(!to_string(judgement.cause).empty(), "a cause has a name");
}

}  // namespace tenax::fuzz
