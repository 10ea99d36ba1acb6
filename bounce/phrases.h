// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words of one language, as bounce/words/*.words and an operator's files hold them
// (docs/notices.md).

#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/time.h"

#include "bounce/cause.h"

namespace tenax::bounce {

/// What stands in a phrase for "{name}".
struct Filling {
  std::string_view name;
  std::string_view value;
};

/// What is wrong in a file of phrases, and in which line; 0: with the file as a whole.
struct PhraseProblem {
  int line = 0;
  std::string what;
};

/// Concurrency: value; never changed once it is shared.
class Phrases {
 public:
  /// As written; "" where there is none of that key.
  [[nodiscard]] std::string_view of(std::string_view key) const;

  /// With its places filled; what is filled in is not looked through again.
  [[nodiscard]] std::string fill(std::string_view key,
                                 std::initializer_list<Filling> fillings) const;

  [[nodiscard]] std::string date(mail::WallTime when) const;      // in UTC, to the second
  [[nodiscard]] std::string length(mail::Duration length) const;  // at most two units, rounded down
  [[nodiscard]] std::string_view tag() const { return tag_; }     // "de" (RFC 5646)

  /// One language, whole: every key once, with each of its places.
  static Phrases read(std::string tag, std::string_view text, std::vector<PhraseProblem>& problems);

  /// Some phrases instead of those of `base`; they need not use every place.
  static Phrases read_over(const Phrases& base, std::string_view text,
                           std::vector<PhraseProblem>& problems);

 private:
  using Lines = std::map<std::string, int, std::less<>>;  // of each key
  Lines take(std::string_view text, bool whole, std::vector<PhraseProblem>& problems);

  std::string tag_;
  std::map<std::string, std::string, std::less<>> phrases_;
};

using PhrasesPtr = std::shared_ptr<const Phrases>;

/// The languages that are compiled in, English first: "en", "de", ...
[[nodiscard]] std::span<const std::string_view> languages();

/// The words of one of them; null for any other. Concurrency: thread-safe.
[[nodiscard]] PhrasesPtr built_in(std::string_view tag);

/// Of these tags (RFC 5646, as in Content-Language: "de-AT, en") the first whose language is in
/// `known`; "" if none. At most the first ten are looked at.
[[nodiscard]] std::string_view first_known(std::string_view tags,
                                           std::span<const std::string_view> known);

/// Longest text of one language or of an operator's file, in octets; and of one phrase.
inline constexpr std::size_t kLongestWords = std::size_t{128} * 1024;
inline constexpr std::size_t kLongestPhrase = 2000;

}  // namespace tenax::bounce
