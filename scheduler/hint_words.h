// SPDX-License-Identifier: Apache-2.0
#pragma once
// A reply as a row of tokens: words by their meaning, numbers, lengths, times of day, dates. What
// looks like one but is none (addresses, names of hosts, URLs, queue ids, status codes) is opaque.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/enhanced_status.h"
#include "mail/reply.h"
#include "mail/time.h"

#include "scheduler/hint_lexicon.h"

namespace tenax::scheduler::hints {

/// "1 000": which part of such a number digits may be.
enum class NumberGroup : unsigned char {
  none,
  first,    // one to three digits
  another,  // three, with only a blank between them and other digits
};

struct Token {
  enum class Kind : unsigned char {
    word,     // `word` says what it means
    number,   // value: thousandths
    length,   // value: milliseconds; "300s", "5m30s", "PT5M"
    clock,    // value: milliseconds, of a day or as a length; "14:30", "00:04:59"
    date,     // value: days since 1970; "2026-11-24"
    zone,     // value: minutes east of UTC; "+0200"
    address,  // an IP address
    opaque,   // anything else that has digits in it, or is a name, an address, a URL; value: of
              // "10k" what it would be as a number
    mark,     // `mark` is one of . , ( ) / = - %
  };
  Kind kind = Kind::opaque;
  Word word = Word::other;
  char mark = 0;
  std::uint8_t parts = 0;                 // clock: 2 or 3
  NumberGroup group = NumberGroup::none;  // number
  bool of_day = false;                    // clock: am or pm, or a zone, stood with it
  bool point = false;                     // number: "1.000", of which thousands were made
  std::optional<int> zone = {};           // clock: as it stood with it
  std::int64_t value = 0;                 // by kind
  std::optional<int> month = {};          // word: a month's name

  [[nodiscard]] bool is(Kind k) const { return kind == k; }
  [[nodiscard]] bool is(Word w) const { return kind == Kind::word && word == w; }
  [[nodiscard]] bool is_mark(char m) const { return kind == Kind::mark && mark == m; }
};

inline constexpr std::int64_t kThousandths = 1000;

/// The tokens [begin, end).
struct Clause {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What was said, ready for the grammar.
struct Said {
  int code = 0;
  std::vector<Token> tokens;
  std::vector<mail::EnhancedStatus> statuses;  // they are no tokens: each line may repeat one
  std::vector<std::string> pieces;             // all between blanks, folded, without their brackets

  /// Out of range: a stop.
  [[nodiscard]] const Token& at(std::size_t i) const;
  [[nodiscard]] bool is(std::size_t i, std::initializer_list<Word> words) const;
  /// Does one of them stand in [begin, end)?
  [[nodiscard]] bool any(std::size_t begin, std::size_t end,
                         std::initializer_list<Word> words) const;
  /// The sentence around i, or of a long one what stands near.
  [[nodiscard]] Clause clause(std::size_t i) const;
};

/// Lines joined by blanks, letters in lower case and without accents, one form of each dash, quote
/// and blank; at most `most` bytes of them are read. A byte that is not UTF-8 is taken for Latin-1.
[[nodiscard]] std::string folded(const std::vector<std::string>& lines, std::size_t most);

[[nodiscard]] Said read(const mail::Reply& reply, std::size_t most);

}  // namespace tenax::scheduler::hints
