// SPDX-License-Identifier: Apache-2.0
#include "bounce/rule_matcher.h"

#include <algorithm>

#include "mail/enhanced_status.h"

#include "bounce/words.h"

namespace tenax::bounce::rules {

namespace {

/// At some word of the text: this symbol stands there and takes so many words.
struct Sighting {
  Symbol symbol = 0;
  std::uint32_t words = 1;
};

/// A text by what the rules know of it: of each word, what begins there.
class Sight {
 public:
  Sight(const Table& table, const Words& words, const std::vector<Word>& row)
      : table_{table}, row_{row}, first_(row.size() + 1), anywhere_(table.leads.size()) {
    // By the words alone first; then, from the end, what several of them make.
    std::vector<Sighting> alone;
    std::vector<std::size_t> start(row.size() + 1);
    for (std::size_t i = 0; i < row.size(); ++i) {
      start[i] = alone.size();
      note_word(words.text(row[i]), alone);
    }
    start[row.size()] = alone.size();
    for (std::size_t i = 0; i < row.size(); ++i) {
      first_[i] = seen_.size();
      for (std::size_t s = start[i]; s < start[i + 1]; ++s) {
        seen_.push_back(alone[s]);
        const Part alternatives = table_.leads[alone[s].symbol].alternatives;
        for (const std::uint32_t alternative : alternatives.of(table_.numbers)) {
          note_alternative(table_.alternatives[alternative], i, alone, start);
        }
      }
    }
    first_[row.size()] = seen_.size();
    for (const Sighting& one : seen_) anywhere_[one.symbol] = true;
  }

  [[nodiscard]] std::size_t size() const { return row_.size(); }

  template <class Visit>
  void at(std::size_t word, Visit visit) const {
    for (std::size_t s = first_[word]; s < first_[word + 1]; ++s) visit(seen_[s]);
  }

  /// Most phrases begin with a common word and lack another: no need to look where.
  [[nodiscard]] bool lacks_part_of(const Phrase& phrase) const {
    const std::span<const Element> elements = phrase.elements.of(table_.elements);
    return !std::ranges::all_of(elements, [this](const Element& e) { return anywhere_[e.symbol]; });
  }

  /// Does `phrase` go on behind `element`, of which the last word is before `word`?
  [[nodiscard]] bool follows(const Phrase& phrase, std::size_t element, std::size_t word) const {
    if (element == phrase.elements.size) return true;
    const Element& wanted = table_.elements[phrase.elements.begin + element];
    for (int gap = 0; gap <= wanted.gap; ++gap, ++word) {
      if (word >= size()) return false;
      // What was said of something else, in another sentence, does not count.
      if (wanted.gap > 0 && row_[word - 1].ends_sentence) return false;
      for (std::size_t s = first_[word]; s < first_[word + 1]; ++s) {
        if (seen_[s].symbol == wanted.symbol &&
            follows(phrase, element + 1, word + seen_[s].words)) {
          return true;
        }
      }
    }
    return false;
  }

 private:
  /// With all the sets it is in; no set is in itself, so this ends.
  void note(Symbol symbol, std::uint32_t words, std::vector<Sighting>& out) const {
    out.push_back({symbol, words});
    for (const Symbol set : table_.leads[symbol].sets.of(table_.numbers)) note(set, words, out);
  }

  void note_in(const Dictionary& dictionary, std::string_view word, std::uint32_t hash,
               std::vector<Sighting>& out) const {
    const Part drawer = dictionary.drawers[hash & (dictionary.drawers.size() - 1)];
    for (const Spelling& one : drawer.of(dictionary.spellings)) {
      if (one.hash == hash && one.letters.of(table_.text) == word) note(one.symbol, 1, out);
    }
  }

  void note_word(std::string_view word, std::vector<Sighting>& out) const {
    const std::uint64_t lengths = table_.lengths[static_cast<unsigned char>(word[0])];
    std::uint32_t hash = kHashOfNothing;
    for (std::size_t length = 1; length <= word.size(); ++length) {
      hash = hash_with(hash, word[length - 1]);
      if (length < 64 && (lengths >> length & 1) != 0) {
        note_in(table_.beginnings, word.substr(0, length), hash, out);
      }
    }
    note_in(table_.words, word, hash, out);
  }

  void note_alternative(const Alternative& alternative, std::size_t word,
                        const std::vector<Sighting>& alone, const std::vector<std::size_t>& start) {
    const std::span<const Symbol> symbols = alternative.symbols.of(table_.numbers);
    const std::size_t length = symbols.size();
    if (word + length > size()) return;
    for (std::size_t k = 1; k < length; ++k) {
      const auto begin = alone.begin() + static_cast<std::ptrdiff_t>(start[word + k]);
      const auto end = alone.begin() + static_cast<std::ptrdiff_t>(start[word + k + 1]);
      const Symbol wanted = symbols[k];
      if (std::none_of(begin, end, [wanted](const Sighting& s) { return s.symbol == wanted; }))
        return;
    }
    note(alternative.set, static_cast<std::uint32_t>(length), seen_);
  }

  const Table& table_;
  const std::vector<Word>& row_;
  std::vector<Sighting> seen_;
  std::vector<std::size_t> first_;  // by word: where its sightings begin
  std::vector<bool> anywhere_;      // by symbol: does it stand in the text?
};

/// Which phrases occur, and which rules ask for one of them first.
class Findings {
 public:
  explicit Findings(const Table& table) : table_{table}, found_(table.phrases.size()) {}

  void look(const Sight& sight, bool in_links) {
    for (std::size_t word = 0; word < sight.size(); ++word) {
      sight.at(word, [&](const Sighting& seen) {
        for (const std::uint32_t phrase : table_.leads[seen.symbol].phrases.of(table_.numbers)) {
          if (found_[phrase] || table_.phrases[phrase].in_links != in_links) continue;
          if (sight.lacks_part_of(table_.phrases[phrase])) continue;
          if (!sight.follows(table_.phrases[phrase], 1, word + seen.words)) continue;
          found_[phrase] = true;
          const auto woken = table_.phrases[phrase].wakes.of(table_.numbers);
          candidates_.insert(candidates_.end(), woken.begin(), woken.end());
        }
      });
    }
  }

  [[nodiscard]] bool occurs(std::uint32_t phrase) const { return found_[phrase]; }

  /// Rules to be asked, in their order.
  [[nodiscard]] const std::vector<std::uint32_t>& candidates() {
    const auto wordless = table_.wordless.of(table_.numbers);
    candidates_.insert(candidates_.end(), wordless.begin(), wordless.end());
    std::ranges::sort(candidates_);
    return candidates_;
  }

 private:
  const Table& table_;
  std::vector<bool> found_;
  std::vector<std::uint32_t> candidates_;
};

bool fits(const CodePattern& pattern, const Refusal& refusal) {
  const auto same = [](const Span& wanted, int given) {
    return given >= wanted.least && given <= wanted.most;
  };
  if (pattern.enhanced) {
    return refusal.status && same(pattern.klass, refusal.status->klass) &&
           same(pattern.subject, refusal.status->subject) &&
           same(pattern.detail, refusal.status->detail);
  }
  return refusal.code != 0 && same(pattern.klass, refusal.code / 100) &&
         same(pattern.subject, refusal.code / 10 % 10) && same(pattern.detail, refusal.code % 10);
}

bool holds(const Table& table, const Condition& condition, const Refusal& refusal,
           const Findings& findings) {
  switch (condition.asks) {
    case Asks::phrase:
      return std::ranges::any_of(condition.any_of.of(table.numbers),
                                 [&](std::uint32_t phrase) { return findings.occurs(phrase); });
    case Asks::stage: return refusal.stage == condition.stage;
    case Asks::code:
      return std::ranges::any_of(condition.any_of.of(table.codes),
                                 [&](const CodePattern& code) { return fits(code, refusal); });
  }
  return false;
}

}  // namespace

const Rule* first_fit(const Table& table, const Refusal& refusal) {
  const Words words = words_of(refusal.text);
  Findings findings{table};
  findings.look(Sight{table, words, words.said}, false);
  findings.look(Sight{table, words, words.links}, true);
  for (const std::uint32_t index : findings.candidates()) {
    const Rule& rule = table.rules[index];
    const bool fit = std::ranges::all_of(
        rule.conditions.of(table.conditions),
        [&](const Condition& one) { return holds(table, one, refusal, findings) != one.not_so; });
    if (fit) return &rule;
  }
  return nullptr;
}

}  // namespace tenax::bounce::rules
