// SPDX-License-Identifier: Apache-2.0
#pragma once
// One spelling for each letter, so that texts of many servers can be compared: no capitals, no
// accents, one form of each dash, quote and blank.

#include <string>
#include <string_view>

#include "mail/utf8.h"

namespace tenax::mail {

/// The first code point of `text`, which must not be empty; a byte that is not UTF-8 is taken for
/// Latin-1, or for a blank where that has no letter.
[[nodiscard]] CodePoint first_letter(std::string_view text);

/// Appends `letter` folded: Latin without accents, Cyrillic in small letters, controls as a blank,
/// full-width forms as ASCII. May append none, one or several bytes.
void append_folded(std::string& out, char32_t letter);

}  // namespace tenax::mail
