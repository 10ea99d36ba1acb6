// SPDX-License-Identifier: Apache-2.0
#pragma once
// By which text an address is found, however its domain is written and in whichever case.

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace tenax::queue {

/// "Bob@MÜLLER.test" as "bob@xn--mller-kva.test"; of "@müller.test", a whole domain, too. Of an
/// address in ASCII its lower case. Concurrency: pure.
[[nodiscard]] std::string address_key(std::string_view address);

/// Other spellings have the same key, and SQL has to compare address_key(column).
[[nodiscard]] bool has_other_spellings(std::string_view key);

/// Gives SQL on this connection the function address_key(text). An SQLite code.
int add_address_key(sqlite3* connection);

}  // namespace tenax::queue
