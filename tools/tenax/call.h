// SPDX-License-Identifier: Apache-2.0
#pragma once
// One call of `tenax`: what was typed, where it runs, and the ways to the configuration, the queue
// and the daemon that its commands share.

#include <sysexits.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "mail/parsed.h"

#include "io/result.h"

#include "engine/config.h"
#include "engine/control.h"
#include "engine/control_client.h"
#include "queue/reader.h"
#include "tools/tenax/as_json.h"
#include "tools/tenax/command_line.h"
#include "tools/tenax/findings.h"
#include "tools/tenax/present.h"
#include "tools/tenax/program.h"

namespace tenax::cli {

/// What to say and to end with; thrown so that every question can end the program from where it
/// failed. Caught in run().
struct Failure {
  int code = EX_SOFTWARE;
  std::string text;
};

[[noreturn]] void fail(const io::Error& error);

template <class T>
T must(io::Result<T> result) {
  if (!result) fail(result.error());
  return std::move(*result);
}

template <class T>
T must(mail::Parsed<T> parsed) {
  if (!parsed) throw Failure{EX_USAGE, parsed.error().why};
  return std::move(*parsed);
}

inline constexpr std::chrono::seconds kStatusPatience{5};  // with the daemon, while we only look

/// Whatever fails in it is thrown as a Failure. Concurrency: one thread.
class Call {
 public:
  /// Reads the configuration; tells or throws what is wrong in it.
  Call(CommandLine line, Surroundings& around);

  [[nodiscard]] const CommandLine& line() const { return line_; }
  [[nodiscard]] Surroundings& around() const { return around_; }
  [[nodiscard]] std::ostream& out() const { return around_.out; }
  [[nodiscard]] mail::WallTime now() const { return around_.now; }
  [[nodiscard]] const engine::Config& config() const { return loaded_.config; }
  [[nodiscard]] const engine::LoadedConfig& loaded() const { return loaded_; }

  /// What the daemon says of these, if one runs.
  DaemonState daemon(const queue::Selection& of);
  struct Answered {
    engine::ControlAnswer answer;  // of code 0
    bool by_daemon = true;
  };
  /// By the daemon, or by ourselves where none runs.
  Answered have_done(const engine::ControlRequest& request);

  /// nullptr: no queue is there yet, but its directory is. Makes us the owner of the queue.
  queue::Reader* queue_or_nothing();
  queue::Reader& queue();
  Listing listing(const queue::Selection& selection, std::size_t limit);
  [[nodiscard]] mail::QueueId only_id() const;
  queue::MessageDetails only_message();
  /// How many messages lie in the drop folder; nullopt: not ours to see.
  [[nodiscard]] std::optional<std::int64_t> dropped() const;

  /// Prints a finding; `form` is for people only.
  template <class Finding, class... Form>
  int say(const Finding& finding, Form... form) {
    out() << (line_.json ? as_json(finding) : present(finding, form...));
    return EX_OK;
  }

 private:
  void load();
  void use_own_rules();
  std::unique_ptr<queue::Reader> open_queue();

  CommandLine line_;
  Surroundings& around_;
  engine::LoadedConfig loaded_;
  std::unique_ptr<queue::Reader> reader_;
};

}  // namespace tenax::cli
