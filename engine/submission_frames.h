// SPDX-License-Identifier: Apache-2.0
#pragma once
// A submission as bytes: what the submission program writes into the daemon's socket and, when
// nobody answers there, into a drop file. One format, one decoder, which trusts nothing. Documented
// in docs/submission-frames.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "mail/parsed.h"

namespace tenax::engine {

/// A message as it is handed over: the contents follow in data frames. Concurrency: value.
struct SubmissionEnvelope {
  mail::SubmissionId id;
  mail::Envelope envelope;  // size and body are claims here: the daemon counts (CanonicalCheck)
  std::vector<mail::NewRecipient> recipients;  // 1 to 100'000
  std::string message_id;
  std::string subject;
  mail::WallTime written;  // the submitter's clock; for people: a drop file is as old as the kernel
                           // says
};

/// Frames: one letter, a 32-bit big-endian length, that many bytes.
///   "H" hello: "tenax-submission 1"; first in every conversation and every drop file
///   "E" envelope: JSON, at most 16 MiB
///   "D" data: at most 64 KiB of canonical contents (CRLF lines, each <= 998 octets)
///   "." end: the count of content octets, decimal; a stream without it is incomplete
/// and from the daemon: "K" kept: the queue id; "X" refused: "75 4.3.1 text" (a sysexits code, a
/// status, words). "75 4.3.2 ..." says that the daemon takes nothing for now (it shuts down, its
/// intake is closed): the submitter then uses the drop folder; every other refusal is final.
enum class FrameType : char {
  hello = 'H',
  envelope = 'E',
  data = 'D',
  end = '.',
  kept = 'K',
  refused = 'X'
};

inline constexpr std::size_t kMaxEnvelopeOctets = 16 * 1024 * 1024;
inline constexpr std::size_t kMaxDataOctets = 64 * 1024;
inline constexpr std::size_t kMaxRecipients = 100'000;
inline constexpr std::string_view kHello = "tenax-submission 1";
inline constexpr std::string_view kNotNow = "4.3.2";  // RFC 3463: system not accepting messages

[[nodiscard]] std::string frame(FrameType type, std::string_view payload);
/// The five octets before a payload of `length` octets.
[[nodiscard]] std::string frame_head(FrameType type, std::size_t length);
[[nodiscard]] std::string encode_envelope(const SubmissionEnvelope& envelope);
/// Checks every field: addresses, counts, lengths, no controls anywhere.
[[nodiscard]] mail::Parsed<SubmissionEnvelope> decode_envelope(std::string_view json);

struct Frame {
  FrameType type = FrameType::hello;
  std::string payload;
};

/// Cuts a byte stream into frames. Feed bytes, take frames. Bounded by the largest frame that is
/// allowed for its type. Concurrency: one user at a time.
class FrameReader {
 public:
  /// Keeps `bytes` until next() has cut them up: call next() until it wants more before feeding
  /// again, so that never more than one frame and one feeding are held.
  void feed(std::string_view bytes);
  /// nullopt: needs more bytes. Fails for good on an unknown type or a frame that is too long.
  [[nodiscard]] mail::Parsed<std::optional<Frame>> next();
  /// Octets kept of a frame that has begun.
  [[nodiscard]] std::size_t held() const { return buffer_.size() - consumed_; }
  /// Nothing is left of a frame that has begun.
  [[nodiscard]] bool empty() const { return consumed_ == buffer_.size(); }

 private:
  std::string buffer_;
  std::size_t consumed_ = 0;
  bool failed_ = false;
};

/// What the daemon answers a submission with. `exit_code` is of sysexits.h, 0 when kept.
struct SubmissionAnswer {
  int exit_code = 0;
  std::string queue_id;
  std::string text;  // "4.3.1 the disk is full; try again later"
};
[[nodiscard]] std::string encode_answer(const SubmissionAnswer& answer);
[[nodiscard]] mail::Parsed<SubmissionAnswer> decode_answer(const Frame& frame);

}  // namespace tenax::engine
