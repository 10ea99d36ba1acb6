// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a piece of text that has digits in it can be: a number, a length, a time, an address. All of
// it pure, on text as folded() makes it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "scheduler/hint_words.h"

namespace tenax::scheduler::hints {

/// A token that was read, and how much of the text it took; 0: it is none of the kind asked for.
struct Reading {
  std::size_t octets = 0;
  Token token;
};

/// ASCII letters, and every byte of others.
[[nodiscard]] bool is_letter_or_foreign(char c);
/// How many digits stand there.
[[nodiscard]] std::size_t digits_at(std::string_view text, std::size_t at);

// The whole of a piece:

[[nodiscard]] bool is_address_or_url(std::string_view piece);
[[nodiscard]] bool is_ip(std::string_view piece);
/// "mx1.example.net", "i.e". Not when all its parts are words we know: then somebody forgot the
/// blank of "later.please".
[[nodiscard]] bool is_host_name(std::string_view piece);
/// "+0200", "-05:00": minutes east of UTC.
[[nodiscard]] std::optional<int> offset_in(std::string_view piece);

// What stands at the start of `text`:

/// "2026-11-24", "2026/11/24", "24.11.2026", and the T before a time.
[[nodiscard]] Reading date_in(std::string_view text);
/// "14:30", "00:04:59", "14:30:00.5z", "2:30pm", "2pm", "14h30".
[[nodiscard]] Reading clock_in(std::string_view text);
/// "300s", "5m30s", "1h5min", "pt5m", "p1dt2h".
[[nodiscard]] Reading length_in(std::string_view text);
/// "300", "1.5", "1,000", "1.000.000", "10k"; opaque when letters or more points follow.
[[nodiscard]] Reading number_in(std::string_view text);
/// A queue id, a code, a part number.
[[nodiscard]] Reading opaque_in(std::string_view text);

/// Behind a word or a unit: how much of "(s)", or of "(s" at the end, may be skipped.
[[nodiscard]] std::size_t plural_in(std::string_view text);

}  // namespace tenax::scheduler::hints
