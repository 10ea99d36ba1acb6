// SPDX-License-Identifier: Apache-2.0
#pragma once
// Variable envelope return paths: the sender of a mail that names its only recipient, by a pattern
// like "bounces+{local}={domain}@lists.example.org".

#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"

namespace tenax::engine {

/// "" if it is a pattern, or empty: {local} and {domain} once each, {any} at most once, and text
/// between them.
[[nodiscard]] std::string wrong_with_verp(std::string_view pattern);

/// The recipient whom mail with this envelope sender went to; nullopt: it is none of the pattern.
/// Case makes no difference to the pattern's own text. Concurrency: pure.
[[nodiscard]] std::optional<mail::Address> verp_recipient(std::string_view pattern,
                                                          std::string_view sender);

}  // namespace tenax::engine
