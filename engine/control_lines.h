// SPDX-License-Identifier: Apache-2.0
#pragma once
// Requests and answers of the control socket as lines of JSON, and back. The readers trust nothing.
//
//   {"verb":"hold","selection":{"recipient":"@example.net"},"all":false}
//   {"code":0,"changed":3,"leased":1}

#include <string>
#include <string_view>

#include "mail/parsed.h"

#include "engine/control.h"

namespace tenax::engine {

/// One line, its line feed included. Big enough for every id an operator lists by hand.
inline constexpr std::size_t kMaxRequestOctets = 1024 * 1024;
inline constexpr std::size_t kMaxAnswerOctets = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxSelectedIds = 20'000;

/// Without a line feed, as the others here.
[[nodiscard]] std::string encode_request(const ControlRequest& request);

/// A key that is not known fails: a filter that a newer program sends and we ignored would widen
/// what is done.
[[nodiscard]] mail::Parsed<ControlRequest> decode_request(std::string_view line);

[[nodiscard]] std::string encode_answer(const ControlAnswer& answer);
[[nodiscard]] mail::Parsed<ControlAnswer> decode_answer(std::string_view line);

}  // namespace tenax::engine
