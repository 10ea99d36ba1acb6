// SPDX-License-Identifier: Apache-2.0
#pragma once
// What was promised in a day of mail, and after how many steps of the disk: what no power cut after
// that step may take back.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "engine/observer.h"

namespace tenax::power {

/// A message by its name, which is its subject, or "notice ID".
struct Kept {
  std::string contents = {};  // "" for a notice: whatever it says
  std::size_t recipients = 1;
  std::size_t ended = 0;                         // of them
  std::optional<std::size_t> acknowledged = {};  // after this step; nullopt: nobody was told so
  std::optional<std::size_t> over = {};          // all its recipients had ended
};

struct Ended {
  mail::RecipientState state;
  std::size_t step;
};

/// Listens to the engine. Concurrency: one thread.
class Ledger final : public engine::Observer {
 public:
  explicit Ledger(std::function<std::size_t()> step) : step_{std::move(step)} {}

  void submitted(const std::string& name, std::string contents, std::size_t recipients);
  void acknowledged(const std::string& name);
  void ended(mail::QueueId message, mail::RecipientId recipient, mail::RecipientState state);
  /// From here on messages that are over may be forgotten.
  void purging() { purged_ = step_(); }

  [[nodiscard]] const std::map<std::string, Kept>& messages() const { return messages_; }
  [[nodiscard]] const std::map<mail::RecipientId, Ended>& recipients() const { return ended_; }
  [[nodiscard]] bool may_be_forgotten(const Kept& kept, std::size_t step) const;
  [[nodiscard]] std::size_t acknowledged() const;  // messages, all in all
  /// How much was promised up to this step.
  [[nodiscard]] std::size_t promises(std::size_t step) const;

  void accepted(const engine::Accepted& fact) override;
  void attempted(const engine::Attempted& fact) override;
  void noticed(const engine::Noticed& fact) override;
  void storm_told(const engine::StormTold& fact) override;
  void trouble(const engine::Trouble& fact) override;
  [[nodiscard]] int storms_told() const { return storms_told_; }

 private:
  void entered(mail::QueueId notice);
  std::function<std::size_t()> step_;
  std::map<std::string, Kept> messages_;
  std::map<mail::QueueId, std::string> names_;
  std::map<mail::RecipientId, Ended> ended_;
  std::optional<std::size_t> purged_;
  int storms_told_ = 0;
};

std::string name_of_notice(mail::QueueId id);

}  // namespace tenax::power
