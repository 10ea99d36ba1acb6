// SPDX-License-Identifier: Apache-2.0
#include "io/hosts_file.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "io/file.h"

namespace tenax::io {

namespace {

constexpr std::size_t kLargestHosts =
    64 * 1024 * 1024;  // there are lists of a million names to avoid

}  // namespace

HostsFile::HostsFile(std::string path) : file_{std::move(path)} { read(); }

void HostsFile::look() {
  if (file_.changed()) read();
}

std::vector<IpAddress> HostsFile::addresses(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::vector<IpAddress>{} : found->second;
}

void HostsFile::read() {
  if (file_.path().empty()) return;
  const Result<std::string> text = read_file(file_.path(), kLargestHosts);
  if (!text && !text.error().is(Errc::not_found)) return;  // what was known is better than nothing
  names_.clear();
  if (!text) return;
  std::istringstream lines{*text};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line.substr(0, line.find('#'))};
    std::string word;
    words >> word;
    boost::system::error_code no_address;
    const IpAddress address = asio::ip::make_address(word, no_address);
    if (no_address) continue;
    while (words >> word) {
      const Result<std::string> name = to_ascii_name(word);
      if (!name) continue;
      std::vector<IpAddress>& known = names_[*name];
      if (std::ranges::find(known, address) == known.end()) known.push_back(address);
    }
  }
}

}  // namespace tenax::io
