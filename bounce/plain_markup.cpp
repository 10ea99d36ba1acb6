// SPDX-License-Identifier: Apache-2.0
// HTML as the lines that a person would see of it, and XML as labels and values.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "mail/ascii.h"
#include "mail/utf8.h"

#include "bounce/address_in_text.h"
#include "bounce/text_reader.h"

namespace tenax::bounce {

namespace {

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr std::array kEntities = {
    Entity{"lt", "<"},     Entity{"gt", ">"},     Entity{"amp", "&"},     Entity{"quot", "\""},
    Entity{"nbsp", " "},   Entity{"apos", "'"},   Entity{"rsquo", "'"},   Entity{"lsquo", "'"},
    Entity{"ldquo", "\""}, Entity{"rdquo", "\""}, Entity{"ndash", "-"},   Entity{"mdash", "-"},
    Entity{"shy", ""},     Entity{"zwnj", ""},    Entity{"OElig", "Œ"},   Entity{"oelig", "œ"},
    Entity{"Scaron", "Š"}, Entity{"scaron", "š"}, Entity{"hellip", "..."}};

// The letters of Latin-1, in their order from U+00C0 on.
constexpr std::array<std::string_view, 64> kLetters = {
    "Agrave", "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig", "Ccedil",
    "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave", "Iacute", "Icirc", "Iuml",
    "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",  "times",
    "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN", "szlig",
    "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig", "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc", "iuml",
    "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",  "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn", "yuml"};

constexpr std::array<std::string_view, 12> kBreaks = {"br", "p",  "/p",  "div", "/div", "tr",
                                                      "li", "td", "/tr", "hr",  "h1",   "h2"};

std::string_view name_of(std::string_view tag) {
  return tag.substr(0, std::min(tag.find_first_of(" \t\n/>", 1), tag.size()));
}

/// "#228", "#xE4".
std::optional<char32_t> number_of(std::string_view name) {
  const bool hex = name.starts_with("#x") || name.starts_with("#X");
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(hex ? 2 : 1);
  std::uint32_t value = 0;
  const char* const end = name.data() + name.size();
  const auto [stopped, failed] = std::from_chars(name.data(), end, value, hex ? 16 : 10);
  if (failed != std::errc{} || stopped != end || value == 0 || value > 0x10FFFF ||
      value / 0x800 == 0x1B) {  // a half of a pair is no character
    return std::nullopt;
  }
  return value;
}

/// Appends what the entity at the start of `text` stands for; how much of `text` it took.
std::size_t append_entity(std::string& out, std::string_view text) {
  const std::size_t end = text.substr(0, 12).find(';');
  if (end != std::string_view::npos) {
    const std::string_view name = text.substr(1, end - 1);
    for (const Entity& entity : kEntities) {
      if (entity.name != name) continue;
      out += entity.text;
      return end + 1;
    }
    const auto letter = std::find(kLetters.begin(), kLetters.end(), name);
    if (letter != kLetters.end()) {
      mail::append_code_point(out, 0xC0 + static_cast<char32_t>(letter - kLetters.begin()));
      return end + 1;
    }
    if (const auto value = number_of(name)) {
      mail::append_code_point(out, *value);
      return end + 1;
    }
  }
  out += '&';
  return 1;
}

/// Of <a href="mailto:bob@example.net?subject=...">, whose text is a name, perhaps.
std::string address_of_link(std::string_view tag) {
  constexpr std::size_t kLongestTag = 500;
  const std::size_t at = mail::to_lower(tag.substr(0, kLongestTag)).find("mailto:");
  if (at == std::string::npos) return {};
  const std::string_view rest = tag.substr(at + std::string_view{"mailto:"}.size());
  const std::string_view address = rest.substr(0, rest.find_first_of("?&\"'> \t\n"));
  const auto found = first_address_in(address);
  return found && *found == address ? std::string{address} : std::string{};
}

}  // namespace

std::string without_markup(std::string_view html) {
  std::string text;
  std::string linked;         // the address that a link shows a name for
  std::size_t linked_at = 0;  // where that name begins
  for (std::size_t at = 0; at < html.size();) {
    const char c = html[at];
    if (c == '<') {
      const std::size_t end = html.find('>', at);
      if (end == std::string_view::npos) break;  // a tag that never ends
      const std::string tag =
          mail::to_lower(html.substr(at + 1, std::min<std::size_t>(end - at, 40) - 1));
      // An address in brackets is no tag.
      if (tag.find('@') != std::string::npos && tag.find(' ') == std::string::npos) {
        text += html[at++];
        continue;
      }
      const std::string_view name = name_of(tag);
      const std::string_view whole = html.substr(at, end - at);
      at = end + 1;
      if (name == "style" || name == "script" || name == "title") {
        at = std::min(html.find("</", at), html.size());
      } else if (std::find(kBreaks.begin(), kBreaks.end(), name) != kBreaks.end()) {
        text += '\n';
      } else if (name == "a") {
        linked = address_of_link(whole);
        linked_at = text.size();
      } else if (name == "/a" && !linked.empty()) {
        const bool shown = text.find('@', linked_at) != std::string::npos;
        if (!shown) text.append(" <").append(linked).append(">");
        linked.clear();
      }
    } else if (c == '&') {
      at += append_entity(text, html.substr(at));
    } else {
      text += c == '\n' ? ' ' : c;
      ++at;
    }
  }
  return text;
}

std::string elements_as_lines(std::string_view xml) {
  constexpr std::size_t kLongestTag = 500;  // attributes hold texts, too
  std::string text;
  for (std::size_t at = 0; at < xml.size();) {
    if (xml[at] == '&') {
      at += append_entity(text, xml.substr(at));
    } else if (xml[at] != '<') {
      text += xml[at++];
    } else if (xml.substr(at).starts_with("<![CDATA[")) {
      at += std::string_view{"<![CDATA["}.size();
    } else {
      const std::size_t end = xml.find('>', at);
      if (end == std::string_view::npos) break;  // a tag that never ends
      std::string_view tag = xml.substr(at + 1, end - at - 1);
      at = end + 1;
      if (!text.empty() && text.back() != '\n') text += '\n';
      if (tag.starts_with('/') || tag.starts_with('!') || tag.starts_with('?')) continue;
      if (tag.ends_with('/')) tag.remove_suffix(1);
      text.append(tag.substr(0, kLongestTag)).append(": ");
    }
  }
  return text;
}

}  // namespace tenax::bounce
