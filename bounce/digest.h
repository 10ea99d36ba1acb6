// SPDX-License-Identifier: Apache-2.0
#pragma once
// One report for a sender of whom much failed or is late at once: what is beyond the notices of an
// hour (docs/notices.md).

#include <string>
#include <vector>

#include "bounce/notice.h"
#include "bounce/page.h"

namespace tenax::bounce {

/// Concurrency: value.
struct Digest {
  struct Item {
    // hold: a delay, because we hold it in a storm; pause: because all delivery is paused
    enum class Of { failure, delay, hold, pause };
    Of of = Of::failure;
    mail::QueueId message;
    mail::WallTime accepted;
    std::string title;       // what the message is called; "" if nothing
    std::string envid = {};  // its envelope id (RFC 3461 4.4); "" if it has none
    Subject subject;
  };
  mail::QueueId notice;
  mail::Address told;
  std::vector<Item> failures;
  std::vector<Item> delays = {};  // who still waits
  std::size_t unread = 0;         // failures of which no more is known
  std::string our_name;           // Reporting-MTA
  mail::Domain from_domain;
  std::string postmaster;  // whom to ask; "" if nobody
  mail::WallTime now;
  std::string boundary_token;
  PhrasesPtr phrases = nullptr;  // null: English
  bool html = true;
  [[nodiscard]] bool has_report() const { return !failures.empty() || !delays.empty(); }
};

/// Something is told. The words name the first hundred, those of whom the same is to be said
/// together; the fields name all. Without anybody to name it is no report. Concurrency: pure.
[[nodiscard]] Notice compose(const Digest& digest);

/// Its words.
[[nodiscard]] Page digest_page(const Digest& digest);

/// "by-answer", "in-time", ...: what the queue keeps of it meanwhile.
[[nodiscard]] std::string_view to_string(Ended ended);
/// Of anything else: by_answer.
[[nodiscard]] Ended parse_ended(std::string_view word);

}  // namespace tenax::bounce
