// SPDX-License-Identifier: Apache-2.0
#pragma once
// Replies of real servers, and what they say; written as the servers write them, with addresses of
// documentation (RFC 5737, RFC 2606).

#include <ostream>
#include <string_view>
#include <vector>

namespace tenax::scheduler {

struct Saying {
  std::string_view reply;  // code, then the lines; "\n" between them
  std::string_view says;   // "wait pair 5m, rate address 100/1h"; "?" where it is unsure
};

/// The replies of one family of servers.
struct Family {
  std::string_view rule;
  std::vector<Saying> sayings;
};

inline void PrintTo(const Family& family, std::ostream* out) { *out << family.rule; }

std::vector<Family> servers();    // hint_servers.cpp
std::vector<Family> providers();  // hint_providers.cpp
std::vector<Family> phrases();    // hint_phrases.cpp
std::vector<Family> languages();  // hint_languages.cpp
std::vector<Family> silences();   // hint_silences.cpp: replies that say nothing of the kind

}  // namespace tenax::scheduler
