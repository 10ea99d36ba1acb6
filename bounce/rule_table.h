// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rules of causes, read and indexed: what the reader of their text makes and the matcher asks.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mail/stage.h"

#include "bounce/cause.h"

namespace tenax::bounce::rules {

/// A word, the beginning of words ("greylist*"), or a set of them.
using Symbol = std::uint32_t;

/// Part of a phrase; up to `gap` other words of the sentence may stand before it.
struct Element {
  Symbol symbol = 0;
  int gap = 0;
  friend bool operator==(const Element&, const Element&) = default;
};

struct Phrase {
  std::vector<Element> elements;  // at least one
  bool in_links = false;
  friend bool operator==(const Phrase&, const Phrase&) = default;
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

struct Condition {
  enum class Kind : std::uint8_t { phrase, code, stage };
  Kind kind = Kind::phrase;
  bool not_so = false;
  std::vector<std::uint32_t> phrases;  // any of them
  std::vector<CodePattern> codes;      // likewise
  mail::Stage stage = mail::Stage::local;
};

struct Rule {
  Cause cause = Cause::other;
  std::optional<bool> temporary;  // nullopt: as the code says
  Evidence evidence = Evidence::nothing;
  std::vector<Condition> conditions;
  std::string source;  // as written, without cause
};

/// Several words that count as one of a set: "does not exist" of @missing.
struct Alternative {
  std::vector<Symbol> symbols;
  Symbol set = 0;
};

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

struct Table {
  ByText<Symbol> words;
  ByText<Symbol> beginnings;
  // By the first octet of a word: a bit for each length of a beginning there is.
  std::array<std::uint64_t, 256> lengths{};
  // Each by symbol:
  std::vector<std::vector<Symbol>> sets_of;                 // sets it is in; a set may be in others
  std::vector<std::vector<std::uint32_t>> alternatives_at;  // that begin with it
  std::vector<std::vector<std::uint32_t>> phrases_at;       // that begin with it
  std::vector<Alternative> alternatives;
  std::vector<Phrase> phrases;
  std::vector<std::vector<std::uint32_t>> woken_by;  // by phrase: rules that ask for it first
  std::vector<std::uint32_t> wordless;               // rules that ask for no phrase
  std::vector<Rule> rules;                           // the first that fits decides
  std::array<std::optional<bool>, static_cast<std::size_t>(Cause::other) + 1> temporary{};
};

}  // namespace tenax::bounce::rules
