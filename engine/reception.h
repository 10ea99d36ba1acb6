// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: intake -> queue. One submission from its first byte to its place in the queue, whether
// it comes over the socket or lies in the drop folder.

#include <memory>
#include <optional>
#include <string_view>

#include "io/async.h"

#include "engine/engine.h"
#include "engine/intake.h"

namespace tenax::engine {

/// Concurrency: the engine's strand; one user at a time. `engine` and `store` outlive it.
class Reception {
 public:
  /// Holds it to the limits of the engine's plan,
  Reception(Engine& engine, queue::Store& store, mail::Submitter submitter);
  /// or to these: octets (0: no limit) and recipients.
  Reception(Engine& engine, queue::Store& store, mail::Submitter submitter, std::int64_t max_size,
            std::int64_t max_recipients);

  /// Takes the next bytes. nullopt: wants more; else the answer to the submitter, for good. An
  /// answer with exit code 0 means that the message is durable.
  io::Async<std::optional<SubmissionAnswer>> take(std::string_view bytes);

  /// About so many octets are kept of it in memory.
  [[nodiscard]] std::size_t held() const { return reader_.held(); }

  /// Has the submission begun, so that an end of the stream now is an interruption?
  [[nodiscard]] bool begun() const { return reader_.begun(); }

  /// For a drop file: its envelope must carry this id, the file's name; and since when it lay
  /// there.
  void expect(mail::SubmissionId id, mail::WallTime since) {
    expected_ = std::move(id);
    since_ = since;
  }

  /// It has to end here; the answer to the submitter.
  SubmissionAnswer refuse(SubmissionAnswer answer);

 private:
  std::optional<SubmissionAnswer> begin();
  [[nodiscard]] mail::WallTime accepted() const;
  io::Async<std::optional<SubmissionAnswer>> append(std::string_view bytes);
  io::Async<SubmissionAnswer> finish();

  Engine& engine_;
  queue::Store& store_;
  mail::Submitter submitter_;
  std::int64_t most_recipients_;
  SubmissionReader reader_;
  std::optional<mail::SubmissionId> expected_;
  mail::WallTime since_;  // of a drop file
  mail::QueueId id_;
  std::unique_ptr<queue::IncomingContents> contents_;
};

/// What a submitter is told when the store could not take the message: try later, in each case.
[[nodiscard]] SubmissionAnswer answer_to(const io::Error& error);

}  // namespace tenax::engine
