// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows of a queue that tests look at, and a fixed place to look from.

#include <cstdlib>
#include <ctime>
#include <string>

#include "engine/control.h"

namespace tenax::cli {

inline constexpr mail::WallTime kNow =
    mail::from_millis(1'764'000'000'000);  // 2025-11-24 16:00 UTC

/// One hour east, without a time zone database.
inline void live_in_central_europe() {
  ::setenv("TZ", "CET-1", 1);
  ::tzset();
}

inline mail::Address address(const std::string& text) { return mail::Address::parse(text).value(); }

inline mail::Verdict greylisted() {
  mail::Verdict verdict;
  verdict.kind = mail::Kind::deferred;
  verdict.stage = mail::Stage::rcpt;
  verdict.status = {4, 7, 1};
  verdict.reply = mail::Reply{450, {"4.7.1 try again later"}};
  verdict.text = "450 4.7.1 try again later";
  verdict.host = {"mx1.example.net", "192.0.2.1", 25, "TLSv1.3 TLS_AES_256_GCM_SHA384"};
  return verdict;
}

inline queue::RecipientRow waiting_row(std::int64_t message, const std::string& to) {
  using namespace std::chrono_literals;
  return queue::RecipientRow{.message = mail::QueueId{message},
                             .id = mail::RecipientId{message * 10},
                             .sender = address("ann@example.org"),
                             .address = address(to),
                             .destination = mail::Destination::of(address(to).domain()),
                             .state = mail::RecipientState::waiting,
                             .attempts = 3,
                             .accepted = kNow - 3h - 12min,
                             .size = 1234,
                             .origin = mail::Origin::submitted,
                             .next_attempt = kNow + 14min,
                             .next_notice = kNow + 20h,
                             .ended = {},
                             .last = greylisted(),
                             .subject = "Hello"};
}

/// What a server writes that means to take over the terminal.
inline const std::string kHostile =
    "550 \x1b]0;owned\x07\x1b[2J\r\nhi\xC2\x9B"
    "31m\xE2\x80\xAE"
    "gpj.\x7f\xff";

/// Nothing in it can move a terminal: no controls but line feed and tab, no C1, no overrides.
[[nodiscard]] inline bool tame(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) return false;
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == 0xC2 && next < 0xA0) return false;
    if (text.compare(i, 3, "\xE2\x80\xAE") == 0) return false;
  }
  return true;
}

}  // namespace tenax::cli
