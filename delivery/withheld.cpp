// SPDX-License-Identifier: Apache-2.0
#include "delivery/withheld.h"

#include <algorithm>
#include <utility>

#include "mail/ascii.h"

#include "delivery/auth.h"

namespace tenax::delivery {

namespace {

constexpr std::string_view kMark = "[...]";
constexpr std::size_t kTellingPart = 8;   // of base64: six octets, nothing that is said by chance
constexpr std::size_t kShortestPart = 4;  // of what was decoded; shorter ones are in any text

/// Of "5.5.1", which may stand before each line.
std::size_t status_length(std::string_view line) {
  return mail::EnhancedStatus::leading(line) ? std::min(line.find_first_of(" \t"), line.size()) : 0;
}

/// A reply as one text: what is wrapped in it is whole here.
struct Unwrapped {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> places;  // of each octet: line, octet

  explicit Unwrapped(const mail::Reply& reply) {
    for (std::size_t line = 0; line < reply.lines.size(); ++line) {
      const std::string& said = reply.lines[line];
      for (std::size_t at = status_length(said); at < said.size(); ++at) {
        if (mail::is_blank(said[at])) continue;
        text += said[at];
        places.emplace_back(line, at);
      }
    }
  }
};

std::string marked(const std::string& line, const std::vector<bool>& hidden) {
  std::string shown;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (!hidden[at]) shown += line[at];
    if (hidden[at] && (at == 0 || !hidden[at - 1])) shown += kMark;
  }
  return shown;
}

}  // namespace

Withheld::Withheld(const std::string& user, const std::string& password) : user_{user} {
  if (!password.empty()) whole_.push_back(password);
}

void Withheld::add_answer(const std::string& base64) {
  if (base64.size() >= kShortestPart) whole_.push_back(base64);
  for (std::size_t at = 0; at + kTellingPart <= base64.size(); ++at) {
    pieces_.insert(base64.substr(at, kTellingPart));
  }
  const std::string plain = from_base64(base64);
  add_plain(plain);
  std::size_t begin = 0;
  while (begin <
         plain.size()) {  // PLAIN has NULs, CRAM-MD5 a space, SCRAM commas between its parts
    const std::size_t end = std::min(plain.find_first_of({"\0 ,", 3}, begin), plain.size());
    std::string_view part = std::string_view{plain}.substr(begin, end - begin);
    if (part.size() > 2 && part[1] == '=') part.remove_prefix(2);  // "n=ann", of SCRAM
    add_plain(part);
    begin = end + 1;
  }
}

void Withheld::add_plain(std::string_view text) {
  if (text.size() >= kShortestPart && text != user_) whole_.emplace_back(text);
}

mail::Reply Withheld::without_it(const mail::Reply& reply) const {
  mail::Reply shown = reply;
  std::vector<std::vector<bool>> hidden;
  for (const std::string& line : reply.lines) hidden.emplace_back(line.size(), false);
  for (std::size_t at = 0; at < reply.lines.size(); ++at) {
    for (const std::string& secret : whole_) {
      for (std::size_t found = reply.lines[at].find(secret); found != std::string::npos;
           found = reply.lines[at].find(secret, found + 1)) {
        std::fill_n(hidden[at].begin() + static_cast<std::ptrdiff_t>(found), secret.size(), true);
      }
    }
  }
  const Unwrapped all{reply};
  for (std::size_t at = 0; at + kTellingPart <= all.text.size(); ++at) {
    if (!pieces_.contains(all.text.substr(at, kTellingPart))) continue;
    for (std::size_t octet = at; octet < at + kTellingPart; ++octet) {
      const auto& [line, place] = all.places[octet];
      hidden[line][place] = true;
    }
  }
  for (std::size_t at = 0; at < reply.lines.size(); ++at) {
    shown.lines[at] = marked(reply.lines[at], hidden[at]);
  }
  return shown;
}

}  // namespace tenax::delivery
