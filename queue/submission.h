// SPDX-License-Identifier: Apache-2.0
#pragma once
// A text as it comes from a program's pipe, made a message that may travel: the one place where
// submitted mail is normalised (RFC 6409 8), before anything is signed, stored or sent.
//
// What comes out is canonical: CRLF line ends only, no NUL, no line over 998 octets, a header
// section with Date, From and Message-ID and without Bcc. Normalising it again changes nothing.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"

#include "io/result.h"

#include "queue/body_form.h"
#include "queue/refusal.h"
#include "queue/spool.h"
#include "queue/stray_octets.h"
#include "queue/submission_header.h"

namespace tenax::queue {

/// The finished contents, to be read as often as needed. Concurrency: one user at a time.
class SubmissionContents {
 public:
  SubmissionContents(std::string head, Spool body, BodyForm form);

  /// From the first octet again.
  void rewind();
  /// Octets read, perhaps fewer than asked; 0 at the end only.
  io::Result<std::size_t> read_some(std::span<char> into);

 private:
  io::Result<> fill();

  std::string head_;
  Spool body_;
  BodyForm form_;
  BodyWriter writer_;
  std::int64_t offset_ = 0;  // in the body
  std::string ready_;        // written, not read yet
  std::size_t taken_ = 0;    // of it
};

struct PreparedSubmission {
  mail::Envelope envelope;
  std::vector<mail::NewRecipient> recipients;
  std::string message_id;
  std::string subject;
  SubmissionContents contents;
};

/// Takes the text as it comes, in pieces of any size; constant memory. Concurrency: one user at a
/// time.
///
/// mbox "From " lines in front go; one without a time of day may be the text's first, and goes when
/// a field, an empty line or another such line follows. The header section ends at the first empty
/// line or the first line that is no field, and may be missing. In it a stray CR becomes a blank,
/// so that it cannot smuggle a field in; in the body it becomes a line end. NULs go. What is read
/// is held to the limit on the size as what comes of it is.
class Submission final : private LineSink {
 public:
  static constexpr std::size_t kMaxHeader = 1024 * 1024;

  explicit Submission(SubmissionRules rules, Spool spool = Spool{});

  /// True: go on. False: the message is over, by a lone dot or because it is refused; finish()
  /// tells.
  bool push(std::string_view bytes);

  /// Octets of it in memory: the header, and of the body what its spool keeps there.
  [[nodiscard]] std::size_t held() const { return header_.size() + line_.size() + body_.held(); }

  /// The end of the text. Refused with EX_DATAERR (the header cannot be read or is too long, the
  /// message too large), EX_USAGE (no recipients), EX_TEMPFAIL (no room for it).
  Outcome<PreparedSubmission> finish();

 private:
  [[nodiscard]] bool takes_lines() const override {
    // A lone dot among them would have to be seen.
    return !in_header_ && at_line_start_ && !rules_.dot_ends;
  }
  void lines(std::string_view whole) override;
  void text(std::string_view piece) override;
  void line_end(LineEnd how) override;
  [[nodiscard]] bool over() const override { return over_; }

  void header_line();
  bool take_mbox_line(const std::string& line);
  void lay_in_body(std::string_view line, bool ended);
  void begin_body(std::string_view first_line, bool ended);
  void body_text(std::string_view piece);
  void body_line_end(LineEnd how);
  void put(std::string_view bytes);
  void refuse(Refusal refusal);

  SubmissionRules rules_;
  StrayOctets stray_;
  std::int64_t read_ = 0;  // octets, dropped ones among them
  std::string header_;     // finished fields, CRLF
  std::string line_;       // of the header, so far; a stray CR still in it
  bool in_header_ = true;
  std::string mbox_line_;   // perhaps: what follows tells
  bool first_line_ = true;  // but for mbox lines
  bool over_ = false;

  Spool body_;
  BodyMeter meter_;
  bool at_line_start_ = true;
  bool held_dot_ = false;  // a line that is a lone dot so far
  std::optional<Refusal> refusal_;
};

}  // namespace tenax::queue
