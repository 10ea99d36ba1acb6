// SPDX-License-Identifier: Apache-2.0
// How many returned mails a second are read and explained, in one process: the seeds of the fuzz
// program, which are of every make.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/returned_mail.h"

namespace {

using namespace tenax;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 400;

std::vector<std::string> mails() {
  std::vector<std::string> all;
  const std::filesystem::path root{TENAX_SOURCE_DIR "/tests/fuzz/corpus/returned_mail_fuzz"};
  for (const auto& entry : std::filesystem::directory_iterator{root}) {
    std::ifstream file{entry.path(), std::ios::binary};
    all.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
  }
  return all;
}

}  // namespace

int main() {
  const std::vector<std::string> all = mails();
  const mail::WallTime now{};
  std::size_t told = 0;
  std::size_t octets = 0;
  for (const std::string& one : all) told += engine::explain_mail(one, now).recipients.size();
  const auto start = Clock::now();
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& one : all) {
      told += engine::explain_mail(one, now).recipients.size();
      octets += one.size();
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double read = static_cast<double>(all.size()) * kRounds;
  std::printf(
      "returned mails explained: %.0f a second (5,000 are wanted), %.1f MB/s, %zu results\n",
      read / seconds, static_cast<double>(octets) / seconds / 1e6, told);
  return 0;
}
