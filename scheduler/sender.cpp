// SPDX-License-Identifier: Apache-2.0
#include "scheduler/sender.h"

#include <algorithm>
#include <string_view>

namespace tenax::scheduler {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// FNV-1a without regard to ASCII case: the same in every build, unlike std::hash.
std::uint32_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(lower(c));
    hash *= 0x100000001b3ULL;
  }
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

bool is_batv(std::string_view local) {
  constexpr std::string_view kTag = "prvs=";
  return local.size() > kTag.size() &&
         std::ranges::equal(local.substr(0, kTag.size()), kTag, {}, lower);
}

std::string_view name_in(std::string_view local) {
  if (is_batv(local)) {
    const std::size_t signature_ends = local.find('=', local.find('=') + 1);
    if (signature_ends != std::string_view::npos) local.remove_prefix(signature_ends + 1);
  }
  return local.substr(0, local.find_first_of("0123456789+="));
}

}  // namespace

Sender sender_of(const mail::ReversePath& path) {
  if (!path) return {};
  return {hash_of(path->domain().text()), hash_of(name_in(path->local_part()))};
}

}  // namespace tenax::scheduler
