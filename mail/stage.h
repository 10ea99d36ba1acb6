// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where in the delivery an answer fell. The words and the patience for each are in
// delivery/stage.h.

#include <optional>
#include <string_view>

namespace tenax::mail {

enum class Stage {
  resolve,
  connect,
  greeting,
  ehlo,
  starttls,
  auth,
  mail,
  rcpt,
  data,
  body,
  dot,
  quit,
  local
};
// `local` is our own decision before or without a server: expired, removed by the operator, a loop,
// no route.

/// "resolve", "connect", ... as the schema, the log and the CLI write it; and back.
[[nodiscard]] std::string_view to_string(Stage stage);
[[nodiscard]] std::optional<Stage> parse_stage(std::string_view text);

}  // namespace tenax::mail
