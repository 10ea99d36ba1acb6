// SPDX-License-Identifier: Apache-2.0
#pragma once
// The frame that all our mails share: their envelope and, where they are reports, multipart/report
// (RFC 6522).

#include <string>
#include <vector>

#include "bounce/dsn.h"
#include "bounce/notice.h"
#include "bounce/page.h"

namespace tenax::bounce {

/// All of a report but what it says.
struct Frame {
  mail::QueueId notice;
  mail::Address told;
  mail::Domain from_domain;
  std::string subject;
  std::string answers = {};  // the Message-ID of what it is about; "" if none, or several
  mail::WallTime now;
  std::string boundary_token;
  std::string language;  // of the words
  bool html = true;
};

/// The part for programs: as RFC 3464 has it or, of an international report, RFC 6533.
[[nodiscard]] Part fields_part(bool international, std::string fields);

/// `words` first, then the parts. Concurrency: pure.
[[nodiscard]] Notice assemble(const Frame& frame, const Page& words, std::vector<Part> parts);

/// Words alone, without a report. Concurrency: pure.
[[nodiscard]] Notice letter(const Frame& frame, const Page& words);

}  // namespace tenax::bounce
