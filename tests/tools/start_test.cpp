// SPDX-License-Identifier: Apache-2.0
// What the program loads before it does anything.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace tenax::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string program_file() {
  std::ifstream file{TENAX_BINARY_DIR "/bin/tenax", std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

TEST(Start, LoadsNoTls) {
  const std::string program = program_file();
  ASSERT_THAT(program, HasSubstr("libgmime-3.0.so")) << "a library's name is in the file";
  EXPECT_THAT(program, Not(HasSubstr("libssl.so")))
      << "a mail's explanation takes a third longer then (io/certificate_file.h)";
}

}  // namespace
}  // namespace tenax::cli
