// SPDX-License-Identifier: Apache-2.0
#include "queue/submission.h"

#include <algorithm>

#include "mail/ascii.h"
#include "mail/header.h"

namespace tenax::queue {

namespace {

constexpr std::size_t kFillOctets = 32 * 1024;

/// "From ann@example.org Tue Nov 24 02:26:00 2026", as mailboxes separate messages, and quoted by
/// those that carried it on.
bool may_be_mbox_line(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of('>'), line.size()));
  return line.starts_with("From ") && !mail::starts_field(line);
}

/// A time of day behind the sender tells it from a sentence that begins so.
bool is_surely_mbox_line(std::string_view line) {
  const auto digits_around = [&](std::size_t colon) {
    return colon >= 2 && colon + 2 < line.size() && mail::is_digit(line[colon - 1]) &&
           mail::is_digit(line[colon - 2]) && mail::is_digit(line[colon + 1]) &&
           mail::is_digit(line[colon + 2]);
  };
  const std::size_t sender = line.find("From ") + 5;
  const std::size_t behind = std::min(line.find(' ', sender), line.size());
  for (std::size_t at = line.find(':', behind); at != std::string_view::npos;
       at = line.find(':', at + 1)) {
    if (digits_around(at)) return true;
  }
  return false;
}

bool is_field(std::string_view line) {
  // A name that leaves no room for its colon in one line could not be folded.
  return mail::starts_field(line.substr(0, static_cast<std::size_t>(kLongestLine)));
}

Refusal too_large(std::int64_t limit) {
  return {EX_DATAERR,
          "the message is larger than the limit of " + std::to_string(limit) + " octets",
          Fault::too_large};
}

/// How many octets there are in the form they will have.
io::Result<std::int64_t> counted(SubmissionContents& contents) {
  std::int64_t total = 0;
  char buffer[kFillOctets];
  while (true) {
    const io::Result<std::size_t> octets = contents.read_some(buffer);
    if (!octets) return octets.error();
    if (*octets == 0) break;
    total += static_cast<std::int64_t>(*octets);
  }
  contents.rewind();
  return total;
}

}  // namespace

SubmissionContents::SubmissionContents(std::string head, Spool body, BodyForm form)
    : head_{std::move(head)}, body_{std::move(body)}, form_{form}, writer_{form} {
  rewind();
}

void SubmissionContents::rewind() {
  writer_ = BodyWriter{form_};
  offset_ = 0;
  ready_ = head_;
  taken_ = 0;
}

io::Result<> SubmissionContents::fill() {
  char buffer[kFillOctets];
  const io::Result<std::size_t> octets = body_.read_at(offset_, buffer);
  if (!octets) return octets.error();
  offset_ += static_cast<std::int64_t>(*octets);
  ready_.clear();
  taken_ = 0;
  writer_.write(std::string_view{buffer, *octets}, ready_);
  return {};
}

io::Result<std::size_t> SubmissionContents::read_some(std::span<char> into) {
  // Forms hold back a blank at most, so a piece of a body rarely writes nothing, and never twice.
  while (taken_ == ready_.size() && offset_ < body_.size()) {
    const io::Result<> filled = fill();
    if (!filled) return filled.error();
  }
  const std::size_t octets = std::min(into.size(), ready_.size() - taken_);
  std::copy_n(ready_.data() + taken_, octets, into.data());
  taken_ += octets;
  return octets;
}

Submission::Submission(SubmissionRules rules, Spool spool)
    : rules_{std::move(rules)}, body_{std::move(spool)} {}

bool Submission::push(std::string_view bytes) {
  // What is dropped has no size, and could go on for ever.
  read_ += static_cast<std::int64_t>(stray_.push(bytes, *this));
  if (rules_.max_size > 0 && read_ > rules_.max_size) refuse(too_large(rules_.max_size));
  return !over_;
}

void Submission::refuse(Refusal refusal) {
  if (!refusal_) refusal_ = std::move(refusal);
  over_ = true;
}

void Submission::lines(std::string_view whole) {
  put(whole);
  meter_.lines(whole);
}

void Submission::text(std::string_view piece) {
  if (!in_header_) return body_text(piece);
  line_.append(piece);
  if (header_.size() + line_.size() <= kMaxHeader) return;
  const bool continues = mail::is_blank(line_.front()) && !header_.empty();
  if (continues || is_field(line_)) {
    return refuse(
        Refusal{EX_DATAERR, "the header is longer than " + std::to_string(kMaxHeader) + " octets"});
  }
  begin_body(std::exchange(line_, {}), false);
}

void Submission::line_end(LineEnd how) {
  if (!in_header_) return body_line_end(how);
  if (how == LineEnd::stray_cr) return text("\r");
  header_line();
}

void Submission::header_line() {
  const std::string as_it_came = std::exchange(line_, {});
  if (rules_.dot_ends && as_it_came == ".") {
    if (!mbox_line_.empty()) begin_body("", false);
    over_ = true;
    return;
  }
  if (first_line_ && take_mbox_line(as_it_came)) return;
  first_line_ = false;
  if (as_it_came.empty()) {
    in_header_ = false;
    return;
  }

  std::string line = as_it_came;
  std::ranges::replace(line, '\r', ' ');
  const bool blank_in_front = mail::is_blank(line.front());
  if (blank_in_front && !header_.empty()) {
    // A line of blanks would be the header's end to some readers and not to others.
    if (mail::trimmed(line).empty()) return;
  } else if (blank_in_front || !is_field(line)) {
    return begin_body(as_it_came, true);
  }
  mbox_line_.clear();
  header_.append(line).append("\r\n");
}

bool Submission::take_mbox_line(const std::string& line) {
  if (!may_be_mbox_line(line)) return false;
  mbox_line_ = is_surely_mbox_line(line) ? "" : line;
  return true;
}

void Submission::begin_body(std::string_view first_line, bool ended) {
  in_header_ = false;
  // No header came behind it: it was the text's own.
  if (const std::string own = std::exchange(mbox_line_, {}); !own.empty()) lay_in_body(own, true);
  if (!first_line.empty()) lay_in_body(first_line, ended);
}

void Submission::lay_in_body(std::string_view first_line, bool ended) {
  // The line was read as a header's; its stray CRs are line ends here.
  while (!over_) {
    const std::size_t cr = first_line.find('\r');
    if (const std::string_view piece = first_line.substr(0, cr); !piece.empty()) body_text(piece);
    if (cr == std::string_view::npos) break;
    body_line_end(LineEnd::stray_cr);
    first_line.remove_prefix(cr + 1);
  }
  if (ended && !over_) body_line_end(LineEnd::proper);
}

void Submission::put(std::string_view bytes) {
  const io::Result<> done = body_.append(bytes);
  if (!done) return refuse(Refusal{EX_TEMPFAIL, io::to_string(done.error())});
  const std::int64_t size = body_.size() + static_cast<std::int64_t>(header_.size());
  if (rules_.max_size > 0 && size > rules_.max_size) {
    refuse(too_large(rules_.max_size));
  }
}

void Submission::body_text(std::string_view piece) {
  if (held_dot_) {
    held_dot_ = false;
    put(".");
    meter_.text(".");
  } else if (at_line_start_ && rules_.dot_ends && piece == ".") {
    held_dot_ = true;
    at_line_start_ = false;
    return;
  }
  at_line_start_ = false;
  put(piece);
  meter_.text(piece);
}

void Submission::body_line_end(LineEnd how) {
  if (held_dot_) {
    held_dot_ = false;
    if (how == LineEnd::proper) {
      at_line_start_ = true;
      over_ = true;
      return;
    }
    put(".");
    meter_.text(".");
  }
  put("\r\n");
  meter_.line_end();
  at_line_start_ = true;
}

Outcome<PreparedSubmission> Submission::finish() {
  if (!over_) stray_.finish(*this);
  if (!over_ && in_header_ && !line_.empty()) header_line();
  if (!over_ && in_header_ && !mbox_line_.empty()) begin_body("", false);
  const bool lone_dot_at_end = std::exchange(held_dot_, false);
  if (!refusal_ && !at_line_start_ && !lone_dot_at_end) body_line_end(LineEnd::proper);
  if (refusal_) return *refusal_;

  Outcome<FinishedHeader> header = finish_header(header_, meter_.nature(), rules_);
  if (!header) return header.error();
  const auto plain_size = static_cast<std::int64_t>(header->text.size()) + body_.size();
  SubmissionContents contents{std::move(header->text), std::move(body_), header->form};
  const io::Result<std::int64_t> size =
      header->form == BodyForm::as_is ? io::Result<std::int64_t>{plain_size} : counted(contents);
  if (!size) return Refusal{EX_TEMPFAIL, io::to_string(size.error())};
  if (rules_.max_size > 0 && *size > rules_.max_size) return too_large(rules_.max_size);

  header->envelope.size = *size;
  return PreparedSubmission{std::move(header->envelope), std::move(header->recipients),
                            std::move(header->message_id), std::move(header->subject),
                            std::move(contents)};
}

}  // namespace tenax::queue
