// SPDX-License-Identifier: Apache-2.0
#pragma once
// One domain, one name: whether somebody wrote its U-labels or its A-labels, and in which case,
// tables know it by the same text (RFC 5890 2.3.2.4).

#include <string>
#include <string_view>

namespace tenax::io {

/// A-labels for what is not ASCII, all in lower case, without the root's dot. A pattern is read
/// label by label, so that
/// ".example", "*.example" and "mx?.example" work too; a label without an A-label stays as it is.
/// Names in ASCII cost no more than their lower case.
[[nodiscard]] std::string name_key(std::string_view name_or_pattern);

/// A key that other spellings share: it holds an A-label.
[[nodiscard]] bool has_a_label(std::string_view key);

/// U-labels instead of the A-labels of a key, where they are some.
[[nodiscard]] std::string in_u_labels(const std::string& key);

}  // namespace tenax::io
