// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mailbox addresses and paths (RFC 5321 4.1.2), with UTF-8 as RFC 6531 allows it.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mail/domain.h"
#include "mail/parsed.h"

namespace tenax::mail {

/// One mailbox: "ann@example.org". The local part is kept without its quotes and case-exact (RFC
/// 5321 2.4). Never holds CR, LF, NUL or another control. Concurrency: value.
class Address {
 public:
  Address(std::string local_part, Domain domain)
      : local_part_{std::move(local_part)}, domain_{std::move(domain)} {}

  /// Reads a bare addr-spec or one in angle brackets; a source route "@a,@b:" is dropped (RFC 5321
  /// C). Local part at most 64 octets in theory; up to 255 are taken, as others do. "a..b@x" and
  /// "a.@x" are read as if quoted. Fails on anything else.
  static Parsed<Address> parse(std::string_view text);

  /// The same, but "ann" alone means "ann@" + `default_domain`.
  static Parsed<Address> parse(std::string_view text, const Domain& default_domain);

  /// Of a local part without its quotes. Fails when it is too long or holds what no address may.
  static Parsed<Address> of(std::string local_part, Domain domain);

  [[nodiscard]] const std::string& local_part() const { return local_part_; }
  [[nodiscard]] const Domain& domain() const { return domain_; }
  [[nodiscard]] bool is_ascii() const;

  /// As it goes between "<" and ">": the local part quoted where RFC 5321 needs it.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Address&, const Address&) = default;

 private:
  std::string local_part_;
  Domain domain_;
};

/// Who hears of failures. nullopt is the null path "<>": nobody (RFC 5321 4.5.5).
using ReversePath = std::optional<Address>;

/// "<ann@example.org>" or "<>".
[[nodiscard]] std::string to_path(const ReversePath& path);

/// "" and "<>" are the null path; else as Address::parse.
[[nodiscard]] Parsed<ReversePath> parse_reverse_path(std::string_view text);
[[nodiscard]] Parsed<ReversePath> parse_reverse_path(std::string_view text,
                                                     const Domain& default_domain);

}  // namespace tenax::mail
