// SPDX-License-Identifier: Apache-2.0
#include "bounce/mime_tree.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "mail/ascii.h"
#include "mail/utf8.h"

namespace tenax::bounce {

namespace {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

std::string with_line_feeds(std::string_view mail) {
  std::string text;
  text.reserve(mail.size());
  for (std::size_t at = 0; at < mail.size();) {
    const std::size_t end = std::min(mail.find('\r', at), mail.size());
    text.append(mail, at, end - at);
    if (end == mail.size()) break;
    text += '\n';
    at = end + (mail.substr(end, 2) == "\r\n" ? 2 : 1);
  }
  return text;
}

/// Parameters of a Content-Type whose line does not begin with a blank, as if it did: relays that
/// fold fields anew lose it, and all the parts behind that boundary.
std::string with_parameters_folded(std::string text) {
  std::string folded;
  std::size_t done = 0;
  for (std::size_t at = text.find(";\n"); at != std::string::npos; at = text.find(";\n", at + 2)) {
    const std::string word = mail::to_lower(std::string_view{text}.substr(at + 2, 12));
    if (!word.starts_with("boundary=") && !word.starts_with("charset=") &&
        !word.starts_with("report-type=")) {
      continue;
    }
    folded.append(text, done, at + 2 - done).append(1, '\t');
    done = at + 2;
  }
  if (done == 0) return text;
  return folded.append(text, done);
}

/// A field that GMime reads as a list of addresses, in whatever mail in the mail.
bool lists_addresses(std::string_view line) {
  constexpr std::array<std::string_view, 6> kNames = {"from", "to",     "cc",
                                                      "bcc",  "sender", "reply-to"};
  const std::string_view name =
      mail::trimmed(line.substr(0, std::min(line.find(':'), line.size())));
  return std::ranges::any_of(
      kNames, [&](std::string_view one) { return mail::equal_in_any_case(name, one); });
}

/// A group of addresses holds no other (RFC 5322 3.4), but GMime takes each "a:" behind an "a:" for
/// one in it, and goes a level deeper until the stack is full. So many colons begin no groups.
std::string with_shallow_groups(std::string text) {
  constexpr int kMostColons = 1000;
  bool addresses = false;
  int colons = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view{text}.substr(at, end - at);
    if (line.empty() || !mail::is_blank(line.front())) {
      addresses = lists_addresses(line);
      colons = 0;
    }
    for (; addresses && at < end; ++at) {
      if (text[at] == ':' && ++colons > kMostColons) text[at] = ' ';
    }
    at = end + 1;
  }
  return text;
}

/// The first delimiter in the body: a line that parts alone begin with. "" if there is none.
std::string_view delimiter_in(std::string_view body) {
  constexpr std::size_t kLongestBoundary = 70;  // RFC 2046 5.1.1
  for (std::size_t at = body.find("\n--"); at != std::string_view::npos;
       at = body.find("\n--", at + 1)) {
    const std::string_view line = body.substr(at + 3, body.find('\n', at + 3) - at - 3);
    const std::string_view next = body.substr(at + 3 + line.size()).substr(0, 9);
    const bool whole = !line.empty() && line.size() <= kLongestBoundary &&
                       line.find_first_of(" \t\"\\") == std::string_view::npos;
    if (whole && mail::equal_in_any_case(next, "\ncontent-")) return line;
  }
  return {};
}

/// Where a field stands in a header section, with its last line's end.
struct FieldSpan {
  std::size_t first;
  std::size_t last;
};

FieldSpan content_type_in(std::string_view head, std::string_view lower) {
  std::size_t first = lower.starts_with("content-type:") ? 0 : lower.find("\ncontent-type:");
  if (first == std::string_view::npos) return {head.size(), head.size()};
  if (first != 0) ++first;
  std::size_t last = first;
  do last = head.find('\n', last) + 1;
  while (last < head.size() && mail::is_blank(head[last]));
  return {first, last};
}

/// Does the body have parts with the boundary that this field names?
bool names_boundary_of(std::string_view body, std::string_view field) {
  const std::size_t at = mail::to_lower(field).find("boundary");
  if (at == std::string::npos) return false;
  std::string_view name = field.substr(at + 8);
  name.remove_prefix(std::min(name.find_first_not_of(" \t=\"\n"), name.size()));
  name = mail::trimmed(name.substr(0, name.find_first_of("\";\n")));
  return !name.empty() && body.find("\n--" + std::string{name}) != std::string_view::npos;
}

/// Behind other text it belongs to a mail that came back.
bool stands_first(std::string_view delimiter, std::string_view body) {
  const auto before = static_cast<std::size_t>(delimiter.data() - body.data()) - 2;  // "--"
  const std::string_view text = mail::trimmed(body.substr(0, before));
  return text.find_first_not_of('\n') == std::string_view::npos ||
         (before < 300 && mail::to_lower(text).find("mime") != std::string::npos);
}

/// The mail with the boundary that its body shows, where its Content-Type got lost, or lost it, or
/// names another. "" if nothing has to be mended.
std::string with_its_boundary(std::string_view mail) {
  const std::size_t end = mail.find("\n\n");
  if (end == std::string_view::npos) return {};
  const std::string_view head = mail.substr(0, end + 1);
  const std::string_view body = mail.substr(end);
  const std::string lower = mail::to_lower(head);
  const FieldSpan span = content_type_in(head, lower);
  const std::string_view field = std::string_view{lower}.substr(span.first, span.last - span.first);
  const std::size_t kind = field.find("multipart/");
  const bool lost = field.empty() && lower.find("content-transfer-encoding:") == std::string::npos;
  const bool untrue = kind != std::string_view::npos &&
                      !names_boundary_of(body, head.substr(span.first, field.size()));
  const std::string_view delimiter = lost || untrue ? delimiter_in(body) : std::string_view{};
  if (delimiter.empty() || (lost && !stands_first(delimiter, body))) return {};
  std::string type = "multipart/mixed";
  if (untrue) type = field.substr(kind, field.find_first_of("; \t\n", kind) - kind);
  if (field.find("delivery-status") != std::string_view::npos) {
    type = "multipart/report; report-type=delivery-status";
  }
  return std::string{mail.substr(0, span.first)} + "Content-Type: " + type + "; boundary=\"" +
         std::string{delimiter} + "\"\n" + std::string{mail.substr(span.last)};
}

/// Neither mailboxes' From_ lines nor empty lines in front belong to a mail.
std::string_view without_preamble(std::string_view text) {
  for (;;) {
    const bool from = text.starts_with("From ") || text.starts_with(">From ");
    if (!from && !text.starts_with('\n')) return text;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

std::string lower(const char* text) {
  return text == nullptr ? std::string{} : mail::to_lower(text);
}

bool worth_reading(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("message/") || type == "application/xml" ||
         type.empty();
}

bool is_encoded(GMimeContentEncoding encoding) {
  return encoding == GMIME_CONTENT_ENCODING_BASE64 ||
         encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
         encoding == GMIME_CONTENT_ENCODING_UUENCODE;
}

/// Decoded, in the charset `charset` unless that is nullptr.
std::string bytes_of(GMimeStream* raw, GMimeContentEncoding encoding, const char* charset,
                     std::size_t most = kOctetsOfPart) {
  g_mime_stream_reset(raw);
  const Owned<GMimeStream> stream{g_mime_stream_filter_new(raw)};
  auto* const filters = reinterpret_cast<GMimeStreamFilter*>(stream.get());
  if (is_encoded(encoding)) {
    const Owned<GMimeFilter> filter{g_mime_filter_basic_new(encoding, FALSE)};
    g_mime_stream_filter_add(filters, filter.get());
  }
  if (charset != nullptr) {
    // An unknown charset is read as it is: addresses and codes are ASCII in nearly all of them.
    const Owned<GMimeFilter> filter{g_mime_filter_charset_new(charset, "utf-8")};
    if (filter) g_mime_stream_filter_add(filters, filter.get());
  }
  std::string text;
  std::array<char, 8192> buffer;
  while (text.size() < most) {
    const ssize_t got = g_mime_stream_read(stream.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (text.size() > most) text.resize(most);
  return text;
}

/// Letters beyond ASCII that are UTF-8, whatever their label says: by accident, hardly any text is.
bool is_utf8_after_all(std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return mail::is_ascii(c); });
  return !plain && mail::is_utf8(text);
}

/// Quoted-printable whose label got lost: long lines go on behind a "=".
bool is_quoted_after_all(std::string_view text) {
  int broken = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const bool soft = line.size() >= 50 && line.size() <= 80 && line.ends_with('=') &&
                      line[line.size() - 2] != '=' && line.find(' ') != std::string_view::npos;
    if (soft && end + 1 < text.size() && text[end + 1] != '\n' && ++broken == 2) return true;
    at = end + 1;
  }
  return false;
}

void decode(GMimePart* part, const char* charset, MimeLeaf& leaf) {
  GMimeDataWrapper* const content = g_mime_part_get_content(part);
  GMimeStream* const raw = content == nullptr ? nullptr : g_mime_data_wrapper_get_stream(content);
  if (raw == nullptr) return;
  GMimeContentEncoding encoding = g_mime_data_wrapper_get_encoding(content);
  leaf.text = bytes_of(raw, encoding, nullptr);
  if (!is_encoded(encoding) && is_quoted_after_all(leaf.text)) {
    encoding = GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    leaf.text = bytes_of(raw, encoding, nullptr);
  }
  leaf.encoded = is_encoded(encoding);
  const std::string name = lower(charset);
  if (!name.empty() && name != "utf-8" && name != "us-ascii" && !is_utf8_after_all(leaf.text)) {
    std::string text = bytes_of(raw, encoding, charset);
    leaf.encoded = leaf.encoded || text != leaf.text;
    leaf.text = std::move(text);
  }
  // What was encoded has line ends of its own.
  if (is_encoded(encoding)) leaf.text = with_line_feeds(leaf.text);
}

/// Gateways that do not know a report's parts attach them as files.
bool holds_status(GMimePart* part) {
  constexpr std::size_t kFirst = 200;
  GMimeDataWrapper* const content = g_mime_part_get_content(part);
  GMimeStream* const raw = content == nullptr ? nullptr : g_mime_data_wrapper_get_stream(content);
  if (raw == nullptr) return false;
  const std::string text =
      mail::to_lower(bytes_of(raw, g_mime_data_wrapper_get_encoding(content), nullptr, kFirst));
  const std::size_t first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const std::string_view words = std::string_view{text}.substr(first);
  return words.starts_with("reporting-mta:") || words.starts_with("final-recipient:");
}

std::string type_of(GMimeObject* object) {
  GMimeContentType* const type = g_mime_object_get_content_type(object);
  if (type == nullptr) return "text/plain";
  return lower(g_mime_content_type_get_media_type(type)) + "/" +
         lower(g_mime_content_type_get_media_subtype(type));
}

class Walk {
 public:
  explicit Walk(MimeTree& tree) : tree_{tree} {}

  void through(GMimeObject* object, int depth) {
    if (object == nullptr || depth > kDeepestPart || tree_.leaves.size() >= kMostParts) return;
    if (GMIME_IS_MULTIPART(object)) {
      multipart(GMIME_MULTIPART(object), depth);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
      returned(GMIME_MESSAGE_PART(object), depth);
    } else if (GMIME_IS_PART(object)) {
      part(object);
    }
  }

 private:
  void multipart(GMimeMultipart* object, int depth) {
    const int children = g_mime_multipart_get_count(object);
    // Announced as a multipart, but no boundary followed: what is there is text.
    if (children == 0) {
      const char* const prologue = g_mime_multipart_get_prologue(object);
      // What old programs tell of MIME to those who cannot read it tells nothing else.
      if (prologue != nullptr && lower(prologue).substr(0, 300).find("mime") == std::string::npos) {
        tree_.leaves.push_back({"text/plain",
                                std::string{std::string_view{prologue}.substr(0, kOctetsOfPart)},
                                false, false, inside_});
      }
    }
    for (int i = 0; i < children; ++i) through(g_mime_multipart_get_part(object, i), depth + 1);
  }

  void returned(GMimeMessagePart* object, int depth) {
    MimeLeaf leaf{"message/rfc822", {}, false, false, inside_};
    if (GMimeMessage* const message = g_mime_message_part_get_message(object)) {
      char* const headers = g_mime_object_get_headers(GMIME_OBJECT(message), nullptr);
      if (headers != nullptr) leaf.text = std::string_view{headers}.substr(0, kOctetsOfPart);
      g_free(headers);
    }
    tree_.leaves.push_back(std::move(leaf));
    // Some programs pass a notice on inside another that says nothing itself.
    GMimeObject* const body =
        object->message == nullptr ? nullptr : g_mime_message_get_mime_part(object->message);
    if (inside_ || body == nullptr || !GMIME_IS_MULTIPART(body)) return;
    if (mail::equal_in_any_case(type_of(body), "multipart/report")) {
      inside_ = true;
      through(body, depth + 1);
      inside_ = false;
    }
  }

  void part(GMimeObject* object) {
    GMimeContentType* const type = g_mime_object_get_content_type(object);
    MimeLeaf leaf{type_of(object), {}, false, false, inside_};
    const char* const charset =
        type == nullptr ? nullptr : g_mime_content_type_get_parameter(type, "charset");
    if (leaf.type == "application/octet-stream" && holds_status(GMIME_PART(object))) {
      leaf.type = "message/delivery-status";
    }
    if (worth_reading(leaf.type)) decode(GMIME_PART(object), charset, leaf);
    tree_.leaves.push_back(std::move(leaf));
  }

  MimeTree& tree_;
  bool inside_ = false;  // a returned mail
};

std::string subject_of(GMimeMessage* message) {
  const char* const subject = g_mime_message_get_subject(message);
  if (subject == nullptr || !g_utf8_validate(subject, -1, nullptr)) return lower(subject);
  char* const small = g_utf8_strdown(subject, -1);
  std::string text{small};
  g_free(small);
  return text;
}

/// The last line, if its end is missing.
std::string_view cut_line(std::string_view text) {
  return text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
}

}  // namespace

MimeTree take_apart(std::string_view mail) {
  static const bool ready = [] {
    g_mime_init();
    return true;
  }();
  static_cast<void>(ready);

  const std::string whole =
      with_shallow_groups(with_parameters_folded(with_line_feeds(mail.substr(0, kOctetsOfMail))));
  const std::string_view given = without_preamble(whole);
  const std::string mended = with_its_boundary(given);
  const std::string_view text = mended.empty() ? given : mended;
  MimeTree tree;
  if (text.empty()) return tree;
  const std::string_view cut = cut_line(text);
  const bool in_header = text.find("\n\n") == std::string_view::npos;
  tree.header =
      mail::Header::parse(text.substr(0, in_header ? text.size() - cut.size() : text.size()));
  const Owned<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(text.data(), text.size())};
  const Owned<GMimeParser> parser{g_mime_parser_new_with_stream(stream.get())};
  const Owned<GMimeMessage> message{g_mime_parser_construct_message(parser.get(), nullptr)};
  if (message) tree.subject = subject_of(message.get());
  GMimeObject* const body = message ? g_mime_message_get_mime_part(message.get()) : nullptr;
  if (tree.subject.empty()) {  // of a mail without a body GMime knows nothing
    if (const auto* field = tree.header.find("subject")) {
      tree.subject = mail::to_lower(mail::decoded_for_people(field->value));
    }
  }
  if (body == nullptr) return tree;
  if (GMimeContentType* const type = g_mime_object_get_content_type(body)) {
    tree.type = type_of(body);
    tree.report_type = lower(g_mime_content_type_get_parameter(type, "report-type"));
  }
  Walk{tree}.through(body, 0);
  if (cut.empty() || tree.leaves.empty()) return tree;
  MimeLeaf& last = tree.leaves.back();
  last.cut = last.text.ends_with(cut) || (last.encoded && !cut.starts_with("--"));
  return tree;
}

}  // namespace tenax::bounce
