// SPDX-License-Identifier: Apache-2.0
#include "bounce/returned_parts.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "mail/ascii.h"

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

/// An address that was cut is another one; a reply's code is whole at three digits.
std::string_view without_cut_word(const MimeLeaf& leaf) {
  const std::string_view text = leaf.text;
  if (!leaf.cut) return text;
  const std::size_t last = text.find_last_of(" \t\n<>\"'(),:;[]{}") + 1;  // npos + 1 is 0
  const std::string_view word = text.substr(last);
  const bool code = word.size() == 3 && std::all_of(word.begin(), word.end(), mail::is_digit);
  return code ? text : text.substr(0, last);
}

std::string_view without_cut_line(const MimeLeaf& leaf) {
  const std::string_view text = leaf.text;
  return leaf.cut ? text.substr(0, text.rfind('\n') + 1) : text;
}

void append_text(NoticeParts& parts, std::string_view text) {
  NoticeText notice = part_notice(text);
  parts.notice += notice.text;
  if (notice.announced) parts.brings_mail_back = true;
  if (notice.returned_header.empty()) return;
  parts.brings_mail_back = true;
  if (parts.returned_header.empty()) parts.returned_header = std::move(notice.returned_header);
}

}  // namespace

NoticeParts sort_out(const MimeTree& tree) {
  NoticeParts parts;
  bool plain = false;
  for (const MimeLeaf& leaf : tree.leaves) {
    if (leaf.returned) {
      if (is_status(leaf.type)) parts.inner_fields = status_fields_in(without_cut_line(leaf));
    } else if (is_returned_mail(leaf.type)) {
      parts.brings_mail_back = true;
      if (parts.returned_header.empty()) parts.returned_header = leaf.text;
    } else if (is_status(leaf.type)) {
      StatusFields fields = status_fields_in(without_cut_line(leaf));
      if (parts.fields.recipients.empty()) parts.fields = std::move(fields);
      parts.fields_cut = leaf.cut;
    } else if (leaf.type == "message/feedback-report") {
      parts.feedback = leaf.text;
    } else if (leaf.type.ends_with("disposition-notification")) {
      parts.receipt = true;
      parts.receipt_fields = status_fields_in(without_cut_line(leaf));
    } else if (leaf.type == "text/plain" || leaf.type.empty()) {
      // What comes behind the mail that came back belongs to it.
      if (parts.brings_mail_back && plain) continue;
      plain = plain || !mail::trimmed(leaf.text).empty();
      append_text(parts, without_cut_word(leaf));
    }
  }
  if (plain) return parts;
  for (const MimeLeaf& leaf : tree.leaves) {
    if (leaf.type == "text/html" && !leaf.returned) append_text(parts, without_markup(leaf.text));
  }
  return parts;
}

}  // namespace tenax::bounce
