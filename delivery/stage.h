// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where we are in the dialogue: what to call it, how long to wait there.

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "mail/stage.h"

namespace tenax::delivery {

struct StageWords {
  std::string_view doing;         // completes "lost connection with ... while ..."
  std::chrono::seconds patience;  // RFC 5321 4.5.3.2: the least a client must grant
};

constexpr StageWords info(mail::Stage stage) {
  using mail::Stage;
  using namespace std::chrono_literals;
  switch (stage) {  // no default: the compiler names a forgotten stage
    case Stage::resolve: return {"looking up its names", 60s};  // ours, like the next
    case Stage::connect: return {"opening a connection", 30s};
    case Stage::greeting: return {"waiting for the greeting", 5min};
    case Stage::ehlo: return {"introducing ourselves", 5min};
    case Stage::starttls: return {"turning to TLS", 2min};  // the RFCs name no time for it
    case Stage::auth: return {"logging in", 3min};          // nor here; as for the contents
    case Stage::mail: return {"naming the sender", 5min};
    case Stage::rcpt: return {"naming a recipient", 5min};
    case Stage::data: return {"asking to send the message", 2min};
    case Stage::body: return {"sending the message", 3min};
    case Stage::dot: return {"waiting for the verdict on the message (it may arrive twice)", 10min};
    case Stage::quit: return {"taking leave", 5s};  // nothing depends on this answer
    case Stage::local: return {"deciding by ourselves", 0s};
  }
  std::abort();  // not reachable while the switch is complete
}

}  // namespace tenax::delivery
