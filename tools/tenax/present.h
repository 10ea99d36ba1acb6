// SPDX-License-Identifier: Apache-2.0
#pragma once
// Findings as plain text for people. Whatever came from outside goes through mail::printable, so
// that no server can write to an operator's terminal. `width` is the terminal's; 0 means not to
// cut. Concurrency: pure, but for the zone of the process.

#include <string>
#include <string_view>
#include <vector>

#include "tools/tenax/findings.h"

namespace tenax::cli {

[[nodiscard]] std::string present(const Overview& overview, std::size_t width);
[[nodiscard]] std::string present(const Listing& listing, std::size_t width);
[[nodiscard]] std::string present(const queue::MessageDetails& message, mail::WallTime now);
[[nodiscard]] std::string present(const Prospects& prospects);
[[nodiscard]] std::string present(const Reasons& reasons);
[[nodiscard]] std::string present(const WhatIfView& view, std::size_t width);
[[nodiscard]] std::string present(const Changed& changed);
[[nodiscard]] std::string present(const DestinationView& view, std::size_t width);
[[nodiscard]] std::string present(const std::vector<queue::Violation>& violations);

/// What a site taught: a line each, and all of it under its name.
[[nodiscard]] std::vector<std::string> in_words(const scheduler::SiteView& site,
                                                mail::WallTime now);
[[nodiscard]] std::string present(const scheduler::SiteView& site, mail::WallTime now);

/// As sendmail -bp and Postfix's mailq lay it out: scripts read it.
[[nodiscard]] std::string present_as_mailq(const Listing& listing,
                                           std::optional<std::int64_t> dropped);

/// Contents line by line, each printable; CRLF becomes a line feed.
[[nodiscard]] std::string printable_lines(std::string_view contents);

/// Where the body of contents with CRLF lines begins; their size when there is none.
[[nodiscard]] std::size_t body_offset(std::string_view contents);

/// "message_backoff", as JSON has it; and "message back-off".
[[nodiscard]] std::string_view to_string(Wait wait);
[[nodiscard]] std::string in_words(Wait wait);
[[nodiscard]] std::string_view to_string(Cause cause);

/// Completes "attempt 4: ..."; "" where a schedule needs no reason.
[[nodiscard]] std::string_view in_words(scheduler::Reason reason);

/// Of *delivery.paused*, and what would change that.
inline constexpr std::string_view kPaused =
    "delivery.paused is set: mail is taken, and none is delivered";
inline constexpr std::string_view kEndsThePause = "delivery.paused = false, and a reload of tenaxd";

/// Why it waits, in one line; and what would change that, nothing if only its end does.
[[nodiscard]] std::string explained(const Hindrance& hindrance, mail::WallTime now);
[[nodiscard]] std::vector<std::string> remedies(const Reason& reason);

/// What would change the dates of a forecast; nothing if it has none.
[[nodiscard]] std::vector<std::string> what_moves_them(const Prospects& prospects);

/// One line on whether mail is being delivered.
[[nodiscard]] std::string sentence(const DaemonState& daemon);

/// The first ten by name.
[[nodiscard]] std::string people(const std::vector<queue::RecipientRow>& rows);

/// "<ann@example.org>" or "<>", printable.
[[nodiscard]] std::string shown(const mail::ReversePath& path);
[[nodiscard]] std::string shown(const mail::Address& address);

}  // namespace tenax::cli
