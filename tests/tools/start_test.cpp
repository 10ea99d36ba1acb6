// SPDX-License-Identifier: Apache-2.0
// What the program loads before it does anything.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace tenax::cli {
namespace {

std::string program_file() {
  std::ifstream file{TENAX_BINARY_DIR "/bin/tenax", std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

TEST(Start, LoadsNoTls) {
  const std::string program = program_file();
  const auto names = [&](const char* library) { return program.find(library) != program.npos; };
  ASSERT_TRUE(names("libgmime-3.0.so")) << "a library's name is in the file";
  EXPECT_FALSE(names("libssl.so"))
      << "a mail's explanation takes a third longer then (io/certificate_file.h)";
}

}  // namespace
}  // namespace tenax::cli
