// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of the mail room write down often.

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "mail/parsed.h"

namespace tenax::mail {

/// text() of what was read, or "!" for what could not be.
template <class T>
[[nodiscard]] std::string text_or_refused(const Parsed<T>& parsed) {
  return parsed ? std::string{parsed->text()} : "!";
}

/// A case that names its own rule.
struct TextCase {
  std::string_view rule;
  std::string_view given;
  std::string_view expected;  // "!" when it must be refused
};

inline void PrintTo(const TextCase& c, std::ostream* out) { *out << c.rule; }

inline constexpr auto rule_of = [](const auto& test) { return std::string{test.param.rule}; };

}  // namespace tenax::mail
