// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rules of causes while they are read: everything may still grow.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bounce/rule_table.h"

namespace tenax::bounce::rules {

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

/// The same as in the table (bounce/rule_table.h), but each holds what it is made of.
namespace draft {

struct Phrase {
  Part elements;  // of the table's
  std::vector<std::uint32_t> wakes;
  bool in_links = false;
};

struct Condition {
  Asks asks = Asks::phrase;
  bool not_so = false;
  std::vector<std::uint32_t> phrases;
  std::vector<CodePattern> codes;
  mail::Stage stage = mail::Stage::local;
};

struct Rule {
  Cause cause = Cause::other;
  std::optional<bool> temporary;
  Evidence evidence = Evidence::nothing;
  std::vector<Condition> conditions;
  std::string_view source;  // in the text that is read
};

struct Alternative {
  std::vector<Symbol> symbols;
  Symbol set = 0;
};

struct Leads {
  std::vector<Symbol> sets;
  std::vector<std::uint32_t> alternatives;
  std::vector<std::uint32_t> phrases;
};

struct Table {
  ByText<Symbol> words;
  ByText<Symbol> beginnings;
  std::array<std::uint64_t, 256> lengths{};
  std::vector<Leads> leads;
  std::vector<Alternative> alternatives;
  std::vector<Element> elements;
  std::vector<Phrase> phrases;
  std::vector<Rule> rules;
  std::vector<std::uint32_t> wordless;
  std::array<std::optional<bool>, static_cast<std::size_t>(Cause::other) + 1> temporary{};
};

}  // namespace draft

/// While the texts that were read are there. The same draft makes the same table, number by number.
[[nodiscard]] std::shared_ptr<const Table> pack(const draft::Table& draft);

}  // namespace tenax::bounce::rules
