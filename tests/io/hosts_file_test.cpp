// SPDX-License-Identifier: Apache-2.0
#include "io/hosts_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_directory.h"

namespace tenax::io {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct HostsFileTest : ::testing::Test {
  testing::TempDirectory directory;
  std::string path = directory / "hosts";

  void write(std::string_view text) const { std::ofstream{path} << text; }
  static std::vector<std::string> texts(const HostsFile& hosts, const std::string& name) {
    std::vector<std::string> found;
    for (const IpAddress& address : hosts.addresses(name)) found.push_back(address.to_string());
    return found;
  }
};

TEST_F(HostsFileTest, NamesHaveTheAddressesOfAllTheirLines) {
  write(
      "# 192.0.2.1 not.example.net\n\n127.0.0.1\tlocalhost\n192.0.2.9  Relay.example.net relay#x\n"
      "2001:db8::9 relay relay\nfe80::1%eth0 odd\nno-address relay\n192.0.2.3\n192.0.2.4 b\xc3\xbc"
      "cher.example -bad\r\n192.0.2.5 last");
  const HostsFile hosts{path};
  EXPECT_THAT(texts(hosts, "relay"), ElementsAre("192.0.2.9", "2001:db8::9"));
  EXPECT_THAT(texts(hosts, "relay.example.net"), ElementsAre("192.0.2.9"));
  EXPECT_THAT(texts(hosts, "xn--bcher-kva.example"), ElementsAre("192.0.2.4"));
  EXPECT_THAT(texts(hosts, "last"), ElementsAre("192.0.2.5"));
  EXPECT_THAT(texts(hosts, "not.example.net"), IsEmpty());
  EXPECT_THAT(texts(hosts, "-bad"), IsEmpty());
}

TEST_F(HostsFileTest, ItIsReadAgainWhenItHasChanged) {
  HostsFile hosts{path};
  EXPECT_THAT(texts(hosts, "relay"), IsEmpty());
  write("192.0.2.9 relay\n");
  hosts.look();
  EXPECT_THAT(texts(hosts, "relay"), ElementsAre("192.0.2.9"));
  std::ofstream{path + ".new"} << "192.0.2.8 relay\n";
  std::filesystem::rename(path + ".new", path);
  hosts.look();
  EXPECT_THAT(texts(hosts, "relay"), ElementsAre("192.0.2.8"));
  std::filesystem::remove(path);
  hosts.look();
  EXPECT_THAT(texts(hosts, "relay"), IsEmpty());
}

TEST_F(HostsFileTest, NoFileIsNoNames) {
  HostsFile hosts{""};
  hosts.look();
  EXPECT_THAT(texts(hosts, "localhost"), IsEmpty());
}

}  // namespace
}  // namespace tenax::io
