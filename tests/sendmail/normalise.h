// SPDX-License-Identifier: Apache-2.0
#pragma once
// A submission whose surroundings never change: what comes out depends on the text alone.

#include <string>
#include <string_view>

#include "mail/address.h"

#include "queue/submission.h"

namespace tenax::testing {

inline mail::Address address(std::string_view text) { return mail::Address::parse(text).value(); }

/// From ann@example.org to bob@example.net, on 24 Nov 2026 02:26, with -i.
inline queue::SubmissionRules usual_rules() {
  queue::SubmissionRules rules{address("ann@example.org")};
  rules.dot_ends = false;
  rules.recipients = {address("bob@example.net")};
  rules.sender = address("ann@example.org");
  rules.author_name = [] { return "Ann Example"; };
  rules.our_name = "out.example.org";
  rules.unique = "1a2b";
  rules.now = mail::from_millis(1'795'487'160'000);
  return rules;
}

inline constexpr std::string_view kFrom = "From: Ann Example <ann@example.org>\r\n";
inline constexpr std::string_view kTo = "To: undisclosed-recipients:;\r\n";
inline constexpr std::string_view kDate = "Date: Tue, 24 Nov 2026 02:26:00 +0000\r\n";
inline constexpr std::string_view kId = "Message-ID: <20261124022600.1a2b@out.example.org>\r\n";

/// Header fields that leave nothing to be added.
inline constexpr std::string_view kWhole =
    "From: ann@example.org\r\nTo: bob@example.net\r\nDate: Tue, 24 Nov 2026 02:26:00 +0000\r\n"
    "Message-ID: <1@example.org>\r\n";

inline std::string all_of(queue::SubmissionContents& contents, std::size_t piece = 1 << 16) {
  std::string all;
  std::string buffer(piece, '\0');
  while (const std::size_t octets = contents.read_some(buffer).value()) {
    all.append(buffer, 0, octets);
  }
  return all;
}

/// The text pushed in pieces of `piece` octets.
inline queue::Outcome<queue::PreparedSubmission> prepare(
    std::string_view text, queue::SubmissionRules rules = usual_rules(),
    std::size_t piece = std::string_view::npos) {
  queue::Submission submission{std::move(rules)};
  while (!text.empty() && submission.push(text.substr(0, piece))) {
    text.remove_prefix(std::min(piece, text.size()));
  }
  return submission.finish();
}

/// The contents that come of `text`; "refused: ..." if none do.
inline std::string normalised(std::string_view text, queue::SubmissionRules rules = usual_rules(),
                              std::size_t piece = std::string_view::npos) {
  queue::Outcome<queue::PreparedSubmission> prepared = prepare(text, std::move(rules), piece);
  return prepared ? all_of(prepared->contents) : "refused: " + prepared.error().text;
}

}  // namespace tenax::testing
