// SPDX-License-Identifier: Apache-2.0
#include "scheduler/sender.h"

#include <string_view>

#include "mail/ascii.h"

#include "scheduler/mix.h"

namespace tenax::scheduler {

namespace {

/// Without regard to ASCII case.
std::uint32_t half_hash_of(std::string_view text) {
  return static_cast<std::uint32_t>(hash_of(mail::to_lower(text)));
}

bool is_batv(std::string_view local) {
  constexpr std::string_view kTag = "prvs=";
  return local.size() > kTag.size() && mail::equal_in_any_case(local.substr(0, kTag.size()), kTag);
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
  return {half_hash_of(path->domain().text()), half_hash_of(name_in(path->local_part()))};
}

}  // namespace tenax::scheduler
