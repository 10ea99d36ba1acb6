// SPDX-License-Identifier: Apache-2.0
#include "bounce/recipient_names.h"

#include <algorithm>
#include <utility>

#include "bounce/address_in_text.h"

namespace tenax::bounce {

std::string field_of(const mail::Header& header, std::string_view name) {
  const mail::HeaderField* const field = header.find(name);
  return field == nullptr ? std::string{} : field->value;
}

std::string address_of(const mail::Header& header, std::string_view name) {
  return std::string{first_address_in(field_of(header, name)).value_or("")};
}

std::vector<std::string> recipients_of(const mail::Header& returned) {
  std::vector<std::string> all;
  for (const std::string_view name : {"to", "cc"}) {
    const std::string value = field_of(returned, name);
    for (const AddressSpan& one : addresses_in(value)) {
      std::string address{one.in(value)};
      if (std::find(all.begin(), all.end(), address) == all.end())
        all.push_back(std::move(address));
    }
  }
  return all;
}

std::string only_recipient(const mail::Header& returned) {
  const std::vector<std::string> all = recipients_of(returned);
  return all.size() == 1 ? all.front() : std::string{};
}

std::string recipient_in_path(std::string_view path) {
  const std::string_view local = path.substr(0, path.rfind('@'));
  const std::size_t equals = local.rfind('=');
  if (equals == std::string_view::npos) return {};
  const std::string_view user = local.substr(0, equals);
  const std::size_t first = user.find_last_of("+-") + 1;  // npos + 1 is 0
  const std::string_view domain = local.substr(equals + 1);
  if (first == user.size() || domain.find('.') == std::string_view::npos) return {};
  return std::string{user.substr(first)} + '@' + std::string{domain};
}

std::string completed(const std::string& recipient, const mail::Header& returned) {
  if (recipient.find('@') != std::string::npos) return recipient;
  for (const std::string_view name : {"to", "cc"}) {
    const std::string value = field_of(returned, name);
    for (const AddressSpan& one : addresses_in(value)) {
      const std::string_view address = one.in(value);
      if (recipient.empty() || !address.starts_with(recipient)) continue;
      if (address[recipient.size()] == '@') return std::string{address};
    }
  }
  return recipient;
}

}  // namespace tenax::bounce
