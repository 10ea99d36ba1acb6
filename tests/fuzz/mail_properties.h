// SPDX-License-Identifier: Apache-2.0
#pragma once
// What holds for every text whatever, room mail. The fuzz programs and tests/mail/corpus_test.cpp
// call the same functions.

#include <algorithm>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "mail/ascii.h"
#include "mail/destination.h"
#include "mail/header.h"
#include "mail/ids.h"
#include "mail/recipient.h"
#include "mail/reply.h"
#include "mail/time.h"
#include "mail/utf8.h"
#include "tests/fuzz/property.h"

namespace tenax::fuzz {

inline void is_safe(const std::string& text) {
  hold(mail::is_printable(text), "what people are shown is printable");
}

/// What was read writes itself so that it reads the same; a refusal is one printable line.
template <class T, class Parse>
void reads_back(const mail::Parsed<T>& parsed, Parse parse) {
  if (!parsed) {
    is_safe(parsed.error().why);
    hold(parsed.error().why.size() < 600, "a refusal is short");
    return;
  }
  const auto again = parse(parsed->text());
  hold(again.has_value() && *again == *parsed, "parse(text(x)) == x");
}

inline void address_holds(std::string_view text) {
  const auto address = mail::Address::parse(text);
  reads_back(address, [](const std::string& t) { return mail::Address::parse(t); });
  if (address) {
    is_safe(address->text());
    hold(mail::is_printable(address->local_part()), "a local part holds no control");
    const auto in_path = mail::parse_reverse_path(mail::to_path(*address));
    hold(in_path && *in_path == mail::ReversePath{*address}, "a path reads back");
  }
  const auto domain = mail::Domain::parse(text);
  reads_back(domain, [](const std::string& t) { return mail::Domain::parse(t); });
  if (domain) {
    const mail::Destination made = mail::Destination::of(*domain);
    const auto again = mail::Destination::parse(made.text());
    hold(again && *again == made, "the destination of a domain reads back");
  }
}

inline void address_list_holds(std::string_view text) {
  const mail::Domain ours = mail::Domain::parse("ours.example").value();
  const auto list = mail::parse_address_list(text, ours, 1000);
  if (!list) {
    is_safe(list.error().why);
    return;
  }
  hold(list->size() <= 1000, "the limit holds");
  std::string joined;
  for (const mail::Address& address : *list) {
    const auto again = mail::Address::parse(address.text());
    hold(again && *again == address, "each element is an address");
    joined += address.text() + ", ";
  }
  const auto again = mail::parse_address_list(joined, ours, 1000);
  hold(again && *again == *list, "the addresses, joined, are the same list");
}

inline void header_holds(std::string_view text) {
  std::size_t body_starts = 0;
  const mail::Header header = mail::Header::parse(text, &body_starts);
  hold(body_starts <= text.size(), "the body starts inside the text");
  std::string raw;
  for (const mail::HeaderField& field : header.fields()) {
    raw += field.raw;
    hold(mail::starts_field(field.raw), "a field starts like one");
    hold(field.value.find('\n') == std::string::npos, "a value is unfolded");
    hold(header.find(field.name) != nullptr, "a field is found");
    const mail::Header alone = mail::Header::parse(field.raw);
    hold(alone.fields().size() == 1 && alone.fields().front().value == field.value,
         "a field alone reads the same");
  }
  hold(text.substr(0, raw.size()) == raw, "the fields are the front of the text");
  const std::string_view between = text.substr(raw.size(), body_starts - raw.size());
  hold(between.empty() || between == "\n" || between == "\r\n", "only an empty line is dropped");
}

inline void encoded_word_holds(std::string_view text) {
  const std::string shown = mail::decoded_for_people(text, 100);
  is_safe(shown);
  hold(shown.size() <= 100, "the limit holds");
  hold(mail::encoded_word_length(text) <= text.size(), "a word lies inside the text");

  const std::string encoded = mail::encoded_word(text);
  hold(std::all_of(encoded.begin(), encoded.end(), [](char c) { return c >= ' ' && c <= '~'; }),
       "an encoded text is printable ASCII");
  if (mail::is_printable(text)) {
    hold(mail::decoded_for_people(encoded, 4 * text.size() + 16) == text, "decode(encode(x)) == x");
  }
}

inline void printable_holds(std::string_view text) {
  const std::size_t limit = text.empty() ? 0 : static_cast<unsigned char>(text.front());
  const std::string shown = mail::printable(text, limit);
  is_safe(shown);
  hold(shown.size() <= limit, "the limit holds");
  const std::string whole = mail::printable(text, 16 * text.size());
  hold(mail::printable(whole, whole.size()) == whole, "printable text stays");
  hold(whole.size() <= limit ? shown == whole : limit < 3 || shown.ends_with("..."),
       "what is cut says so");
  hold(mail::is_utf8(mail::to_valid_utf8(text)), "repaired UTF-8 is UTF-8");
}

/// A reply of these lines; the first two bytes make its code.
inline void reply_holds(std::string_view text) {
  mail::Reply reply;
  const auto byte_at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  reply.code = 200 + (text.size() < 2 ? 0 : (byte_at(0) * 256 + byte_at(1)) % 400);
  text.remove_prefix(std::min<std::size_t>(text.size(), 2));
  while (true) {
    const std::size_t end = text.find('\n');
    reply.lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  is_safe(reply.text());
  hold(reply.text().size() <= 4096, "a reply's text has an end");
  hold(reply.text().starts_with(std::to_string(reply.code)), "a reply's text begins with its code");
  const auto status = reply.status();
  hold(!status || status->klass == reply.code / 100, "a status agrees with its code");
}

inline void enhanced_status_holds(std::string_view text) {
  const auto status = mail::EnhancedStatus::parse(text);
  if (status) hold(status->text() == text, "a status has one spelling");
  if (status) hold(mail::EnhancedStatus::leading(text) == status, "a status leads itself");
  const auto leading = mail::EnhancedStatus::leading(text);
  if (leading) hold(text.starts_with(leading->text()), "a leading status stands in front");
}

inline void destination_holds(std::string_view text) {
  const auto destination = mail::Destination::parse(text);
  reads_back(destination, [](const std::string& t) { return mail::Destination::parse(t); });
  if (!destination) return;
  is_safe(destination->text());
  hold(destination->port() != 0, "a port is given");
  hold(mail::to_lower(destination->text()) == destination->text(), "it is written in lower case");
}

inline void duration_holds(std::string_view text) {
  const auto length = mail::parse_duration(text);
  if (!length) return;
  hold(length->count() >= 0, "a length is not negative");
  const auto rounded = mail::parse_duration(mail::in_short(*length));
  hold(rounded && *rounded <= *length, "a short form reads back, rounded down");
  hold(mail::in_short(*rounded) == mail::in_short(*length), "rounding once is enough");
  is_safe(mail::in_words(*length));
}

inline void xtext_holds(std::string_view text) {
  const auto back = mail::decode_xtext(mail::encode_xtext(text));
  hold(back && *back == text, "decode(encode(x)) == x");
  const auto decoded = mail::decode_xtext(text);
  if (decoded) {
    hold(*mail::decode_xtext(mail::encode_xtext(*decoded)) == *decoded,
         "what was decoded goes back");
  }
  const auto original = mail::OriginalRecipient::parse_xtext(text);
  if (original) {
    is_safe(original->text());
    const auto again = mail::OriginalRecipient::parse_xtext(original->xtext());
    hold(again && *again == *original, "an ORCPT reads back");
  } else {
    is_safe(original.error().why);
  }
  reads_back(mail::Notify::parse(text),
             [](const std::string& t) { return mail::Notify::parse(t); });
}

inline void ids_hold(std::string_view text) {
  reads_back(mail::QueueId::parse(text),
             [](const std::string& t) { return mail::QueueId::parse(t); });
  const auto submission = mail::SubmissionId::parse(text);
  if (submission) hold(submission->text == text, "a submission id is its text");
}

}  // namespace tenax::fuzz
