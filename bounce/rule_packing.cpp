// SPDX-License-Identifier: Apache-2.0
// From rules as they were read to the arrays of their table.

#include <bit>
#include <utility>

#include "bounce/rule_draft.h"

namespace tenax::bounce::rules {

namespace {

struct Drawers {
  std::vector<Part> drawers;
  std::vector<Spelling> spellings;
};

/// What a table of rules read at run time is a view of.
struct Arrays {
  std::string text;
  Drawers words;
  Drawers beginnings;
  std::vector<std::uint32_t> numbers;
  std::vector<Leads> leads;
  std::vector<Alternative> alternatives;
  std::vector<Element> elements;
  std::vector<Phrase> phrases;
  std::vector<CodePattern> codes;
  std::vector<Condition> conditions;
  std::vector<Rule> rules;
  Table table;
};

template <class T>
Part append(std::vector<T>& all, const std::vector<T>& more) {
  const Part part{static_cast<std::uint32_t>(all.size()), static_cast<std::uint32_t>(more.size())};
  all.insert(all.end(), more.begin(), more.end());
  return part;
}

/// Each in a line of its own: the build cuts the text into literals where a line ends.
Part append(std::string& all, std::string_view more) {
  const Part part{static_cast<std::uint32_t>(all.size()), static_cast<std::uint32_t>(more.size())};
  all.append(more) += '\n';
  return part;
}

std::uint32_t hash_of(std::string_view word) {
  std::uint32_t hash = kHashOfNothing;
  for (const char letter : word) hash = hash_with(hash, letter);
  return hash;
}

Drawers drawers_of(const ByText<Symbol>& symbols, std::size_t all, std::string& text) {
  // In the order of their symbols, because a map of hashes has none.
  std::vector<std::string_view> in_order(all);
  for (const auto& [word, symbol] : symbols) in_order[symbol] = word;
  Drawers made;
  made.drawers.resize(std::bit_ceil(symbols.size() + 1));
  const std::size_t mask = made.drawers.size() - 1;
  std::vector<Spelling> spellings;
  spellings.reserve(symbols.size());
  for (Symbol symbol = 0; symbol < all; ++symbol) {
    if (in_order[symbol].empty()) continue;
    const std::uint32_t hash = hash_of(in_order[symbol]);
    spellings.push_back({hash, append(text, in_order[symbol]), symbol});
    ++made.drawers[hash & mask].size;
  }
  std::uint32_t begin = 0;
  for (Part& drawer : made.drawers) {
    drawer.begin = begin;
    begin += std::exchange(drawer.size, 0);
  }
  made.spellings.resize(spellings.size());
  for (const Spelling& one : spellings) {
    Part& drawer = made.drawers[one.hash & mask];
    made.spellings[drawer.begin + drawer.size++] = one;
  }
  return made;
}

Condition packed(const draft::Condition& condition, Arrays& into) {
  Condition made{condition.asks, condition.not_so, condition.stage, {}};
  if (condition.asks == Asks::phrase) made.any_of = append(into.numbers, condition.phrases);
  if (condition.asks == Asks::code) made.any_of = append(into.codes, condition.codes);
  return made;
}

Rule packed(const draft::Rule& rule, Arrays& into) {
  const Part conditions{static_cast<std::uint32_t>(into.conditions.size()),
                        static_cast<std::uint32_t>(rule.conditions.size())};
  for (const draft::Condition& one : rule.conditions) into.conditions.push_back(packed(one, into));
  return {rule.cause, rule.temporary, rule.evidence, conditions, append(into.text, rule.source)};
}

void fill(const draft::Table& draft, Arrays& into) {
  into.leads.reserve(draft.leads.size());
  into.alternatives.reserve(draft.alternatives.size());
  into.phrases.reserve(draft.phrases.size());
  into.rules.reserve(draft.rules.size());
  into.words = drawers_of(draft.words, draft.leads.size(), into.text);
  into.beginnings = drawers_of(draft.beginnings, draft.leads.size(), into.text);
  for (const draft::Leads& of : draft.leads) {
    into.leads.push_back({append(into.numbers, of.sets), append(into.numbers, of.alternatives),
                          append(into.numbers, of.phrases)});
  }
  for (const draft::Alternative& one : draft.alternatives) {
    into.alternatives.push_back({append(into.numbers, one.symbols), one.set});
  }
  into.elements = draft.elements;
  for (const draft::Phrase& one : draft.phrases) {
    into.phrases.push_back({one.elements, append(into.numbers, one.wakes), one.in_links});
  }
  for (const draft::Rule& one : draft.rules) into.rules.push_back(packed(one, into));
}

}  // namespace

std::shared_ptr<const Table> pack(const draft::Table& draft) {
  const auto arrays = std::make_shared<Arrays>();
  fill(draft, *arrays);
  const Part wordless = append(arrays->numbers, draft.wordless);
  arrays->table = {.text = arrays->text,
                   .words = {arrays->words.drawers, arrays->words.spellings},
                   .beginnings = {arrays->beginnings.drawers, arrays->beginnings.spellings},
                   .lengths = draft.lengths,
                   .numbers = arrays->numbers,
                   .leads = arrays->leads,
                   .alternatives = arrays->alternatives,
                   .elements = arrays->elements,
                   .phrases = arrays->phrases,
                   .codes = arrays->codes,
                   .conditions = arrays->conditions,
                   .rules = arrays->rules,
                   .wordless = wordless,
                   .temporary = draft.temporary};
  return {arrays, &arrays->table};
}

}  // namespace tenax::bounce::rules
