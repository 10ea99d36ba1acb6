// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which phrases there are, and what may be filled in where.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenax::bounce {

struct PhraseKey {
  std::string key;
  std::string_view places;  // names of its places, blanks between
  bool needed = true;       // else another phrase serves where it is missing
};

/// All of them: those of the frame and those of every cause.
[[nodiscard]] const std::vector<PhraseKey>& phrase_keys();

/// The one of that name; null if there is none.
[[nodiscard]] const PhraseKey* find_phrase_key(std::string_view key);

}  // namespace tenax::bounce
