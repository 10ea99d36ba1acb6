// SPDX-License-Identifier: Apache-2.0
#include "queue/address_key.h"

#include <algorithm>
#include <exception>

#include "mail/ascii.h"

#include "io/name_key.h"

namespace tenax::queue {

namespace {

void answer_key(sqlite3_context* context, int, sqlite3_value** values) {
  const unsigned char* const text = sqlite3_value_text(values[0]);
  if (text == nullptr) return sqlite3_result_null(context);
  const auto length = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
  try {
    const std::string key = address_key({reinterpret_cast<const char*>(text), length});
    sqlite3_result_text64(context, key.data(), key.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (const std::exception&) {  // through SQLite, which is C, nothing may fly
    sqlite3_result_error_nomem(context);
  }
}

}  // namespace

std::string address_key(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos || mail::is_ascii(address)) return mail::to_lower(address);
  return mail::to_lower(address.substr(0, at + 1)) + io::name_key(address.substr(at + 1));
}

bool has_other_spellings(std::string_view key) {
  return io::has_a_label(key.substr(std::min(key.rfind('@'), key.size())));
}

int add_address_key(sqlite3* connection) {
  return sqlite3_create_function_v2(connection, "address_key", 1,
                                    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
                                    answer_key, nullptr, nullptr, nullptr);
}

}  // namespace tenax::queue
