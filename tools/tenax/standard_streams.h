// SPDX-License-Identifier: Apache-2.0
#pragma once
// Standard input and output as streams that wait. Those of the C++ library take a descriptor that
// would not, as a program around an event loop hands it on, for one that ends or fails.

#include <array>
#include <istream>
#include <ostream>
#include <streambuf>

namespace tenax::cli {

/// Over a descriptor, which outlives it. Nothing is written but by flush() and when it is full.
/// Concurrency: one user at a time.
class DescriptorBuffer final : public std::streambuf {
 public:
  explicit DescriptorBuffer(int fd);

 protected:
  int_type underflow() override;
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  int fd_;
  std::array<char, 16 * 1024> read_;
  std::array<char, 16 * 1024> unwritten_;
};

}  // namespace tenax::cli
