// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server's text as the row of words that rules are about. What differs from one refusal to the
// next of the same kind (addresses, numbers, names of hosts) is one word for all of its kind.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenax::bounce {

/// Words that stand for what they replace.
inline constexpr std::string_view kAnAddress = "<address>";  // a@example.com
inline constexpr std::string_view kAnIp = "<ip>";            // 192.0.2.1, 2001:db8::1
inline constexpr std::string_view kAHost = "<host>";         // mx.example.com
inline constexpr std::string_view kALink = "<link>";         // https://example.com/help
inline constexpr std::string_view kANumber = "<number>";     // 1,000

/// What is looked at of a text, and of that how many words: servers put what matters first.
inline constexpr std::size_t kOctetsLookedAt = 4096;
inline constexpr std::size_t kMostWords = 600;

struct Word {
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  bool ends_sentence = false;
};

/// Letters are small and without accents. Left out are codes ("550", "5.1.1", wherever they
/// stand) and words that mean nothing by themselves ("the", "is", "has been"). "doesn't" is "not",
/// "cannot" is "can not", "RecipNotFound" is three words, "over-quota" two; a letter of Chinese,
/// Japanese or Korean is a word of its own.
struct Words {
  std::string letters;
  std::vector<Word> said;
  std::vector<Word> links;  // the words inside of links and host names, which say no sentence

  [[nodiscard]] std::string_view text(const Word& word) const {
    return std::string_view{letters}.substr(word.begin, word.length);
  }
};

/// Concurrency: pure.
[[nodiscard]] Words words_of(std::string_view text);

/// Is it one of those that are left out? `word` is folded.
[[nodiscard]] bool is_empty_word(std::string_view word);

/// The same for a phrase of a rule, where "*" behind a word stays: "greylist*".
[[nodiscard]] std::vector<std::string> words_of_phrase(std::string_view phrase);

}  // namespace tenax::bounce
