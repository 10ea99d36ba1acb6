// SPDX-License-Identifier: Apache-2.0
#pragma once
// What holds for the hints of every reply whatever. The fuzz program and
// tests/scheduler/hint_property_test.cpp call the same function.

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "mail/ascii.h"
#include "scheduler/hint.h"
#include "tests/fuzz/property.h"

namespace tenax::fuzz {

inline std::vector<scheduler::Hint> hints_of(int code, std::vector<std::string> lines,
                                             mail::WallTime now) {
  return scheduler::hints_in(mail::Reply{code, std::move(lines)}, now);
}

inline void hint_is_sane(const scheduler::Hint& hint) {
  using scheduler::HintKind;
  hold(hint.wait >= mail::Duration{0}, "no time is negative");
  hold(hint.wait <= scheduler::kLongestWait, "no time is longer than the longest");
  hold(hint.count >= 0, "no count is negative");
  hold(hint.confidence > 0 && hint.confidence <= 1, "confidence is of (0, 1]");
  const bool timed = hint.kind == HintKind::wait || hint.kind == HintKind::rate;
  hold(timed || hint.wait == mail::Duration{0}, "caps have no time");
  hold(hint.kind != HintKind::wait || hint.count == 0, "waits have no count");
}

inline void hints_are_sane(const std::vector<scheduler::Hint>& hints) {
  hold(hints.size() <= scheduler::kMostHints, "there are few");
  for (std::size_t i = 0; i < hints.size(); ++i) {
    hint_is_sane(hints[i]);
    hold(i == 0 || hints[i].confidence <= hints[i - 1].confidence, "the surest comes first");
    for (std::size_t j = 0; j < i; ++j) {
      hold(hints[i].kind != hints[j].kind || hints[i].scope != hints[j].scope,
           "no two are of one kind and scope");
    }
  }
}

/// The same bytes as lines: a new one at every n-th blank.
inline std::vector<std::string> split_at_blanks(std::string_view text, std::size_t n) {
  std::vector<std::string> lines(1);
  std::size_t blanks = 0;
  for (const char c : text) {
    if (c == ' ' && ++blanks % n == 0) {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

/// A reply of this text; the first two bytes make its code.
inline void hint_holds(std::string_view text) {
  const auto byte_at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const int code = 400 + (text.size() < 2 ? 0 : (byte_at(0) * 256 + byte_at(1)) % 200);
  text.remove_prefix(std::min<std::size_t>(text.size(), 2));
  const std::string whole{text};
  const mail::WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} +
                            std::chrono::hours{12}};

  const auto hints = hints_of(code, {whole}, noon);

  hints_are_sane(hints);
  hold(hints == hints_of(code, {whole}, noon), "the same reply says the same");
  hold(hints == hints_of(code, {mail::to_upper(whole)}, noon), "case says nothing");
  hold(hints == hints_of(code, {mail::to_lower(whole)}, noon), "nor does lower case");
  for (const std::size_t n : {1UL, 2UL, 7UL}) {
    hold(hints == hints_of(code, split_at_blanks(whole, n), noon), "ends of lines say nothing");
  }
  hints_are_sane(hints_of(code, {whole}, mail::WallTime::min()));
  hints_are_sane(hints_of(code, {whole}, mail::WallTime::max()));
  hold(hints_of(250, {whole}, noon).empty(), "who accepts asks for nothing");
  for (const scheduler::Hint& hint : hints_of(550, {whole}, noon)) {
    hold(hint.kind != scheduler::HintKind::wait, "who refuses for good asks for no wait");
  }
}

}  // namespace tenax::fuzz
