// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words for a person: the first part of a notice.

#include <string>

#include "bounce/notice.h"
#include "bounce/page.h"

namespace tenax::bounce {

/// What the message is called: its Subject field decoded, printable, at most 200 octets; "" if it
/// has none.
[[nodiscard]] std::string subject_of(const Order& order);

/// "mx.example.net [192.0.2.1]"; "" where nobody was asked.
[[nodiscard]] std::string host_of(const mail::RemoteHost& host);
/// The server's words or, without, ours: printable, at most so many octets.
[[nodiscard]] std::string words_of(const mail::Verdict& verdict, std::size_t most);
/// What ended it, where that was no server's answer alone; "" else.
[[nodiscard]] std::string ending_of(const Subject& subject, const Phrases& say);

/// The words of an order: its own or, without, English.
[[nodiscard]] const Phrases& phrases_of(const Order& order);

/// `encloses`: what follows behind the fields, "message", "header" or "" (nothing).
[[nodiscard]] Page person_page(const Order& order, std::string_view encloses);

}  // namespace tenax::bounce
