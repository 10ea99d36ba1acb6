// SPDX-License-Identifier: Apache-2.0
#include "tools/sendmail/account.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "mail/ascii.h"
#include "mail/utf8.h"

namespace tenax::sendmail {

std::optional<engine::Account> our_account() {
  const passwd* const entry = ::getpwuid(::getuid());  // NOLINT: one thread
  if (entry == nullptr) return std::nullopt;
  const std::string_view gecos = entry->pw_gecos == nullptr ? "" : entry->pw_gecos;
  return engine::Account{entry->pw_name, name_in_gecos(gecos, entry->pw_name)};
}

std::string name_in_gecos(std::string_view gecos, std::string_view login) {
  std::string name;
  for (const char c : gecos.substr(0, gecos.find(','))) {
    if (c != '&' || login.empty()) {
      name.push_back(c);
      continue;
    }
    name.push_back(mail::is_letter(login.front()) ? static_cast<char>(login.front() & ~0x20)
                                                  : login.front());
    name.append(login.substr(1));
  }
  name = std::string{mail::trimmed(name)};
  const bool fits = mail::is_utf8(name) && std::ranges::none_of(name, mail::is_control);
  return fits && name.size() <= 200 ? name : std::string{};
}

}  // namespace tenax::sendmail
