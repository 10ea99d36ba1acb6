// SPDX-License-Identifier: Apache-2.0
#pragma once
// The lines of the retry laboratory: what a simulated world says of mail and of the outcome of
// attempts, as values.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mail/parsed.h"
#include "mail/time.h"

namespace tenax::engine::laboratory {

struct Begin {
  std::size_t sessions = 0;
  mail::Duration lifetime{0};
};

struct Submitted {
  std::string id;
  std::string sender;
  std::vector<std::string> recipients;
  std::int64_t size = 0;
};

struct HostLine {
  std::string host;
  std::string outcome;  // session, rejected, refused, timeout
};

struct RecipientLine {
  std::string recipient;
  std::string stage;
  int code = 0;
  std::string enhanced;
  std::string text;
};

struct Outcome {
  std::int64_t attempt = 0;
  std::vector<std::string> mail_hosts;  // by preference
  std::vector<HostLine> hosts;
  std::vector<RecipientLine> recipients;
};

struct Go {};
struct End {};
struct Unknown {};  // to be ignored

/// One line of the world's.
struct Line {
  mail::Duration at{0};  // since the beginning
  std::variant<Unknown, Begin, Submitted, Outcome, Go, End> event;
};

/// Fails on what is no JSON object, or lacks or spoils a field we need. Concurrency: pure.
[[nodiscard]] mail::Parsed<Line> read_line(std::string_view text);

// Our answers, each with its newline.
[[nodiscard]] std::string attempt_line(std::int64_t attempt, const std::string& message,
                                       const std::string& destination,
                                       const std::vector<std::string>& recipients,
                                       const std::string& host);
[[nodiscard]] std::string delivered_line(const std::string& message,
                                         const std::vector<std::string>& recipients);
[[nodiscard]] std::string failed_line(const std::string& message,
                                      const std::vector<std::string>& recipients, bool rejected);
[[nodiscard]] std::string wait_line(std::optional<mail::Duration> until);

}  // namespace tenax::engine::laboratory
