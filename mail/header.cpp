// SPDX-License-Identifier: Apache-2.0
#include "mail/header.h"

#include <algorithm>

#include "mail/ascii.h"

namespace tenax::mail {

namespace {

// Fields. Room for them at once spares moving what was read.
constexpr std::size_t kUsual = 16;

/// The first line of `text`, its line end included.
std::string_view first_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  return text.substr(0, end == std::string_view::npos ? end : end + 1);
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) {
    line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  return line;
}

/// How much of `text` is one field: its first line and those that begin with a blank (RFC 5322
/// 2.2.3).
std::size_t field_length(std::string_view text) {
  std::size_t length = first_line(text).size();
  while (length < text.size() && is_blank(text[length])) {
    length += first_line(text.substr(length)).size();
  }
  return length;
}

std::string unfolded(std::string_view text) {
  const std::string_view whole = without_line_end(text);
  if (whole.find('\n') == std::string_view::npos) return std::string{trimmed(whole)};
  std::string value;
  value.reserve(text.size());
  while (!text.empty()) {
    const std::string_view line = first_line(text);
    value += without_line_end(line);
    text.remove_prefix(line.size());
  }
  return std::string{trimmed(value)};
}

/// Where the name ends in a line that begins a field; npos in one that does not.
std::size_t name_length(std::string_view line) {
  const auto end =
      std::find_if(line.begin(), line.end(), [](char c) { return c < '!' || c > '~' || c == ':'; });
  const auto length = static_cast<std::size_t>(end - line.begin());
  const std::size_t colon = line.find_first_not_of(" \t", length);  // RFC 5322 4.5: "Subject :"
  const bool fits = length > 0 && colon != std::string_view::npos && line[colon] == ':';
  return fits ? length : std::string_view::npos;
}

}  // namespace

bool HeaderField::is(std::string_view other_name) const {
  return equal_in_any_case(name, other_name);
}

bool starts_field(std::string_view line) { return name_length(line) != std::string_view::npos; }

Header Header::parse(std::string_view text, std::size_t* body_starts) {
  Header header;
  header.fields_.reserve(kUsual);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = first_line(rest);
    if (without_line_end(line).empty()) {
      rest.remove_prefix(line.size());
      break;
    }
    const std::size_t name = name_length(line);
    if (name == std::string_view::npos) break;
    const std::string_view raw = rest.substr(0, field_length(rest));
    header.fields_.push_back({std::string{raw.substr(0, name)},
                              unfolded(raw.substr(raw.find(':', name) + 1)), std::string{raw}});
    rest.remove_prefix(raw.size());
  }
  if (body_starts != nullptr) *body_starts = text.size() - rest.size();
  return header;
}

const HeaderField* Header::find(std::string_view name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [name](const HeaderField& field) { return field.is(name); });
  return found == fields_.end() ? nullptr : &*found;
}

std::vector<const HeaderField*> Header::all(std::string_view name) const {
  std::vector<const HeaderField*> found;
  for (const HeaderField& field : fields_) {
    if (field.is(name)) found.push_back(&field);
  }
  return found;
}

}  // namespace tenax::mail
