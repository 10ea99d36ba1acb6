// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/suppression.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "mail/address.h"
#include "mail/ascii.h"

#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

using Json = nlohmann::ordered_json;

/// "suppressed", "counted 1 of 2", "expired".
std::string state_of(const queue::Suppression& one, const SuppressionView& view) {
  if (one.in_force(view.policy, view.now)) return "suppressed";
  const bool fresh = one.last && view.now - *one.last < view.policy.expires;
  if (!fresh) return "expired";
  const std::string counted = "counted " + std::to_string(one.failures);
  return view.policy.after > 0 ? counted + " of " + std::to_string(view.policy.after) : counted;
}

Json of(const std::optional<mail::WallTime>& when) {
  return when ? Json(mail::to_rfc3339(*when)) : Json{};
}

std::string said_of(const queue::Suppression& one) {
  if (!one.added) return one.text.empty() ? one.cause : one.cause + ": " + one.text;
  return "added by " + one.by + (one.note.empty() ? "" : ": " + one.note);
}

constexpr std::string_view kBetween = ",; \t";  // an address and its note

/// The quoted column in front of `text`, as RFC 4180 has them: two quotes in it are one. nullopt
/// when there is none, or something else stands right behind it, as in "\"a b\"@example.org".
std::optional<std::string> take_column(std::string_view& text) {
  if (!text.starts_with('"')) return std::nullopt;
  std::string column;
  std::size_t at = 1;
  for (;; ++at) {
    if (at == text.size()) return std::nullopt;
    if (text[at] == '"' && (++at == text.size() || text[at] != '"')) break;
    column.push_back(text[at]);
  }
  if (at < text.size() && kBetween.find(text[at]) == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at);
  return column;
}

mail::ParseError wrong_line(std::size_t line, const std::string& why) {
  return mail::ParseError{"line " + std::to_string(line) + ": " + why};
}

}  // namespace

std::string as_json(const SuppressionView& view) {
  Json rows = Json::array();
  for (const queue::Suppression& one : view.rows) {
    rows.push_back({{"address", safe(one.address)},
                    {"suppressed", one.in_force(view.policy, view.now)},
                    {"failures", one.failures},
                    {"first", of(one.first)},
                    {"last", of(one.last)},
                    {"cause", safe(one.cause)},
                    {"text", safe(one.text)},
                    {"added", of(one.added)},
                    {"by", safe(one.by)},
                    {"note", safe(one.note)}});
  }
  const Json all{{"enforced", view.policy.enforce},
                 {"after", view.policy.after},
                 {"addresses", std::move(rows)},
                 {"cut", view.cut}};
  return all.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

std::string present(const SuppressionView& view, std::size_t width) {
  std::string text;
  if (view.rows.empty()) {
    text = "no address is on the list\n";
  } else {
    Table table{{{"ADDRESS"}, {"STATE"}, {"FAILURES", true}, {"LAST"}, {"WHY"}}};
    for (const queue::Suppression& one : view.rows) {
      const std::optional<mail::WallTime> last = one.added ? one.added : one.last;
      table.row({safe(one.address), state_of(one, view), std::to_string(one.failures),
                 last ? relative(*last, view.now) : "-", safe(said_of(one))});
    }
    text = table.text(width);
  }
  if (view.cut) text += "there are more (--limit)\n";
  if (!view.policy.enforce) {
    text += "mail to them is delivered all the same: suppression.enforce is off\n";
  }
  return text;
}

std::string as_json(const SuppressionsChanged& changed) {
  const Json all{
      {"verb", changed.deed}, {"changed", changed.changed}, {"by_daemon", changed.by_daemon}};
  return all.dump(2) + "\n";
}

std::string present(const SuppressionsChanged& changed) {
  const std::string count = std::to_string(changed.changed);
  std::string text = count + (changed.changed == 1 ? " address " : " addresses ") + changed.deed;
  return text + (changed.by_daemon ? "\n" : "\ntenaxd is not running: done in the queue itself\n");
}

mail::Parsed<std::vector<Listed>> read_addresses(std::string_view text) {
  std::vector<Listed> all;
  constexpr std::string_view kMark = "\xef\xbb\xbf";  // of the byte order, as spreadsheets write it
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    line = line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
    const std::optional<std::string> column = take_column(line);
    const std::size_t gap = column ? 0 : std::min(line.find_first_of(kBetween), line.size());
    const auto address =
        mail::Address::parse(column ? mail::trimmed(*column) : line.substr(0, gap));
    if (!address) return wrong_line(number, address.error().why);
    line.remove_prefix(std::min(line.find_first_not_of(kBetween, gap), line.size()));
    std::string_view behind = line;
    const std::optional<std::string> note = column ? take_column(behind) : std::nullopt;
    all.push_back({address->text(), note && behind.empty() ? *note : std::string{line}});
  }
  return all;
}

}  // namespace tenax::cli
