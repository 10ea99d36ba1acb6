// SPDX-License-Identifier: Apache-2.0
#pragma once
// One recipient and what its sender asked to hear about it (RFC 3461 4).

#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "mail/ids.h"
#include "mail/parsed.h"

namespace tenax::mail {

/// NOTIFY= (RFC 3461 4.1). Nothing given means failure and delay, by custom.
struct Notify {
  bool never = false;
  bool success = false;
  bool failure = false;
  bool delay = false;

  [[nodiscard]] bool given() const { return never || success || failure || delay; }
  [[nodiscard]] bool wants_failure() const { return !given() || (!never && failure); }
  [[nodiscard]] bool wants_delay() const { return !given() || (!never && delay); }
  [[nodiscard]] bool wants_success() const { return !never && success; }

  [[nodiscard]] std::string text() const;  // "", "NEVER", "SUCCESS,FAILURE"
  static Parsed<Notify> parse(
      std::string_view text);  // any case; NEVER only alone; "" is none given
  friend bool operator==(const Notify&, const Notify&) = default;
};

/// ORCPT= (RFC 3461 4.2): "rfc822;bob@example.net", address decoded from xtext; printable ASCII or
/// UTF-8. The type "utf-8" has an encoding of its own, "utf-8;j\x{F6}rg@example.net" (RFC 6533 3).
struct OriginalRecipient {
  std::string type;
  std::string address;
  [[nodiscard]] std::string text() const;   // "rfc822;bob@example.net"
  [[nodiscard]] std::string xtext() const;  // as the ORCPT parameter carries it
  static Parsed<OriginalRecipient> parse_xtext(std::string_view text);
  friend bool operator==(const OriginalRecipient&, const OriginalRecipient&) = default;
};

/// xtext (RFC 3461 4): "+" and "=" and bytes outside "!".."~" as "+HH". Decoding fails on anything
/// malformed.
[[nodiscard]] std::string encode_xtext(std::string_view text);
[[nodiscard]] Parsed<std::string> decode_xtext(std::string_view text);

/// As handed in by the submitter.
struct NewRecipient {
  Address address;
  Notify notify;
  std::optional<OriginalRecipient> original;
};

/// The states of docs/queue-states.md. delivered, failed and removed are final.
enum class RecipientState { waiting, leased, held, delivered, failed, removed };
[[nodiscard]] std::string_view to_string(RecipientState state);
[[nodiscard]] std::optional<RecipientState> parse_recipient_state(std::string_view text);
[[nodiscard]] constexpr bool is_final(RecipientState state) {
  return state >= RecipientState::delivered;
}

}  // namespace tenax::mail
