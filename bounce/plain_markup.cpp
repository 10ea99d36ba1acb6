// SPDX-License-Identifier: Apache-2.0
// HTML as the lines that a person would see of it, and XML as labels and values.
#include <algorithm>
#include <array>
#include <string>

#include "mail/ascii.h"
#include "mail/utf8.h"

#include "bounce/text_reader.h"

namespace tenax::bounce {

namespace {

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr std::array kEntities = {Entity{"lt", "<"},    Entity{"gt", ">"},   Entity{"amp", "&"},
                                  Entity{"quot", "\""}, Entity{"nbsp", " "}, Entity{"apos", "'"}};

constexpr std::array<std::string_view, 12> kBreaks = {"br", "p",  "/p",  "div", "/div", "tr",
                                                      "li", "td", "/tr", "hr",  "h1",   "h2"};

std::string_view name_of(std::string_view tag) {
  return tag.substr(0, std::min(tag.find_first_of(" \t\n/>", 1), tag.size()));
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
    if (name.starts_with('#')) {
      if (const auto value = mail::parse_number(name.substr(1), 0x10FFFF)) {
        mail::append_code_point(out, static_cast<char32_t>(*value));
        return end + 1;
      }
    }
  }
  out += '&';
  return 1;
}

}  // namespace

std::string without_markup(std::string_view html) {
  std::string text;
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
      at = end + 1;
      if (name == "style" || name == "script" || name == "title") {
        at = std::min(html.find("</", at), html.size());
      } else if (std::find(kBreaks.begin(), kBreaks.end(), name) != kBreaks.end()) {
        text += '\n';
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
