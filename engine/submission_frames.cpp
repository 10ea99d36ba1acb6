// SPDX-License-Identifier: Apache-2.0
#include "engine/submission_frames.h"

#include <algorithm>
#include <charconv>

#include "mail/enhanced_status.h"
#include "mail/reply.h"

namespace tenax::engine {

namespace {

constexpr std::size_t kHeadOctets = 5;
constexpr std::size_t kMaxAnswerOctets = 4096;
constexpr std::size_t kMaxCountDigits = 19;

std::optional<std::size_t> longest(char type) {
  switch (static_cast<FrameType>(type)) {
    case FrameType::hello: return 64;
    case FrameType::envelope: return kMaxEnvelopeOctets;
    case FrameType::data: return kMaxDataOctets;
    case FrameType::end: return kMaxCountDigits;
    case FrameType::kept: return 64;
    case FrameType::refused: return kMaxAnswerOctets;
  }
  return std::nullopt;
}

mail::ParseError wrong(std::string why) { return mail::ParseError{std::move(why)}; }

std::size_t length_at(std::string_view head) {
  std::size_t length = 0;
  for (std::size_t i = 1; i < kHeadOctets; ++i) {
    length = (length << 8) | static_cast<unsigned char>(head[i]);
  }
  return length;
}

}  // namespace

std::string frame_head(FrameType type, std::size_t length) {
  std::string head(kHeadOctets, static_cast<char>(type));
  for (std::size_t i = 1; i < kHeadOctets; ++i) {
    head[i] = static_cast<char>((length >> (8 * (kHeadOctets - 1 - i))) & 0xff);
  }
  return head;
}

std::string frame(FrameType type, std::string_view payload) {
  std::string bytes = frame_head(type, payload.size());
  bytes.append(payload);
  return bytes;
}

void FrameReader::feed(std::string_view bytes) {
  if (failed_) return;
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  // The room of a long envelope is not kept for the contents.
  if (buffer_.empty() && buffer_.capacity() > 4 * kMaxDataOctets) buffer_ = std::string{};
  buffer_.append(bytes);
}

mail::Parsed<std::optional<Frame>> FrameReader::next() {
  if (failed_) return wrong("the frames before were broken");
  const std::string_view rest = std::string_view{buffer_}.substr(consumed_);
  if (rest.empty()) return std::optional<Frame>{};

  const std::optional<std::size_t> limit = longest(rest.front());
  if (!limit) {
    failed_ = true;
    return wrong("unknown frame type \"" + mail::printable(rest.substr(0, 1)) + "\"");
  }
  if (rest.size() < kHeadOctets) return std::optional<Frame>{};
  const std::size_t length = length_at(rest);
  if (length > *limit) {
    failed_ = true;
    return wrong(std::string{"frame \""} + rest.front() + "\" of " + std::to_string(length) +
                 " octets, at most " + std::to_string(*limit) + " are allowed");
  }
  if (rest.size() - kHeadOctets < length) return std::optional<Frame>{};

  Frame found{static_cast<FrameType>(rest.front()), std::string{rest.substr(kHeadOctets, length)}};
  consumed_ += kHeadOctets + length;
  return std::optional<Frame>{std::move(found)};
}

std::string encode_answer(const SubmissionAnswer& answer) {
  if (answer.exit_code == 0) return frame(FrameType::kept, answer.queue_id);
  const std::string text = mail::printable(answer.text, kMaxAnswerOctets - 16);
  return frame(FrameType::refused, std::to_string(answer.exit_code) + " " + text);
}

mail::Parsed<SubmissionAnswer> decode_answer(const Frame& frame) {
  SubmissionAnswer answer;
  if (frame.type == FrameType::kept) {
    const mail::Parsed<mail::QueueId> id = mail::QueueId::parse(frame.payload);
    if (!id) return wrong("kept, but under no queue id");
    answer.queue_id = id->text();
    return answer;
  }
  if (frame.type != FrameType::refused) return wrong("not an answer");

  const char* const begin = frame.payload.data();
  const char* const end = begin + frame.payload.size();
  const auto [rest, problem] = std::from_chars(begin, end, answer.exit_code);
  // sysexits.h: EX__BASE to EX__MAX.
  if (problem != std::errc{} || answer.exit_code < 64 || answer.exit_code > 78) {
    return wrong("refused without an exit code");
  }
  const std::string_view text{rest, static_cast<std::size_t>(end - rest)};
  answer.text = mail::printable(text.substr(std::min<std::size_t>(1, text.size())));
  return answer;
}

}  // namespace tenax::engine
