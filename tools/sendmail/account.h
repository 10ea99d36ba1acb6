// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who runs us, by the kernel's word and the machine's accounts; the environment is not asked.

#include <optional>
#include <string>
#include <string_view>

#include "engine/submit.h"

namespace tenax::sendmail {

/// nullopt: no account has this process's user id. Refused with EX_TEMPFAIL when nobody can be
/// asked.
[[nodiscard]] engine::Outcome<std::optional<engine::Account>> our_account();

/// The name in a GECOS field: up to the first comma, "&" standing for the login name with a capital
/// letter. "" when it holds what no name may.
[[nodiscard]] std::string name_in_gecos(std::string_view gecos, std::string_view login);

}  // namespace tenax::sendmail
