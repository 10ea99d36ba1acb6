// SPDX-License-Identifier: Apache-2.0
#pragma once
// What header sections know of recipients: the notice's own, and that of the mail that came back.

#include <string>
#include <string_view>
#include <vector>

#include "mail/header.h"

namespace tenax::bounce {

/// The first field of that name; "" if there is none. Concurrency of all here: pure.
[[nodiscard]] std::string field_of(const mail::Header& header, std::string_view name);

[[nodiscard]] std::string address_of(const mail::Header& header, std::string_view name);

/// Of the mail that came back, To and Cc, each once.
[[nodiscard]] std::vector<std::string> recipients_of(const mail::Header& returned);

/// The only one; "" when there are several.
[[nodiscard]] std::string only_recipient(const mail::Header& returned);

/// With VERP, the address that a notice comes back to holds the recipient's:
/// "news-bounce+bob=example.net@example.org".
[[nodiscard]] std::string recipient_in_path(std::string_view path);

/// "bob" of a host's own user is completed by the mail that came back.
[[nodiscard]] std::string completed(const std::string& recipient, const mail::Header& returned);

}  // namespace tenax::bounce
