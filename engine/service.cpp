// SPDX-License-Identifier: Apache-2.0
#include "engine/service.h"

#include <systemd/sd-daemon.h>
#include <time.h>

namespace tenax::engine {

namespace {

void tell(const std::string& state) { (void)::sd_notify(0, state.c_str()); }

/// RELOADING=1 must carry the time, so that the manager can tell the READY=1 that follows from one
/// that was under way (Type=notify-reload).
std::string reloading_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
  return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds);
}

}  // namespace

void Service::phase(Phase now) {
  switch (now) {
    case Phase::starting: return tell("STATUS=starting");
    case Phase::ready: return tell("READY=1\nSTATUS=running");
    case Phase::reloading: return tell(reloading_now());
    case Phase::stopping: return tell("STOPPING=1\nSTATUS=ending the sessions");
    case Phase::stopped: return tell("STATUS=stopped");
  }
}

void Service::status(std::string_view text) { tell("STATUS=" + std::string{text}); }

void Service::alive() { tell("WATCHDOG=1"); }

std::optional<io::Span> Service::watchdog() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds{microseconds / 2};  // twice as often, as sd_notify(3) advises
}

}  // namespace tenax::engine
