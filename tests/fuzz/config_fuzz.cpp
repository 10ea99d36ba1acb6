// SPDX-License-Identifier: Apache-2.0
// tenax.toml: whatever stands there, the values stay within their limits or there is a problem.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/config.h"

using namespace tenax;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const engine::LoadedConfig loaded = engine::parse_config(text, "fuzz.toml");
  const engine::Config& config = loaded.config;
  if (config.sessions < 1 || !(config.growth >= 1.0) || config.first_delay.count() < 1)
    std::abort();
  for (const engine::ConfigProblem& problem : loaded.problems) {
    if (problem.text().find_first_of("\r\n\x1b") != std::string::npos) std::abort();
  }
  return 0;
}
