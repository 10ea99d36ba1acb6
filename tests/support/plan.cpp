// SPDX-License-Identifier: Apache-2.0
#include "tests/support/plan.h"

#include <chrono>

namespace tenax::testing {

engine::Plan plan_of(const std::string& our_name) {
  engine::Plan plan{.routes = {},
                    .agent = {},
                    .scheduler = {},
                    .terms = {.retry = {},
                              .our_name = our_name,
                              .our_domain = mail::Domain::parse(our_name).value(),
                              .postmaster = ""},
                    .full_limit = 50'000,
                    .history = std::chrono::hours{24 * 7},
                    .grace = std::chrono::seconds{20},
                    .max_recipients = 1000};
  plan.agent.our_name = our_name;
  return plan;
}

}  // namespace tenax::testing
