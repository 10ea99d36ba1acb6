// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what a program was called with and what its pipe holds to a submission that can be handed
// over. Joins queue/submission, the config and the account.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mail/message.h"

#include "io/random.h"

#include "queue/refusal.h"
#include "queue/submission.h"

#include "engine/config.h"
#include "engine/submission_frames.h"

namespace tenax::engine {

using queue::Outcome;
using queue::Refusal;

/// What a sendmail(8) command line says about the message; addresses as they came. Concurrency:
/// value.
struct RawSubmission {
  bool recipients_from_header = false;     // -t
  bool dot_ends = true;                    // -i: not
  std::optional<std::string> sender;       // -f; "" is the null path
  std::optional<std::string> full_name;    // -F
  mail::Notify notify;                     // -N
  mail::Ret ret = mail::Ret::unspecified;  // -R
  std::string envid;                       // -V
  std::vector<std::string> operands;       // each may be a list
};

/// Who submits, by the kernel's word and the machine's accounts.
struct Account {
  std::string login;
  std::string full_name;  // UTF-8 without controls; "" if there is none
};

/// nullopt: nobody. Refused when that cannot be found out now.
using FindAccount = std::function<Outcome<std::optional<Account>>()>;

/// What surrounds a submission and differs each time.
struct Moment {
  mail::WallTime now;
  int utc_offset_minutes = 0;
  std::string unique;  // for the Message-ID
};

/// The calendar's, and a new `unique`.
[[nodiscard]] Moment this_moment(io::Random& random);

/// Refused: EX_NOUSER when there is neither account nor sender, as `find_account` says when one is
/// needed that cannot be asked for, EX_DATAERR when an address is none,
/// EX_USAGE when nobody can become a recipient.
[[nodiscard]] Outcome<queue::SubmissionRules> submission_rules(const RawSubmission& raw,
                                                               const Config& config,
                                                               const FindAccount& find_account,
                                                               const Moment& moment);

struct ReadySubmission {
  SubmissionEnvelope envelope;
  queue::SubmissionContents contents;
};

/// Reads the message from `input` to its end. Refused: as above, as queue::Submission says, and
/// EX_NOINPUT when the input cannot be read.
[[nodiscard]] Outcome<ReadySubmission> read_submission(const RawSubmission& raw,
                                                       const Config& config,
                                                       const FindAccount& find_account, int input);

}  // namespace tenax::engine
