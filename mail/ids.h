// SPDX-License-Identifier: Apache-2.0
#pragma once
// The names of things in the queue.

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "mail/parsed.h"

namespace tenax::mail {

/// A message in the queue. 42 bits of milliseconds since 1970 and 21 bits to tell neighbours apart,
/// so ids sort by time of acceptance; the store never gives one out twice. Written as 13 characters
/// of Crockford's base 32
/// ("1GQ7Z3K2M4A0B"), without I, L, O, U; read in any case. Concurrency: value.
struct QueueId {
  std::int64_t value = 0;
  [[nodiscard]] std::string text() const;
  static Parsed<QueueId> parse(std::string_view text);
  friend auto operator<=>(const QueueId&, const QueueId&) = default;
};

/// One recipient of one message in the queue.
struct RecipientId {
  std::int64_t value = 0;
  friend auto operator<=>(const RecipientId&, const RecipientId&) = default;
};

/// Made by whoever hands a message over, so that handing it over twice (socket, then drop folder)
/// enqueues it once. 32 lower-case hex digits, random.
struct SubmissionId {
  std::string text;
  static Parsed<SubmissionId> parse(std::string_view text);
  friend auto operator<=>(const SubmissionId&, const SubmissionId&) = default;
};

}  // namespace tenax::mail

template <>
struct std::hash<tenax::mail::QueueId> {
  std::size_t operator()(tenax::mail::QueueId id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
template <>
struct std::hash<tenax::mail::RecipientId> {
  std::size_t operator()(tenax::mail::RecipientId id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
