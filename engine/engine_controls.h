// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: operator -> engine. The running engine as the control door sees it.

#include "engine/control.h"
#include "engine/engine.h"

namespace tenax::engine {

/// Concurrency: the engine's strand. `engine` outlives it.
class EngineControls final : public Controls {
 public:
  explicit EngineControls(Engine& engine) : engine_{engine}, started_{engine.now()} {}

  io::Async<io::Result<queue::Operated>> operate(queue::Operation operation) override;
  io::Async<io::Result<queue::Operated>> expire(queue::Selection selection,
                                                std::string by) override;
  io::Async<io::Result<bool>> forget(mail::Destination destination) override;
  io::Async<io::Result<queue::Operated>> suppress(std::vector<queue::SuppressionEdit> edits,
                                                  std::string by) override;
  [[nodiscard]] EngineView view() const override;
  [[nodiscard]] std::optional<scheduler::LaneView> lane(
      const mail::Destination& destination) const override {
    return engine_.lane(destination);
  }
  [[nodiscard]] std::vector<UnderWay> under_way(
      const std::vector<mail::QueueId>& messages) const override {
    return engine_.under_way(messages);
  }
  [[nodiscard]] std::optional<std::vector<scheduler::Rehearsal>> rehearse(
      const std::vector<scheduler::Role>& roles, std::size_t limit) const override {
    return engine_.rehearse(roles, limit);
  }
  void turned_away(const mail::Submitter& who, const ControlAnswer& answer) override {
    engine_.refuse({who, answer.code, answer.error});
  }

 private:
  Engine& engine_;
  mail::WallTime started_;
};

}  // namespace tenax::engine
