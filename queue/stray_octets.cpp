// SPDX-License-Identifier: Apache-2.0
#include "queue/stray_octets.h"

#include <algorithm>

namespace tenax::queue {

namespace {

// So far a search looks: a text of nothing but CRs must not search for an LF again at each.
constexpr std::size_t kWindow = 1024;

/// The next LF, CR or NUL, or where the search gave up. Three searches over one line are faster
/// than one octet by octet.
std::size_t next_special(std::string_view bytes, std::size_t from) {
  std::string_view line = bytes.substr(from, kWindow);
  line = line.substr(0, line.find('\n'));
  const std::size_t cr = std::min(line.find('\r'), line.size());
  line = line.substr(0, cr);
  return from + std::min(line.find('\0'), line.size());
}

/// The lines in front that are as they shall be. Ends at the first that is not, so that nothing is
/// looked through twice.
std::string_view whole_lines(std::string_view bytes) {
  std::size_t end = 0;
  for (;;) {
    const std::string_view rest = bytes.substr(end, kWindow);
    const std::size_t cr = rest.find('\r');
    if (cr == std::string_view::npos || cr + 1 == rest.size() || rest[cr + 1] != '\n') break;
    const std::string_view line = rest.substr(0, cr);
    const bool stray =
        line.find('\n') != std::string_view::npos || line.find('\0') != std::string_view::npos;
    if (stray) break;
    end += cr + 2;
  }
  return bytes.substr(0, end);
}

}  // namespace

std::size_t StrayOctets::push(std::string_view bytes, LineSink& sink) {
  std::size_t at = 0;
  while (at < bytes.size() && !sink.over()) {
    if (waiting_cr_ > 0) {
      at = after_cr(bytes, at, sink);
      continue;
    }
    if (sink.takes_lines()) {
      const std::string_view lines = whole_lines(bytes.substr(at));
      if (!lines.empty()) {
        sink.lines(lines);
        at += lines.size();
        continue;
      }
    }
    const std::size_t special = next_special(bytes, at);
    if (special > at) sink.text(bytes.substr(at, special - at));
    if (special == bytes.size()) return special;
    at = special + 1;
    switch (bytes[special]) {
      case '\r': waiting_cr_ = 1; break;
      case '\n': sink.line_end(LineEnd::proper); break;
      case '\0': at = std::min(bytes.find_first_not_of('\0', at), bytes.size()); break;
      default: at = special; break;  // the window ended
    }
  }
  return at;
}

std::size_t StrayOctets::after_cr(std::string_view bytes, std::size_t at, LineSink& sink) {
  switch (bytes[at]) {
    case '\r': ++waiting_cr_; return at + 1;
    case '\0': return at + 1;
    case '\n':
      waiting_cr_ = 0;
      sink.line_end(LineEnd::proper);
      return at + 1;
    default: break;
  }
  for (; waiting_cr_ > 0 && !sink.over(); --waiting_cr_) sink.line_end(LineEnd::stray_cr);
  return at;
}

void StrayOctets::finish(LineSink& sink) {
  if (waiting_cr_ > 0 && !sink.over()) sink.line_end(LineEnd::proper);
  waiting_cr_ = 0;
}

}  // namespace tenax::queue
