// SPDX-License-Identifier: Apache-2.0
#pragma once
// Findings as JSON. The keys are an interface, documented in tenax(1): they are added to, never
// renamed. Times are RFC 3339 in UTC; what is not known is null. Everything outside ASCII is
// escaped, so that the text may go to a terminal.

#include <string>
#include <string_view>
#include <vector>

#include "tools/tenax/findings.h"

namespace tenax::cli {

[[nodiscard]] std::string as_json(const Overview& overview);
[[nodiscard]] std::string as_json(const Listing& listing);
[[nodiscard]] std::string mailq_as_json(const Listing& listing,
                                        std::optional<std::int64_t> dropped);
[[nodiscard]] std::string as_json(const queue::MessageDetails& message);
[[nodiscard]] std::string as_json(const Prospects& prospects);
[[nodiscard]] std::string as_json(const Reasons& reasons);
[[nodiscard]] std::string as_json(const WhatIfView& view);
[[nodiscard]] std::string as_json(const Changed& changed);
[[nodiscard]] std::string as_json(const DestinationView& view);
[[nodiscard]] std::string as_json(const std::vector<queue::Violation>& violations);

/// {"id": ..., "contents": ...}
[[nodiscard]] std::string contents_as_json(mail::QueueId id, std::string_view contents);

/// {"file": ..., "toml": ..., "problems": [...]}
[[nodiscard]] std::string config_as_json(const std::string& file, const std::string& toml,
                                         const std::vector<std::string>& problems);

/// {"error": ..., "code": ...}
[[nodiscard]] std::string error_as_json(int code, std::string_view text);

}  // namespace tenax::cli
