// SPDX-License-Identifier: Apache-2.0
#pragma once
// The outside as the engine sees it: each call goes to the fake behind it, unless it is the one
// that goes wrong.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "io/clock.h"
#include "io/random.h"
#include "io/resolver.h"
#include "io/stream.h"

#include "tests/seams/faults.h"
#include "tests/support/fake_clock.h"

namespace tenax::seams {

/// What the wires carried and whether they are still there. Concurrency: one thread.
struct Wires {
  int open = 0;                      // streams of ours that still exist
  std::set<std::string> behind_dot;  // recipients whose message was sent, its outcome not committed
};

/// Concurrency: one thread, like all here.
class TroubledClock final : public io::Clock {
 public:
  TroubledClock(testing::FakeClock& real, Faults& faults) : real_{real}, faults_{faults} {}
  [[nodiscard]] io::Instant now() const override { return real_.now(); }
  [[nodiscard]] io::WallTime wall() const override { return real_.wall(); }
  io::Async<io::Result<>> sleep_until(io::Instant when) override;

 private:
  testing::FakeClock& real_;
  Faults& faults_;
};

class TroubledRandom final : public io::Random {
 public:
  TroubledRandom(io::Random& real, Faults& faults) : real_{real}, faults_{faults} {}
  std::uint64_t bits() override;

 private:
  io::Random& real_;
  Faults& faults_;
};

class TroubledResolver final : public io::Resolver {
 public:
  TroubledResolver(io::Resolver& real, io::Clock& clock, Faults& faults)
      : real_{real}, clock_{clock}, faults_{faults} {}
  io::Async<io::Result<io::Answer<io::MxRecord>>> mx(std::string name,
                                                     io::Instant deadline) override;
  io::Async<io::Result<io::Answer<io::IpAddress>>> addresses(std::string name,
                                                             io::Instant deadline) override;

 private:
  io::Resolver& real_;
  io::Clock& clock_;
  Faults& faults_;
};

class TroubledConnector final : public io::Connector {
 public:
  TroubledConnector(io::Connector& real, io::Clock& clock, Faults& faults, Wires& wires)
      : real_{real}, clock_{clock}, faults_{faults}, wires_{wires} {}
  io::Async<io::Result<std::unique_ptr<io::Stream>>> connect(io::Endpoint to,
                                                             io::Instant deadline) override;

 private:
  io::Connector& real_;
  io::Clock& clock_;
  Faults& faults_;
  Wires& wires_;
};

}  // namespace tenax::seams
