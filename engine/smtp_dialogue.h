// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's side of SMTP as a submitter speaks it (RFC 5321, 6409): octets in, replies out, and
// what is to be done in between. Pure: the daemon's door and `sendmail -bs` put their wires and
// their way into the queue around it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/domain.h"
#include "mail/message.h"

namespace tenax::engine {

/// What a dialogue is held to. Concurrency: value.
struct SmtpTerms {
  std::string our_name;       // in the greeting and the reply to EHLO
  mail::Domain domain;        // completes addresses without one
  std::int64_t max_size = 0;  // octets; 0: no limit
  std::int64_t max_recipients = 100'000;
  bool lone_lf = false;  // whoever ends the first line with LF alone ends all lines so
};

/// One transaction's envelope, as it was said.
struct SmtpEnvelope {
  mail::Envelope envelope;  // sender, ret, envid, smtputf8; the rest is not known yet
  std::vector<mail::NewRecipient> recipients;
};

/// Takes the transparent form off contents (RFC 5321 4.5.2). Only CR LF "." CR LF ends them,
/// whatever others think of a lone LF or CR. Of two dots behind a lone LF one goes, since whoever
/// ends lines so doubles dots so; a single one stays. Concurrency: one user at a time.
class DotReader {
 public:
  /// `lone_lf`: LF alone is as good as CR LF, also around the dot.
  explicit DotReader(bool lone_lf = false) : lone_lf_{lone_lf} {}

  /// Appends what was said to `out`. The octets consumed: fewer than given exactly when done().
  std::size_t feed(std::string_view bytes, std::string& out);
  [[nodiscard]] bool done() const { return at_ == At::end; }

 private:
  enum class At { line_start, dot, dot_cr, text, cr, behind_lf, dot_behind_lf, end };
  [[nodiscard]] At behind(char c) const;

  bool lone_lf_;
  At at_ = At::line_start;
};

/// Feed octets, take steps until it wants more, send replies() whenever it does. Bounded: a command
/// line is at most 4 KiB, contents pass through in the pieces they come in. Concurrency: one user
/// at a time.
class SmtpDialogue {
 public:
  explicit SmtpDialogue(SmtpTerms terms);

  enum class Step {
    wants_more,  // feed
    begins,      // contents follow; envelope() says whose
    contents,    // contents() holds the next octets, valid until the next call
    complete,    // all were given: answer()
    ended,       // send replies() and hang up
  };
  /// Keeps `bytes` until next() wants more: no feeding before that.
  void feed(std::string_view bytes) { input_.append(bytes); }
  [[nodiscard]] Step next();

  [[nodiscard]] const SmtpEnvelope& envelope() const { return transaction_; }
  [[nodiscard]] const std::string& contents() const { return contents_; }

  /// The reply to what is complete: "250", "2.0.0 queued as ...".
  void answer(int code, std::string_view text);

  /// We leave: 421, and ended from now on.
  void close(std::string_view why);

  /// No contents have begun, or they were answered or forgotten.
  [[nodiscard]] bool between_messages() const { return mode_ == Mode::command && !in_chunks_; }
  [[nodiscard]] bool ended() const { return mode_ == Mode::ended; }

  /// Takes what is to be sent. The greeting is in it from the start.
  [[nodiscard]] std::string take_replies();

  /// What EHLO or HELO said, printable; "" if nothing was.
  [[nodiscard]] const std::string& client() const { return client_; }
  [[nodiscard]] bool extended() const { return extended_; }

 private:
  enum class Mode { command, data, chunk, ended };

  void reply(int code, std::string_view text);
  void refuse(int code, std::string_view text);  // also counts
  std::optional<Step> line();
  std::optional<Step> command(std::string_view line);
  void ehlo(std::string_view name, bool extended);
  void mail_from(std::string_view rest);
  void rcpt_to(std::string_view rest);
  bool mail_parameter(std::string_view name, std::string_view value, SmtpEnvelope& into);
  bool rcpt_parameter(std::string_view name, std::string_view value, mail::NewRecipient& into);
  std::optional<Step> data();
  std::optional<Step> bdat(std::string_view rest);
  Step take_data();
  Step take_chunk();
  void reset();

  SmtpTerms terms_;
  std::string input_;
  std::size_t taken_ = 0;  // of it
  std::string replies_;
  std::string contents_;
  Mode mode_ = Mode::command;
  std::optional<bool> lone_lf_;  // a lone LF ends lines; known after the first one
  bool overlong_ = false;        // the line being read is thrown away
  int faults_ = 0;

  std::string client_;
  bool extended_ = false;
  bool in_transaction_ = false;
  bool in_chunks_ = false;  // BDAT has begun this message
  SmtpEnvelope transaction_;
  DotReader dots_;
  std::int64_t chunk_left_ = 0;
  std::int64_t chunk_size_ = 0;
  bool last_chunk_ = false;
  bool chunk_counts_ = true;  // false: refused, its octets are thrown away
};

}  // namespace tenax::engine
