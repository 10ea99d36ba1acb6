// SPDX-License-Identifier: Apache-2.0
#pragma once
// What submissions that have only begun may hold in memory, all together: one user of this machine
// can begin hundreds of them, each with an envelope as long as it is allowed to be, and never end.

#include <atomic>
#include <cstddef>

namespace tenax::engine {

/// Concurrency: thread-safe.
class Allowance {
 public:
  /// Who holds no more than this always may: ordinary mail passes while others hold everything.
  static constexpr std::size_t kSmall = 192UL * 1024;

  explicit Allowance(std::size_t octets) : octets_{octets} {}

  /// One submission's part, given back when it ends. Concurrency: one user at a time.
  class Share {
   public:
    explicit Share(Allowance& whole) : whole_{whole} {}
    ~Share() { whole_.held_ -= held_; }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Says what it holds now. False: there is not so much for it, it must end.
    [[nodiscard]] bool hold(std::size_t octets) {
      whole_.held_ += octets - held_;  // unsigned: less is more, modulo the word
      held_ = octets;
      return octets <= kSmall || whole_.held_ <= whole_.octets_;
    }

   private:
    Allowance& whole_;
    std::size_t held_ = 0;
  };

 private:
  std::size_t octets_;
  std::atomic<std::size_t> held_{0};
};

}  // namespace tenax::engine
