// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is to be said of some recipients of a message besides what holds them and when they are
// tried: that their address is on the suppression list, or that their sender is still to be told.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tools/tenax/findings.h"

namespace tenax::cli {

/// Concurrency: pure.
[[nodiscard]] std::vector<Remark> remarks_of(const queue::MessageDetails& message,
                                             const queue::SuppressionPolicy& policy,
                                             mail::WallTime now);

/// "suppressed", "owed", ...
[[nodiscard]] std::string_view to_string(Remark::About about);

[[nodiscard]] std::string in_words(const Remark& remark, mail::WallTime now);

/// A paragraph for each.
[[nodiscard]] std::string lines(const std::vector<Remark>& remarks, mail::WallTime now);

[[nodiscard]] nlohmann::ordered_json remarks_as_json(const std::vector<Remark>& remarks,
                                                     mail::WallTime now);

}  // namespace tenax::cli
