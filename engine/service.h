// SPDX-License-Identifier: Apache-2.0
#pragma once
// What we tell the service manager of ourselves (sd_notify(3)); nothing where there is none.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "io/clock.h"

#include "engine/observer.h"

namespace tenax::engine {

/// Concurrency: the engine's strand.
class Service final : public Observer {
 public:
  void phase(Phase now) override;

  /// One line for people: "12 in flight".
  void status(std::string_view text);
  void alive();

  /// How often alive() has to be called, if somebody watches.
  [[nodiscard]] static std::optional<io::Span> watchdog();
};

}  // namespace tenax::engine
