// SPDX-License-Identifier: Apache-2.0
#include "tools/sendmail/operate.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <vector>

namespace tenax::sendmail {

namespace {

/// Beside our own executable, or where packages put it when ours is in sbin or lib. Never by $PATH:
/// it is the caller's.
std::vector<std::string> places() {
  std::vector<std::string> places;
  std::array<char, PATH_MAX> own{};
  const ssize_t length = ::readlink("/proc/self/exe", own.data(), own.size() - 1);
  if (length > 0) {
    std::string directory{own.data(), static_cast<std::size_t>(length)};
    directory.erase(directory.find_last_of('/') + 1);
    places.push_back(directory + "tenax");
    places.push_back(directory + "../bin/tenax");
  }
  places.emplace_back("/usr/bin/tenax");
  places.emplace_back("/usr/local/bin/tenax");
  return places;
}

}  // namespace

std::string become_tenax(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "tenax");
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  for (const std::string& place : places()) ::execv(place.c_str(), argv.data());
  return "the program \"tenax\" that does this is not installed";
}

}  // namespace tenax::sendmail
