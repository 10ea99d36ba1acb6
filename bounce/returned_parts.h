// SPDX-License-Identifier: Apache-2.0
#pragma once
// A notice's parts by what they are for, whatever order and form they came in.

#include <string>

#include "bounce/mime_tree.h"
#include "bounce/status_reader.h"

namespace tenax::bounce {

/// The parts of a mail by what they are for.
struct NoticeParts {
  std::string notice;           // for people
  std::string returned_header;  // of the mail that came back
  std::string behind;           // what stands behind it in the notice's own part
  StatusFields fields;
  StatusFields inner_fields;    // of a notice inside this one
  bool fields_cut = false;      // there were more
  std::string feedback;         // RFC 5965; "" of anything else
  bool receipt = false;         // RFC 8098: it was read, or thrown away
  StatusFields receipt_fields;  // a filter's refusal may come as one
  bool brings_mail_back = false;
};

/// Concurrency: pure.
[[nodiscard]] NoticeParts sort_out(const MimeTree& tree);

}  // namespace tenax::bounce
