// SPDX-License-Identifier: Apache-2.0
#pragma once
// `tenax explain --record`: which returned mail belongs to which message of ours. A bounce can be
// written by anybody: what joins to no message in the history, to that very recipient, is told and
// not recorded.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/returned_mail.h"
#include "queue/reader.h"

namespace tenax::cli {

/// What one returned mail says of one recipient. Concurrency: value.
struct Return {
  std::string where;      // the mail's name among several
  std::string recipient;  // as told; printed only
  std::string cause;
  std::string reply;
  std::vector<queue::Sought> ways;  // to find what it is about, the surest first
  std::string refusal;              // why it is not recorded, whatever it is about; "" if it may be
};

/// `verp` is suppression.verp. Concurrency: pure.
[[nodiscard]] std::vector<Return> returns_of(const engine::ExplainedMail& mail,
                                             std::string_view where, std::string_view verp);

/// What became of it. Concurrency: value.
struct Recorded {
  Return what;
  std::optional<queue::Sent> sent;  // the message of ours that it is about
  std::string why_not;              // "" when it was recorded
};

using FindSent = std::function<std::vector<std::optional<queue::Sent>>(
    const std::vector<queue::Sought>& sought)>;
/// Joins each to our history. What was noted before, also earlier in `returns`, is not recorded
/// again.
[[nodiscard]] std::vector<Recorded> join(std::vector<Return> returns, const FindSent& find);

[[nodiscard]] std::string as_json(const std::vector<Recorded>& all);
[[nodiscard]] std::string present(const std::vector<Recorded>& all);

}  // namespace tenax::cli
