// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <iterator>
#include <string>
#include <thread>

#include "io/file.h"

namespace tenax::cli {
namespace {

TEST(StandardStreams, CarryAllOfItThroughAPipeThatWouldNotWait) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  const io::Fd from{ends[0]};
  io::Fd into{ends[1]};
  std::string much;
  for (int i = 0; much.size() < 1'000'000; ++i) much += std::to_string(i) + "\n";

  std::string read;
  std::thread reader{[&] {
    DescriptorBuffer buffer{from.get()};
    std::istream in{&buffer};
    read.assign(std::istreambuf_iterator<char>{in}, {});
  }};
  {
    DescriptorBuffer buffer{into.get()};
    std::ostream out{&buffer};
    out << much << std::flush;
    EXPECT_TRUE(out);
  }
  into = io::Fd{};
  reader.join();

  EXPECT_TRUE(read == much);
}

TEST(StandardStreams, TellOfOutputThatCannotBeWritten) {
  const io::Result<io::Fd> full = io::open_file("/dev/full", O_WRONLY);
  if (!full) GTEST_SKIP() << "no /dev/full here";
  DescriptorBuffer buffer{full->get()};
  std::ostream out{&buffer};
  out << "x";
  EXPECT_TRUE(out);
  out.flush();
  EXPECT_FALSE(out);
}

}  // namespace
}  // namespace tenax::cli
