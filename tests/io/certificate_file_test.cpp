// SPDX-License-Identifier: Apache-2.0
#include "io/certificate_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "io/tls_stream.h"

#include "tests/support/certificates.h"
#include "tests/support/temp_directory.h"

namespace tenax::io {
namespace {

using testing::Certificate;
using ::testing::HasSubstr;

class CertificateFile : public ::testing::Test {
 protected:
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    const std::string path = directory_ / name;
    std::ofstream{path} << text;
    return path;
  }

  testing::TempDirectory directory_;
};

TEST_F(CertificateFile, IsGoodForTheCheckWhereItIsGoodForTheWire) {
  const Certificate ours = testing::make_self_signed({"mx.example.net"});
  std::string cut = ours.certificate;
  cut.resize(cut.size() / 2);
  const std::string folder = directory_ / "folder";
  std::filesystem::create_directory(folder);
  const std::string pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::vector<std::pair<std::string, bool>> files{
      {write("one", ours.certificate), true},
      {write("words before it", "our relay\n" + ours.certificate), true},
      {write("two", ours.certificate + testing::make_self_signed({"b.example"}).certificate), true},
      {write("cut", cut), false},
      {write("key", ours.key), false},
      {write("empty", ""), false},
      {write("words", "no certificate\n"), false},
      {folder, false},
      {pipe, false},
      {directory_ / "none", false}};
  for (const auto& [file, good] : files) {
    const Result<> checked = check_certificates(file);
    const auto trusted = TlsTrust{}.in(file);
    EXPECT_EQ(checked.has_value(), good) << file;
    ASSERT_EQ(trusted.has_value(), good) << file;
    if (good) continue;
    EXPECT_EQ(to_string(checked.error()), to_string(trusted.error()));
  }
}

TEST_F(CertificateFile, ARefusedOneSpoilsNoLaterOne) {
  const std::string good = write("good", testing::make_self_signed({"mx.example.net"}).certificate);
  EXPECT_FALSE(check_certificates(write("empty", "")));
  EXPECT_TRUE(check_certificates(good));
}

}  // namespace
}  // namespace tenax::io
