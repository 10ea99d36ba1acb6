// SPDX-License-Identifier: Apache-2.0
#pragma once
// The fields of a delivery status (RFC 3464), wherever they stand and however they were mangled:
// its own part, a text part, the middle of a text.

#include <string>
#include <string_view>
#include <vector>

namespace tenax::bounce {

/// What one group says of one recipient; "" where it says nothing. Bytes as they came.
struct RecipientFields {
  std::string original_address;  // an address, or what stands in the place of one
  std::string final_address;
  std::string action;  // in lower case
  std::string status;
  std::string comment;     // behind the status: "(host name lookup failure)"
  std::string cause;       // X-Tenax-Cause: what another Tenax found
  std::string diagnostic;  // without "smtp;"
  std::string category;    // a program's own word for it: "bad mailbox"
  std::string remote_mta;  // without "dns;"
};

struct StatusFields {
  std::string reporting_mta;
  std::string envelope_id;
  std::vector<RecipientFields> recipients;  // those that name one, or tell a status
};

/// Concurrency: pure.
[[nodiscard]] StatusFields status_fields_in(std::string_view text);

/// The same told as JSON, as Amazon's notifications do: "bouncedRecipients":[{"emailAddress":...
[[nodiscard]] StatusFields status_fields_in_json(std::string_view text);

}  // namespace tenax::bounce
