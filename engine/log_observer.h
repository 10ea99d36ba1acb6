// SPDX-License-Identifier: Apache-2.0
#pragma once
// Facts as log lines: one line per fact, the queue id first, stable keys. The operator's grep is an
// interface; tests/engine/log_observer_test holds it.

#include <spdlog/logger.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "io/system_clock.h"

#include "engine/observer.h"
#include "engine/restraint.h"

namespace tenax::engine {

class LogLine;

/// Concurrency: the engine's strand (the logger is thread-safe by itself).
class LogObserver final : public Observer {
 public:
  /// `said`: a line was written and may lie in a buffer still; whoever is told flushes the log,
  /// soon.
  explicit LogObserver(std::shared_ptr<spdlog::logger> log,
                       std::function<io::Instant()> now = io::boot_now,
                       std::function<void()> said = {})
      : log_{std::move(log)}, now_{std::move(now)}, said_{std::move(said)} {}

  void accepted(const Accepted& fact) override;
  void refused(const Refused& fact) override;
  void started(const Started& fact) override;
  void attempted(const Attempted& fact) override;
  void noticed(const Noticed& fact) override;
  void gathered(const Gathered& fact) override;
  void digested(const Digested& fact) override;
  void double_bounce(const DoubleBounce& fact) override;
  void parked(const Parked& fact) override;
  void storm_began(const StormBegan& fact) override;
  void storm_told(const StormTold& fact) override;
  void clock_stepped(const ClockStep& fact) override;
  void recovered(const Recovered& fact) override;
  void rerouted(const Rerouted& fact) override;
  void operated(const Operated& fact) override;
  void suppressions_edited(const SuppressionsEdited& fact) override;
  void trouble(const Trouble& fact) override;
  void phase(Phase now) override;

 private:
  void owed_unread(std::int64_t recipients, std::string_view to);
  void say(spdlog::level::level_enum level, const LogLine& line);

  std::shared_ptr<spdlog::logger> log_;
  std::function<io::Instant()> now_;
  std::function<void()> said_;
  Restraint restraint_;  // of what a program that runs wild can have us say
};

/// A line in the making: "4Q7K2M attempt to=bob@example.net reply=\"450 try later\"". Concurrency:
/// value.
class LogLine {
 public:
  explicit LogLine(std::string start) : text_{std::move(start)} { text_.reserve(kUsual); }

  /// key=value; quoted if it holds a blank, a quote, a backslash or nothing; nothing of it can end
  /// the line.
  LogLine& with(std::string_view key, std::string_view value);
  LogLine& with(std::string_view key, std::int64_t value);
  /// key="value", always quoted; quotes and backslashes in it behind a backslash.
  LogLine& quoted(std::string_view key, std::string_view value);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static constexpr std::size_t kUsual = 320;  // octets, of the longest that are written often
  std::string text_;
};

}  // namespace tenax::engine
