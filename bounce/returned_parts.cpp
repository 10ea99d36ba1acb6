// SPDX-License-Identifier: Apache-2.0
#include "bounce/returned_parts.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "mail/ascii.h"

#include "bounce/address_in_text.h"
#include "bounce/text_reader.h"

namespace tenax::bounce {

namespace {

bool is_returned_mail(std::string_view type) {
  return type == "message/rfc822" || type == "message/global" || type == "message/global-headers" ||
         type.starts_with("text/rfc822");
}

bool is_status(std::string_view type) {
  return type.ends_with("delivery-status");  // message/global-delivery-status: RFC 6533
}

/// What helps to complete an address that was cut.
struct Known {
  std::string_view from;    // who writes
  std::string_view notice;  // what was read before
};

/// The addresses in `text` that begin with `cut`, which is in lower case: the only one; "" if there
/// is none; nothing if there are several.
std::optional<std::string> only_address_from(std::string_view cut, std::string_view text) {
  std::string whole;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    for (const AddressSpan& one : addresses_in(line)) {
      const std::string address = mail::to_lower(one.in(line));
      if (!address.starts_with(cut) || address == whole) continue;
      if (!whole.empty()) return std::nullopt;
      whole = address;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return whole;
}

/// What `word` was before it was cut, if the mail shows it: the only address that begins so, or one
/// of the writer's own domain, of which enough is left to know it. "" if it does not.
std::string whole_address(std::string_view word, std::string_view text, const Known& known) {
  const std::size_t at = word.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == word.size()) return {};
  const std::string cut = mail::to_lower(word);
  for (const std::string_view where : {text, known.notice}) {
    const auto whole = only_address_from(cut, where);
    if (!whole || !whole->empty()) return whole.value_or("");
  }
  constexpr std::size_t kEnough = 4;
  const std::string domain = mail::to_lower(known.from.substr(known.from.rfind('@') + 1));
  const std::string_view left = std::string_view{cut}.substr(at + 1);
  // Where others are named, it may be one of a sender.
  const bool own = left.size() >= kEnough && domain.starts_with(left) && !first_address_in(text);
  return own ? std::string{word.substr(0, at + 1)} + domain : std::string{};
}

/// An address that was cut is another one; a reply's code is whole at three digits.
std::string with_whole_end(const MimeLeaf& leaf, const Known& known) {
  const std::string_view text = leaf.text;
  if (!leaf.cut) return leaf.text;
  const std::size_t last = text.find_last_of(" \t\n<>\"'(),:;[]{}") + 1;  // npos + 1 is 0
  const std::string_view word = text.substr(last);
  const bool code = word.size() == 3 && std::all_of(word.begin(), word.end(), mail::is_digit);
  if (code) return leaf.text;
  return std::string{text.substr(0, last)} + whole_address(word, text.substr(0, last), known);
}

/// Of fields, what is sure though their end is missing: a reply may lack its last words, an action
/// and a status are known as they are, an address is whole or none.
std::string fields_with_whole_end(const MimeLeaf& leaf, const Known& known) {
  if (!leaf.cut) return leaf.text;
  const std::size_t line = leaf.text.rfind('\n') + 1;  // npos + 1 is 0
  const std::string last = mail::to_lower(std::string_view{leaf.text}.substr(line));
  if (last.starts_with("action:")) return leaf.text;
  const auto dots = std::count(last.begin(), last.end(), '.');
  if (last.starts_with("status:") && dots == 2 && mail::is_digit(last.back())) return leaf.text;
  const bool reply =
      last.starts_with("diagnostic-code:") || last.starts_with(' ') || last.starts_with('\t');
  const std::string whole = with_whole_end(leaf, known);
  const bool names =
      last.starts_with("final-recipient:") || last.starts_with("original-recipient:");
  const bool complete = names && whole.size() >= leaf.text.size();
  return reply || complete ? whole : leaf.text.substr(0, line);
}

void append_text(NoticeParts& parts, std::string text) {
  NoticeText notice = part_notice(with_broken_addresses_joined(std::move(text)));
  parts.notice += notice.text;
  if (notice.announced) parts.brings_mail_back = true;
  if (notice.returned_header.empty()) return;
  parts.brings_mail_back = true;
  if (!parts.returned_header.empty()) return;
  parts.returned_header = std::move(notice.returned_header);
  parts.behind = std::move(notice.behind);
}

}  // namespace

NoticeParts sort_out(const MimeTree& tree) {
  NoticeParts parts;
  const mail::HeaderField* const field = tree.header.find("from");
  const std::string from{
      first_address_in(field == nullptr ? std::string_view{} : field->value).value_or("")};
  bool plain = false;
  for (const MimeLeaf& leaf : tree.leaves) {
    const auto whole_fields = [&] { return fields_with_whole_end(leaf, {from, parts.notice}); };
    if (leaf.returned) {
      if (is_status(leaf.type)) parts.inner_fields = status_fields_in(whole_fields());
    } else if (is_returned_mail(leaf.type)) {
      parts.brings_mail_back = true;
      if (parts.returned_header.empty()) parts.returned_header = leaf.text;
    } else if (is_status(leaf.type)) {
      StatusFields fields = status_fields_in(whole_fields());
      if (parts.fields.recipients.empty()) parts.fields = std::move(fields);
      parts.fields_cut = leaf.cut;
    } else if (leaf.type == "message/feedback-report") {
      parts.feedback = leaf.text;
    } else if (leaf.type.ends_with("disposition-notification")) {
      parts.receipt = true;
      parts.receipt_fields = status_fields_in(whole_fields());
    } else if (leaf.type == "text/plain" || leaf.type.empty()) {
      // What comes behind the mail that came back belongs to it.
      if (parts.brings_mail_back && plain) continue;
      plain = plain || !mail::trimmed(leaf.text).empty();
      append_text(parts, with_whole_end(leaf, {from, {}}));
    }
  }
  if (plain) return parts;
  for (const MimeLeaf& leaf : tree.leaves) {
    if (leaf.returned) continue;
    if (leaf.type == "text/html") {
      append_text(parts, without_markup(with_whole_end(leaf, {from, {}})));
    } else if (leaf.type == "text/xml" || leaf.type == "application/xml") {
      append_text(parts, elements_as_lines(with_whole_end(leaf, {from, {}})));
    }
  }
  return parts;
}

}  // namespace tenax::bounce
