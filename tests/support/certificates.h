// SPDX-License-Identifier: Apache-2.0
#pragma once
// Certificates made on the spot, so that none in the source can expire.

#include <string>
#include <vector>

namespace tenax::testing {

struct Certificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

/// An authority of our own, good for a day.
[[nodiscard]] Certificate make_authority();

/// An authority that `above` vouches for.
[[nodiscard]] Certificate make_authority_below(const Certificate& above);

/// For these names ("mx.example.net", "*.example.net", "127.0.0.1"), signed by `authority`.
[[nodiscard]] Certificate make_certificate(const std::vector<std::string>& names,
                                           const Certificate& authority);

/// Signed by itself alone; expired since an hour when `expired`.
[[nodiscard]] Certificate make_self_signed(const std::vector<std::string>& names,
                                           bool expired = false);

}  // namespace tenax::testing
