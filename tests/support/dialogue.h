// SPDX-License-Identifier: Apache-2.0
#pragma once
// A dialogue written down line by line, and everything that may go wrong in its middle.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fake_net.h"

namespace tenax::testing {

/// What happens once the server has said `after_octets` of its part.
struct WireFault {
  enum class Kind { none, cut, reset, stall, raw };
  Kind kind = Kind::none;
  std::size_t after_octets = 0;
  std::string bytes;  // raw: these come instead of the rest, then silence
  bool after_dot = false;
  std::string where;  // "cut after RCPT TO:<bob@example.net>, 4 octets into the reply"
};

/// Speaks exactly these lines, to whoever connects. Values; a served copy lives on its own.
class Dialogue {
 public:
  Dialogue& server(std::string reply);  // without the last CRLF
  Dialogue& client(std::string line);   // must come exactly so
  Dialogue& client_body();              // up to and with the dot

  /// The usual conversation with one recipient.
  static Dialogue happy();

  /// One fault before each reply.
  [[nodiscard]] std::vector<WireFault> every(WireFault::Kind kind, std::string bytes = {}) const;
  /// One fault at each octet of the server's part.
  [[nodiscard]] std::vector<WireFault> every_octet(WireFault::Kind kind) const;

  /// What a run saw; shared with the server's coroutine.
  struct Played {
    std::string surprise;   // the client's line that was not in the script
    bool finished = false;  // all was said and heard
    int times = 0;
  };
  [[nodiscard]] FakeHost::Server serve(io::Clock& clock, WireFault fault = {},
                                       std::shared_ptr<Played> played = nullptr) const;

 private:
  friend class DialogueActor;
  struct Line {
    enum class Who { server, client, body } who;
    std::string text;
  };
  [[nodiscard]] std::vector<WireFault> faults(WireFault::Kind kind, bool octets,
                                              std::string bytes) const;

  std::vector<Line> lines_;
};

}  // namespace tenax::testing
