// SPDX-License-Identifier: Apache-2.0
#include "bounce/status_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "mail/address.h"
#include "mail/ascii.h"
#include "mail/embedded.h"
#include "mail/recipient.h"

#include "bounce/address_in_text.h"
#include "bounce/returned_mail.h"

namespace tenax::bounce {

namespace {

constexpr std::size_t kLongestAddress = 320;  // RFC 5321 4.5.3.1
constexpr std::size_t kLongestField = 4096;   // of one field; a reply of ten full lines

enum class Field {
  original,
  final,
  action,
  status,
  diagnostic,
  cause,
  category,
  remote_mta,
  reporting_mta,
  envelope_id,
  other,
};

struct FieldName {
  std::string_view name;
  Field field;
};

constexpr std::array kNames = {
    FieldName{"original-recipient", Field::original},
    FieldName{"final-recipient", Field::final},
    FieldName{"action", Field::action},
    FieldName{"status", Field::status},
    FieldName{"diagnostic-code", Field::diagnostic},
    FieldName{"x-tenax-cause", Field::cause},
    FieldName{"x-powermta-bouncecategory", Field::category},
    FieldName{"remote-mta", Field::remote_mta},
    FieldName{"reporting-mta", Field::reporting_mta},
    FieldName{"original-envelope-id", Field::envelope_id},
};

Field field_named(std::string_view name) {
  for (const FieldName& known : kNames) {
    if (mail::equal_in_any_case(known.name, name)) return known.field;
  }
  return Field::other;
}

/// "rfc822; bob@example.net" without its type; a value that never had one stays whole.
std::string_view without_type(std::string_view value) {
  const std::size_t semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return mail::trimmed(value);
  const std::string_view type = mail::trimmed(value.substr(0, semicolon));
  const bool plain = type.size() <= 20 && type.find_first_of(" <@:") == std::string_view::npos;
  return mail::trimmed(plain ? value.substr(semicolon + 1) : value);
}

/// "bob@mail. example.net": a long address that was folded at a dot.
std::string unfolded(std::string_view text) {
  const std::size_t blank = text.find_first_of(" \t");
  if (blank == std::string_view::npos || blank == 0) return std::string{text};
  const std::string_view rest = mail::trimmed(text.substr(blank));
  const auto joins = [](char c) { return c == '.' || c == '@'; };
  if (rest.empty() || !(joins(text[blank - 1]) || joins(rest.front()))) return std::string{text};
  std::string whole{text.substr(0, blank)};
  whole += rest;
  const std::vector<AddressSpan> found = addresses_in(whole, 2);
  const bool alone =
      found.size() == 1 && whole.find_first_not_of("<>", found.front().end()) == std::string::npos;
  return alone ? whole : std::string{text};
}

std::string recipient_of(std::string_view value) {
  const std::string whole = mail::without_embedding(unfolded(without_type(value)));
  const std::string_view text = whole;
  // In a field nothing stands beside it, whatever its letters are.
  const bool international = !std::ranges::all_of(text, [](char c) { return mail::is_ascii(c); });
  if (international && !text.starts_with('<') && mail::Address::parse(text)) return whole;
  if (const auto address = first_address_in(text)) return std::string{*address};
  std::string_view bare = text.substr(0, text.find_first_of(" \t"));
  if (bare.starts_with('<')) bare.remove_prefix(1);
  return std::string{bare.substr(0, std::min(bare.find('>'), kLongestAddress))};
}

class Groups {
 public:
  void blank() { boundary_ = true; }

  void add(Field field, std::string_view value) {
    if (field == Field::reporting_mta) {
      if (fields_.reporting_mta.empty()) fields_.reporting_mta = without_type(value);
      return;
    }
    if (field == Field::envelope_id) {
      fields_.envelope_id = value;
      return;
    }
    if (begins_another(field)) flush();
    boundary_ = false;
    set(field, value);
  }

  StatusFields finish() {
    flush();
    return std::move(fields_);
  }

 private:
  [[nodiscard]] bool names_one() const {
    return !current_.final_address.empty() || !current_.original_address.empty();
  }

  /// Blank lines part the groups; some programs forget them, some set one too many.
  [[nodiscard]] bool begins_another(Field field) const {
    if (field == Field::final && !current_.final_address.empty()) return true;
    if (field == Field::original && !current_.original_address.empty()) return true;
    const bool names = field == Field::final || field == Field::original;
    const bool told = !current_.action.empty() || !current_.status.empty();
    return boundary_ && names_one() && (told || names);
  }

  void set(Field field, std::string_view value) {
    switch (field) {
      case Field::original: current_.original_address = recipient_of(value); break;
      case Field::final: current_.final_address = recipient_of(value); break;
      case Field::action: current_.action = mail::to_lower(value.substr(0, value.find(' '))); break;
      case Field::status: set_status(value); break;
      case Field::diagnostic: diagnose(without_type(value)); break;
      case Field::cause: current_.cause = value.substr(0, 40); break;
      case Field::category: current_.category = value.substr(0, 40); break;
      case Field::remote_mta: current_.remote_mta = without_type(value); break;
      case Field::reporting_mta:
      case Field::envelope_id:
      case Field::other: break;
    }
  }

  void set_status(std::string_view value) {
    // "550 5.1.1" of programs that show what they have
    if (value.size() > 4 && mail::is_digit(value[2]) && value[3] == ' ') value.remove_prefix(4);
    const std::size_t end = std::min(value.find_first_of(" \t(;,"), value.size());
    current_.status = value.substr(0, end);
    current_.comment = mail::trimmed(value.substr(end)).substr(0, kLongestField);
  }

  void diagnose(std::string_view text) {
    if (!current_.diagnostic.empty()) current_.diagnostic += ' ';
    if (current_.diagnostic.size() < kLongestField) current_.diagnostic += text;
  }

  /// Some programs put into the field what the command had: "bob+2Btag" for "bob+tag".
  void decode_original() {
    if (current_.original_address.find('+') == std::string::npos) return;
    const auto decoded = mail::decode_xtext(current_.original_address);
    if (decoded && *decoded == current_.final_address) {
      current_.original_address = current_.final_address;
    }
  }

  void flush() {
    decode_original();
    const bool tells = names_one() || !current_.status.empty();
    if (tells && fields_.recipients.size() < kMostTold) {
      fields_.recipients.push_back(std::move(current_));
    }
    current_ = {};
  }

  StatusFields fields_;
  RecipientFields current_;
  bool boundary_ = false;
};

/// The value of the string named `key`, which begins at or behind `from`.
std::optional<std::string> json_string(std::string_view object, std::string_view key) {
  const std::string quoted = '"' + std::string{key} + '"';
  std::size_t at = object.find(quoted);
  if (at == std::string_view::npos) return std::nullopt;
  at = object.find_first_not_of(" \t\n:", at + quoted.size());
  if (at == std::string_view::npos || object[at] != '"') return std::nullopt;
  std::string value;
  for (++at; at < object.size() && object[at] != '"' && value.size() < kLongestField; ++at) {
    if (object[at] == '\\' && at + 1 < object.size()) {
      ++at;
      value += object[at] == 'n' || object[at] == 'r' || object[at] == 't' ? ' ' : object[at];
    } else if (object[at] != '\n') {  // mail systems fold the long line
      value += object[at];
    }
  }
  return value;
}

/// What stands between the brackets of the list named `key`.
std::string_view json_list(std::string_view text, std::string_view key) {
  const std::string quoted = '"' + std::string{key} + '"';
  const std::size_t at = text.find(quoted);
  const std::size_t open = at == std::string_view::npos ? at : text.find('[', at);
  if (open == std::string_view::npos) return {};
  return text.substr(open + 1, text.find(']', open) - open - 1);
}

/// JSON that another JSON holds as a string: {"Message": "{\"notificationType\": ...}"}.
std::string without_envelope(std::string_view text) {
  std::string inner;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escaped = text[at] == '\\' && at + 1 < text.size();
    if (escaped) ++at;
    const bool blank = escaped && (text[at] == 'n' || text[at] == 'r' || text[at] == 't');
    inner += blank ? ' ' : text[at];
  }
  return inner;
}

/// "Last-Attempt-Date: Tue, ...": a field, whether we know its name or not.
bool opens_field(std::string_view words, std::size_t colon) {
  const std::string_view name = mail::trimmed(words.substr(0, colon));
  return colon != std::string_view::npos && colon + 1 < words.size() && !name.empty() &&
         name.find_first_of(" \t") == std::string_view::npos;
}

}  // namespace

StatusFields status_fields_in(std::string_view text) {
  Groups groups;
  Field field = Field::other;
  std::string value;
  std::optional<std::size_t> open;  // how far the field that may go on is indented
  const auto close = [&] {
    if (field != Field::other) groups.add(field, mail::trimmed(value));
    field = Field::other;
    value.clear();
    open.reset();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view words = mail::trimmed(line);
    const std::size_t colon = words.find(':');
    const Field named = colon == std::string_view::npos || colon > 30
                            ? Field::other
                            : field_named(mail::trimmed(words.substr(0, colon)));
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    // What a server said may look like a field where it is folded.
    const bool goes_on = open && indent > *open;
    if (named != Field::other && !goes_on) {
      close();
      field = named;
      value = words.substr(colon + 1);
      open = indent;
    } else if (words.empty()) {
      close();
      groups.blank();
    } else if (!line.empty() && mail::is_blank(line.front())) {
      if (field != Field::other && value.size() < kLongestField) value.append(" ").append(words);
    } else {
      close();
      if (opens_field(words, colon)) open = indent;
    }
  }
  close();
  return groups.finish();
}

StatusFields status_fields_in_json(std::string_view text) {
  StatusFields fields;
  std::string inner;
  if (text.find("\\\"bounce\\\"") != std::string_view::npos ||
      text.find("\\\"delivery\\\"") != std::string_view::npos) {
    inner = without_envelope(text);
    text = inner;
  }
  const auto type = json_string(text, "notificationType");
  const auto event = type ? type : json_string(text, "eventType");
  if (!event) return fields;
  const bool delivered = *event == "Delivery";
  if (!delivered && *event != "Bounce") return fields;
  if (delivered) {
    const std::string_view list =
        json_list(text.substr(text.find("\"delivery\"") + 1), "recipients");
    for (const AddressSpan& one : addresses_in(list)) {
      RecipientFields told;
      told.final_address = one.in(list);
      told.action = "delivered";
      told.diagnostic = json_string(text, "smtpResponse").value_or("");
      fields.recipients.push_back(std::move(told));
    }
    return fields;
  }
  // Why, and whether it passes, in Amazon's own words.
  const std::string kind = json_string(text, "bounceType").value_or("");
  const std::string why = json_string(text, "bounceSubType").value_or("");
  std::string_view list = json_list(text, "bouncedRecipients");
  while (!list.empty() && fields.recipients.size() < kMostTold) {
    const std::size_t end = std::min(list.find('}'), list.size());
    const std::string_view object = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const auto address = json_string(object, "emailAddress");
    if (!address) continue;
    RecipientFields told;
    told.final_address = recipient_of(*address);
    told.action = json_string(object, "action").value_or("failed");
    told.status = json_string(object, "status").value_or(kind == "Transient" ? "4.0.0" : "");
    if (why != "General" && why != "Undetermined") told.comment = why;
    told.diagnostic = without_type(json_string(object, "diagnosticCode").value_or(""));
    fields.recipients.push_back(std::move(told));
  }
  return fields;
}

}  // namespace tenax::bounce
