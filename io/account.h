// SPDX-License-Identifier: Apache-2.0
#pragma once
// The machine's accounts, without the C library's name services: those load libraries of their own
// into a process, which a statically linked program must not let them do.

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "io/result.h"

namespace tenax::io {

/// One line of passwd(5). Concurrency: value.
struct Account {
  std::string name;
  std::string gecos;
  std::string home;
};

/// From /etc/passwd; who is not in there (LDAP, systemd) is asked for with getent(1), if there is
/// one. nullopt: no account has this user id. Errors, with the kernel's words in the context:
/// nobody could be asked, for want of processes or descriptors. Blocking. Concurrency: thread-safe.
[[nodiscard]] Result<std::optional<Account>> find_account(uid_t uid);

/// The first line of `passwd` with this user id. Concurrency: pure.
[[nodiscard]] std::optional<Account> account_in(std::string_view passwd, uid_t uid);

}  // namespace tenax::io
