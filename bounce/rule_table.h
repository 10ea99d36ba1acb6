// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rules of causes, ready to be asked: arrays of numbers and one text, so that the build can write
// them down as constants (docs/causes.md).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "mail/stage.h"

#include "bounce/cause.h"

namespace tenax::bounce::rules {

/// A word, the beginning of words ("greylist*"), or a set of them.
using Symbol = std::uint32_t;

/// Neighbours in one of the table's arrays.
struct Part {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;

  template <class T>
  [[nodiscard]] std::span<const T> of(std::span<const T> all) const {
    return all.subspan(begin, size);
  }
  [[nodiscard]] std::string_view of(std::string_view text) const {
    return {text.data() + begin, size};
  }
};

/// Part of a phrase; up to `gap` other words of the sentence may stand before it.
struct Element {
  Symbol symbol = 0;
  int gap = 0;
};

struct Phrase {
  Part elements;  // at least one
  Part wakes;     // of numbers: rules that ask for it first
  bool in_links = false;
};

/// Of "606-649" what is in between, of "x" anything.
struct Span {
  int least = 0;
  int most = 999;
};

/// "552", "5xx", "4.7.1", "x.2.x", "5.7.606-649".
struct CodePattern {
  bool enhanced = false;
  Span klass;    // or the first digit of a reply code
  Span subject;  // or the second
  Span detail;   // or the third
};

enum class Asks : std::uint8_t { phrase, code, stage };

struct Condition {
  Asks asks = Asks::phrase;
  bool not_so = false;
  mail::Stage stage = mail::Stage::local;
  Part any_of;  // of numbers, which are phrases; or of codes
};

struct Rule {
  Cause cause = Cause::other;
  std::optional<bool> temporary;  // nullopt: as the code says
  Evidence evidence = Evidence::nothing;
  Part conditions;
  Part source;  // of the text: as written, without cause
};

/// Several words that count as one of a set: "does not exist" of @missing.
struct Alternative {
  Part symbols;  // of numbers
  Symbol set = 0;
};

/// What a symbol leads to; each a part of numbers.
struct Leads {
  Part sets;          // it is in; a set may be in others
  Part alternatives;  // that begin with it
  Part phrases;       // that begin with it
};

/// FNV-1a, letter by letter: the same in the build as in the program, and that of each beginning
/// is on the way to that of the whole word.
constexpr std::uint32_t kHashOfNothing = 2'166'136'261U;
constexpr std::uint32_t hash_with(std::uint32_t hash, char letter) {
  return (hash ^ static_cast<unsigned char>(letter)) * 16'777'619U;
}

struct Spelling {
  std::uint32_t hash = 0;
  Part letters;  // of the text
  Symbol symbol = 0;
};

struct Dictionary {
  std::span<const Part> drawers;  // of spellings; by the last bits of the hash, a power of two
  std::span<const Spelling> spellings;
};

struct Table {
  std::string_view text;
  Dictionary words;
  Dictionary beginnings;
  // By the first octet of a word: a bit for each length of a beginning there is.
  std::array<std::uint64_t, 256> lengths{};
  std::span<const std::uint32_t> numbers;
  std::span<const Leads> leads;  // by symbol
  std::span<const Alternative> alternatives;
  std::span<const Element> elements;
  std::span<const Phrase> phrases;
  std::span<const CodePattern> codes;
  std::span<const Condition> conditions;
  std::span<const Rule> rules;  // the first that fits decides
  Part wordless;                // of numbers: rules that ask for no phrase
  std::array<std::optional<bool>, static_cast<std::size_t>(Cause::other) + 1> temporary{};
};

/// bounce/cause.rules, as it was when this was built.
[[nodiscard]] const Table& built_in();

}  // namespace tenax::bounce::rules
