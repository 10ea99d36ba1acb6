// SPDX-License-Identifier: Apache-2.0
#include "tools/sendmail/account.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "mail/ascii.h"
#include "mail/utf8.h"

#include "io/account.h"

namespace tenax::sendmail {

engine::Outcome<std::optional<engine::Account>> our_account() {
  io::Result<std::optional<io::Account>> found = io::find_account(::getuid());
  if (!found) {
    return engine::Refusal{EX_TEMPFAIL,
                           "our account cannot be looked up: " + found.error().context};
  }
  if (!found->has_value()) return std::optional<engine::Account>{};
  io::Account& entry = **found;
  std::string full_name = name_in_gecos(entry.gecos, entry.name);
  return std::optional{engine::Account{std::move(entry.name), std::move(full_name)}};
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
