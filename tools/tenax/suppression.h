// SPDX-License-Identifier: Apache-2.0
#pragma once
// `tenax suppression`: the list of addresses that mail does not reach, shown and edited.

#include <string>
#include <string_view>
#include <vector>

#include "mail/parsed.h"
#include "mail/time.h"

#include "queue/reader.h"

namespace tenax::cli {

struct SuppressionView {
  std::vector<queue::Suppression> rows;
  bool cut = false;
  queue::SuppressionPolicy policy;
  mail::WallTime now;
};

[[nodiscard]] std::string as_json(const SuppressionView& view);
/// Cut to `width` columns; 0: not at all.
[[nodiscard]] std::string present(const SuppressionView& view, std::size_t width);

struct SuppressionsChanged {
  std::string deed;  // "added", "removed"
  std::int64_t changed = 0;
  bool by_daemon = true;
};
[[nodiscard]] std::string as_json(const SuppressionsChanged& changed);
[[nodiscard]] std::string present(const SuppressionsChanged& changed);

struct Listed {
  std::string address;
  std::string note;
};
/// An address a line, a note behind a comma, a semicolon or a blank; empty lines and those that
/// begin with # are passed over. The address may be a column in quotes (RFC 4180), and then the
/// note, if there is one column more; the text may begin with a byte order mark. The error names
/// the line.
[[nodiscard]] mail::Parsed<std::vector<Listed>> read_addresses(std::string_view text);

}  // namespace tenax::cli
