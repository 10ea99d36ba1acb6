// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who was taken where before: a table of fixed size that forgets by being written over.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/time.h"

#include "scheduler/mix.h"

namespace tenax::scheduler {

/// May forget, never invents (but for two hashes of 64 bits being the same). Who is new is also
/// entered into a page of a book; a full page is followed by the next, and the last by the first,
/// so that as many are kept as the table holds, and each is written down once or twice.
/// Concurrency: value.
class Acquaintances {
 public:
  static constexpr std::size_t kOnAPage = 256;

  explicit Acquaintances(std::size_t places)
      : places_{std::make_shared<std::vector<std::uint64_t>>(places)} {}
  /// True if it is new: then last_page() has changed.
  bool add(std::uint64_t one);
  [[nodiscard]] bool knows(std::uint64_t one) const {
    return (*places_)[mix(one) % places_->size()] == one;
  }

  /// Knows the same. A copy of that costs nothing until it is written to.
  [[nodiscard]] Acquaintances without_pages() const;

  /// The number of the page that the last new one was entered into.
  [[nodiscard]] std::size_t last_page() const { return place_of(last_); }
  /// It is full: written down once more it need not stay in memory.
  [[nodiscard]] bool last_page_is_full() const { return last_ != open_.number; }
  /// A page's text; "" if it is not in memory any more.
  [[nodiscard]] std::string lesson(std::size_t page) const;
  /// False: it is no page.
  [[nodiscard]] bool recall(std::string_view text, mail::WallTime now);

 private:
  static constexpr std::size_t kPagesInMemory = 64;  // full ones, until they were written
  struct Page {
    std::int64_t number = 0;
    std::vector<std::uint64_t> entries;
  };
  Acquaintances() = default;
  void enter(std::uint64_t one);
  [[nodiscard]] std::size_t place_of(std::int64_t number) const;
  [[nodiscard]] static std::string text_of(Page page);

  std::shared_ptr<std::vector<std::uint64_t>> places_;  // shared by copies until one is written to
  std::deque<Page> full_;
  Page open_;
  std::int64_t last_ = 0;
};

}  // namespace tenax::scheduler
