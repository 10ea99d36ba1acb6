// SPDX-License-Identifier: Apache-2.0
#include "bounce/page.h"

#include <algorithm>
#include <cstdlib>

#include "mail/printable.h"

#include "bounce/lines.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kLongestText = 8192;  // of one line of a page, as paragraph() keeps
// A line of the message has at most 998 octets; escaped, a character takes up to six of them.
constexpr std::size_t kLongestWord = 130;
constexpr std::size_t kLongestRow = 160;
constexpr std::size_t kLongestEscaped = 800;

std::string_view escape_of(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char& c : text) {
    const std::string_view escape = escape_of(c);
    out += escape.empty() ? std::string_view{&c, 1} : escape;
  }
  return out;
}

/// The next word of `rest`, or the part of it that fits a line; never inside a character.
std::string_view next_part(std::string_view& rest) {
  std::size_t end = std::min(rest.find(' '), rest.size());
  if (end > kLongestWord) {
    end = kLongestWord;
    while ((static_cast<unsigned char>(rest[end]) & 0xC0) == 0x80) --end;
  }
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end);
  return part;
}

/// For a browser the end of a line is a blank, so lines end where a blank was, or in a word that is
/// longer than any of ours.
std::string html_text(std::string_view text) {
  const std::string printable = mail::printable(text, kLongestText);
  std::string_view rest = printable;
  std::string out;
  std::size_t row = 0;
  std::size_t octets = 0;
  while (!rest.empty()) {
    const bool blank = rest.front() == ' ';
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    const std::string_view part = next_part(rest);
    const std::string written = escaped(part);
    const bool full = row + part.size() > kLongestRow || octets + written.size() > kLongestEscaped;
    if (row > 0 && full) {
      out += "\r\n";
      row = octets = 0;
    } else if (blank && row > 0) {
      out += ' ';
      ++row;
      ++octets;
    }
    out += written;
    row += part.size();
    octets += written.size();
  }
  return out;
}

/// A tag's name with what makes it look a little like the text.
struct Frame {
  std::string_view before;
  std::string_view after;
};

Frame frame_of(Line::Kind kind) {
  switch (kind) {
    case Line::Kind::paragraph: return {"<p>", "</p>"};
    case Line::Kind::recipient: return {"<p style=\"margin:1em 0 0\"><b>", "</b></p>"};
    case Line::Kind::note: return {"<p style=\"margin:.4em 0 0 1em\">", "</p>"};
    case Line::Kind::quote:
      return {"<blockquote style=\"margin:.4em 0 0 2.5em\"><code>", "</code></blockquote>"};
    case Line::Kind::entry: return {"<div style=\"margin-left:1em\">", "</div>"};
    case Line::Kind::gap: return {};
  }
  std::abort();
}

std::size_t indent_of(Line::Kind kind) {
  switch (kind) {
    case Line::Kind::paragraph:
    case Line::Kind::recipient:
    case Line::Kind::gap: return 0;
    case Line::Kind::note:
    case Line::Kind::entry: return 2;
    case Line::Kind::quote: return 6;
  }
  std::abort();
}

}  // namespace

std::string as_text(const Page& page) {
  std::string out;
  for (const Line& line : page) {
    out += line.kind == Line::Kind::gap ? "\r\n" : paragraph(line.text, indent_of(line.kind));
  }
  return out;
}

std::string as_html(const Page& page, std::string_view title, std::string_view language) {
  std::string out = "<!DOCTYPE html>\r\n<html lang=\"" + escaped(language) +
                    "\">\r\n<head><meta charset=\"utf-8\">\r\n<title>" + html_text(title) +
                    "</title></head>\r\n<body style=\"font-family:sans-serif;max-width:45em\">\r\n";
  for (const Line& line : page) {
    if (line.kind == Line::Kind::gap) continue;
    const Frame frame = frame_of(line.kind);
    out += frame.before;
    out += html_text(line.text);
    out += frame.after;
    out += "\r\n";
  }
  return out + "</body>\r\n</html>\r\n";
}

}  // namespace tenax::bounce
