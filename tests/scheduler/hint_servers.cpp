// SPDX-License-Identifier: Apache-2.0
// What servers and filters one can install say.
#include "tests/scheduler/hint_replies.h"

namespace tenax::scheduler {

std::vector<Family> servers() {
  return {
      {"Postfix",
       {
           {"421 4.7.0 mx.example.net Error: too many connections from 192.0.2.1",
            "concurrency address"},
           {"450 4.7.1 Error: too much mail from 192.0.2.1", "rate address"},
           {"450 4.7.1 Error: too many recipients from 192.0.2.1", "rate address"},
           {"452 4.5.3 Error: too many recipients", "per transaction"},
       }},
      {"Postgrey",
       {
           {"450 4.2.0 <bob@example.net>: Recipient address rejected: Greylisted, see "
            "http://postgrey.schweikert.ch/help/example.net.html",
            "wait pair"},
           {"450 4.7.1 <bob@example.net>: Recipient address rejected: Greylisted for 300 seconds "
            "(see http://isg.ee.ethz.ch/tools/postgrey/help/example.net.html)",
            "wait pair 5m"},
       }},
  };
}

}  // namespace tenax::scheduler
