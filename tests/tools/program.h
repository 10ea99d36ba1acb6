// SPDX-License-Identifier: Apache-2.0
#pragma once
// The whole program on a real queue, while no daemon runs.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/tools/queue_on_disk.h"
#include "tests/tools/rows.h"
#include "tools/tenax/program.h"

namespace tenax::cli {

class Program : public ::testing::Test {
 protected:
  Program() { live_in_central_europe(); }

  int tenax(std::vector<std::string> words) {
    out_.str({});
    error_.str({});
    words.insert(words.begin(), {"--config", config_file(), "--state", queue_.directory()});
    Surroundings around{.out = out_,
                        .error = error_,
                        .now = io::SystemClock{}.wall(),
                        .width = 0,
                        .terminal = terminal_,
                        .operator_name = "uid 7",
                        .in = &in_};
    return run(words, around);
  }
  nlohmann::json tenax_json(std::vector<std::string> words, int code = 0) {
    words.push_back("--json");
    EXPECT_EQ(tenax(words), code) << out_.str() << error_.str();
    EXPECT_EQ(error_.str(), "");
    return nlohmann::json::parse(out_.str());
  }
  std::string state_of(mail::QueueId id) {
    return tenax_json({"show", id.text()})["recipients"][0]["state"];
  }
  std::string config_file() const { return queue_.directory() + "/tenax.toml"; }

  QueueOnDisk queue_;
  std::ostringstream out_;
  std::ostringstream error_;
  std::istringstream in_;
  bool terminal_ = false;
};

}  // namespace tenax::cli
