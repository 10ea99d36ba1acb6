// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the daemon does with a submission before it enters the queue: believes nothing, counts for
// itself, and writes down where the message came from. Pure: no wires, no disk, no clock.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/message.h"
#include "mail/parsed.h"
#include "mail/time.h"

#include "engine/submission_frames.h"

namespace tenax::engine {

/// The trace field for a message handed in on this machine, folded, with its CRLF (RFC 5321 4.4).
/// `user` is the account's name, "" if it has none.
[[nodiscard]] std::string received_field(std::string_view our_name, const mail::Submitter& from,
                                         std::string_view user, mail::QueueId id,
                                         mail::WallTime accepted);

/// What the contents are, as far as a transport or an observer asks.
struct ContentsFacts {
  std::int64_t size = 0;
  mail::BodyType body = mail::BodyType::seven_bit;  // of header and body together
  bool header_8bit = false;  // RFC 6532 is needed, or somebody wrote raw Latin-1 there
  int received_fields = 0;   // how often it has travelled (RFC 5321 6.3)
};

/// Holds contents to the form that everything behind the intake relies on: CRLF line ends only, no
/// NUL, no line over 998 octets (RFC 5322 2.1.1), the last line ended, a header section in front
/// that an empty line or the end closes. Constant memory. Concurrency: one user at a time.
class CanonicalCheck {
 public:
  /// False once the bytes seen are not canonical; why() says it.
  bool feed(std::string_view bytes);
  /// The end was reached: false if it may not stand here.
  bool finish();

  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const ContentsFacts& facts() const { return facts_; }

 private:
  bool take_plain(std::string_view text);
  bool end_line();
  bool end_header_line();
  bool refuse(std::string_view why);

  ContentsFacts facts_;
  std::string why_;
  std::string header_line_;  // so far; at most 998 octets
  std::int64_t line_ = 0;    // octets of this line so far
  std::int64_t number_ = 1;  // of this line
  bool carriage_return_ = false;
  bool in_header_ = true;
  bool any_field_ = false;
};

/// What a recipient takes in memory beside its text.
inline constexpr std::size_t kHeldOfRecipient = sizeof(mail::NewRecipient) + 64;

/// One submission on its way in, from a wire or a drop file: hello, envelope, contents, end, in
/// that order and nothing else, contents canonical and counted. Feed bytes, take steps until it
/// wants more. Concurrency: one user at a time.
class SubmissionReader {
 public:
  explicit SubmissionReader(std::int64_t max_size) : max_size_{max_size} {}

  enum class Step {
    wants_more,  // feed
    envelope,    // envelope() is there
    contents,    // contents() holds the next octets, valid until the next call
    complete,    // the end was reached and everything fits; nothing may follow
    refused,     // answer() says why; for good
  };
  void feed(std::string_view bytes) { frames_.feed(bytes); }
  [[nodiscard]] Step next();

  /// With size and body as counted, once the step is `complete`.
  [[nodiscard]] const SubmissionEnvelope& envelope() const { return envelope_; }
  [[nodiscard]] const std::string& contents() const { return contents_; }
  [[nodiscard]] const SubmissionAnswer& answer() const { return answer_; }
  /// About so many octets are kept of it in memory.
  [[nodiscard]] std::size_t held() const {
    return frames_.held() + envelope_octets_ + envelope_.recipients.size() * kHeldOfRecipient;
  }
  /// Between submissions nothing has begun: an end of the stream there is no loss.
  [[nodiscard]] bool begun() const { return place_ != Place::hello || !frames_.empty(); }

 private:
  enum class Place { hello, envelope, contents, complete, refused };
  Step take(Frame frame);
  Step take_contents(Frame frame);
  Step take_end(const Frame& frame);
  Step refuse(int exit_code, std::string text);

  FrameReader frames_;
  Place place_ = Place::hello;
  std::int64_t max_size_;
  SubmissionEnvelope envelope_;
  std::size_t envelope_octets_ = 0;  // as it was written
  std::string contents_;
  CanonicalCheck check_;
  SubmissionAnswer answer_;
};

}  // namespace tenax::engine
