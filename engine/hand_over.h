// SPDX-License-Identifier: Apache-2.0
#pragma once
// From the submission program to the queue: over the daemon's socket, or, when nobody answers
// there, into the drop folder. Joins queue/drop_folder and engine/submission_frames.
//
// Blocking, with a deadline on every wait. The same submission id on both ways, so that a message
// the daemon took without our hearing of it is taken once.

#include <string>

#include "mail/time.h"

#include "queue/refusal.h"
#include "queue/submission.h"

#include "engine/submission_frames.h"

namespace tenax::engine {

struct HandOverDoors {
  std::string socket;
  std::string drop_directory;
  mail::Duration patience = std::chrono::seconds{30};  // with each step of the daemon's
  /// Asked between pieces while a drop file is written: true leaves nothing behind and fails.
  bool (*interrupted)() = nullptr;
};

struct HandedOver {
  std::string queue_id;  // "" when it went into the drop folder
  std::string why_dropped;
};

/// A success means that the message is on disk. Refused with the daemon's own code and words, or
/// EX_TEMPFAIL (no room, no drop folder), EX_NOPERM (we may not write there), and EX_SOFTWARE
/// when the submission is none that the daemon would take, whichever way it would have gone.
[[nodiscard]] queue::Outcome<HandedOver> hand_over(const SubmissionEnvelope& envelope,
                                                   queue::SubmissionContents& contents,
                                                   const HandOverDoors& doors);

}  // namespace tenax::engine
