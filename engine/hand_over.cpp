// SPDX-License-Identifier: Apache-2.0
#include "engine/hand_over.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "mail/reply.h"

#include "io/file.h"

#include "queue/drop_folder.h"

#include "engine/intake.h"

namespace tenax::engine {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kSaidAtOnce = 32 * 1024;
constexpr std::size_t kDataAtOnce = 16 * 1024;
using queue::Outcome;
using queue::Refusal;

/// "No answer, and here is why": the drop folder's turn. Not an io::Error, because to the submitter
/// it is none.
struct Silence {
  std::string why;
};

template <class T = void>
using Heard = boost::system::result<T, Silence>;

Silence from_errno(const std::string& what) {
  return {what + ": " + std::string{std::strerror(errno)}};  // NOLINT: one thread
}

/// The address of a socket whose path may be longer than a sockaddr_un holds: then by way of its
/// opened directory.
Heard<sockaddr_un> address_of(const std::string& path, io::Fd& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string name = path;
  if (path.size() >= sizeof address.sun_path) {
    const std::size_t slash = path.find_last_of('/');
    const std::string folder = path.substr(0, slash == std::string::npos ? 0 : slash);
    io::Result<io::Fd> opened = io::open_file(folder, O_PATH | O_DIRECTORY);
    if (!opened) return Silence{io::to_string(opened.error())};
    directory = std::move(*opened);
    name = "/proc/self/fd/" + std::to_string(directory.get()) + path.substr(slash);
    if (name.size() >= sizeof address.sun_path) return Silence{path + ": name too long"};
  }
  std::copy(name.begin(), name.end(), address.sun_path);
  return address;
}

/// One conversation with the daemon.
class Wire {
 public:
  Wire(std::string path, mail::Duration patience) : path_{std::move(path)}, patience_{patience} {}

  Heard<> open();
  /// Soon: what is short goes with what follows. As much as the daemon listens to: an answer that
  /// comes early ends the talk.
  Heard<> say(std::string_view bytes);
  [[nodiscard]] const std::optional<SubmissionAnswer>& answer() const { return answer_; }
  Heard<SubmissionAnswer> await_answer();

 private:
  Heard<bool> wait(short events, Steady::time_point deadline);
  Heard<> listen();
  Heard<> send_all();

  std::string path_;
  mail::Duration patience_;
  io::Fd socket_;
  std::string unsent_;
  FrameReader frames_;
  std::optional<SubmissionAnswer> answer_;
};

Heard<> Wire::open() {
  socket_ = io::Fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!socket_) return from_errno("socket");
  io::Fd directory;
  const Heard<sockaddr_un> address = address_of(path_, directory);
  if (!address) return address.error();

  // A full backlog makes connect(2) wait; this bounds how long.
  timeval patience{};
  patience.tv_sec = static_cast<time_t>(patience_.count() / 1000);
  patience.tv_usec = static_cast<suseconds_t>(patience_.count() % 1000 * 1000);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  int done = 0;
  do {
    done = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  } while (done != 0 && errno == EINTR);
  if (done != 0) return from_errno(path_);
  return {};
}

Heard<bool> Wire::wait(short events, Steady::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
    if (left <= 0) return Silence{path_ + ": no answer"};
    pollfd poll{socket_.get(), events, 0};
    const int ready = ::poll(&poll, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return from_errno(path_);
    if (ready > 0) return (poll.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  }
}

Heard<> Wire::listen() {
  char buffer[4096];
  const ssize_t octets = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (octets < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (octets < 0) return from_errno(path_);
  if (octets == 0) return Silence{path_ + ": closed without an answer"};

  frames_.feed({buffer, static_cast<std::size_t>(octets)});
  const mail::Parsed<std::optional<Frame>> frame = frames_.next();
  if (!frame) return Silence{path_ + ": " + frame.error().why};
  if (!*frame) return {};
  mail::Parsed<SubmissionAnswer> answer = decode_answer(**frame);
  if (!answer) return Silence{path_ + ": " + answer.error().why};
  answer_ = std::move(*answer);
  return {};
}

Heard<> Wire::say(std::string_view bytes) {
  unsent_ += bytes;
  return unsent_.size() < kSaidAtOnce ? Heard<>{} : send_all();
}

Heard<> Wire::send_all() {
  const std::string all = std::exchange(unsent_, {});
  std::string_view bytes = all;
  while (!bytes.empty() && !answer_) {
    const ssize_t octets =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (octets > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(octets));
      continue;
    }
    if (errno == EINTR) continue;
    const bool broken = errno != EAGAIN;
    if (!broken) {
      const Heard<bool> readable = wait(POLLIN | POLLOUT, Steady::now() + patience_);
      if (!readable) return readable.error();
      if (!*readable) continue;
    }
    // Whoever hangs up on us may have said why first.
    const Heard<> heard = listen();
    if (!heard) return heard;
    if (broken && !answer_) return Silence{path_ + ": the connection broke"};
  }
  return {};
}

Heard<SubmissionAnswer> Wire::await_answer() {
  const Heard<> said = send_all();
  if (!said) return said.error();
  const Steady::time_point deadline = Steady::now() + patience_;
  while (!answer_) {
    const Heard<bool> ready = wait(POLLIN, deadline);
    if (!ready) return ready.error();
    const Heard<> heard = listen();
    if (!heard) return heard.error();
  }
  return *answer_;
}

Refusal no_room(const io::Error& error) { return {EX_TEMPFAIL, io::to_string(error)}; }

/// Reads what is handed over as the daemon will. What it would refuse must not be promised: out of
/// the drop folder no refusal comes back to anybody.
class DaemonsEyes {
 public:
  /// What the daemon has against it, "" so far for nothing.
  std::string see(std::string_view bytes) {
    reader_.feed(bytes);
    while (true) {
      switch (reader_.next()) {
        case SubmissionReader::Step::envelope:
        case SubmissionReader::Step::contents: continue;
        case SubmissionReader::Step::refused: return reader_.answer().text;
        case SubmissionReader::Step::wants_more:
        case SubmissionReader::Step::complete: return "";
      }
    }
  }

 private:
  SubmissionReader reader_{0};
};

/// The frames of a submission, one after the other, into `say(bytes) -> bool` until it has enough.
/// Refused when the contents cannot be read, or are not what the daemon takes.
template <class Say>
Outcome<> write_frames(const std::string& envelope, queue::SubmissionContents& contents, Say say) {
  contents.rewind();
  DaemonsEyes eyes;
  std::string fault;
  // False: no more is wanted, or no more may be said.
  const auto show = [&](const std::string& bytes) {
    fault = eyes.see(bytes);
    return fault.empty() && say(bytes);
  };
  const auto outcome = [&]() -> Outcome<> {
    if (fault.empty()) return {};
    return Refusal{EX_SOFTWARE, "a bug of ours: the message came out unfit to queue: " + fault};
  };
  if (!show(frame(FrameType::hello, kHello)) || !show(frame(FrameType::envelope, envelope))) {
    return outcome();
  }
  const auto buffer = std::make_unique_for_overwrite<char[]>(kDataAtOnce);
  std::int64_t total = 0;
  while (true) {
    const io::Result<std::size_t> octets = contents.read_some({buffer.get(), kDataAtOnce});
    if (!octets) return no_room(octets.error());
    if (*octets == 0) break;
    total += static_cast<std::int64_t>(*octets);
    if (!show(frame(FrameType::data, {buffer.get(), *octets}))) {
      return outcome();
    }
  }
  show(frame(FrameType::end, std::to_string(total)));
  return outcome();
}

/// What the daemon says, if it says anything.
Outcome<Heard<SubmissionAnswer>> over_the_wire(const std::string& envelope,
                                               queue::SubmissionContents& contents,
                                               const HandOverDoors& doors) {
  Wire wire{doors.socket, doors.patience};
  Heard<> heard = wire.open();
  if (!heard) return Heard<SubmissionAnswer>{heard.error()};
  const Outcome<> said = write_frames(envelope, contents, [&](std::string_view bytes) {
    heard = wire.say(bytes);
    return heard && !wire.answer();
  });
  if (!said) return said.error();
  if (!heard) return Heard<SubmissionAnswer>{heard.error()};
  // Nobody can have kept what was not said to the end.
  if (wire.answer() && wire.answer()->exit_code == 0) {
    return Heard<SubmissionAnswer>{Silence{doors.socket + ": answered before the end"}};
  }
  return wire.await_answer();
}

/// The daemon is there but takes nothing from anybody: to the submitter that is as good as its
/// being away.
bool says_not_now(const SubmissionAnswer& answer) {
  return answer.exit_code == EX_TEMPFAIL && answer.text.starts_with(kNotNow);
}

Refusal drop_failed(const io::Error& error, const std::string& why_dropped) {
  std::string text = io::to_string(error);
  int exit_code = EX_TEMPFAIL;
  if (error.is(io::Errc::disk_full)) text += ": the disk is full";
  if (error.is(io::Errc::not_found)) text += ": is tenaxd set up?";
  if (error.is(io::Errc::denied) || error.is(io::Errc::unfit)) exit_code = EX_NOPERM;
  return {exit_code, mail::printable("tenaxd does not answer (" + why_dropped +
                                     ") and the drop folder fails: " + text)};
}

Outcome<HandedOver> into_drop_folder(const mail::SubmissionId& id, const std::string& envelope,
                                     queue::SubmissionContents& contents,
                                     const HandOverDoors& doors, const std::string& why) {
  io::Result<queue::DropWriter> file = queue::DropFolder{doors.drop_directory}.create(id);
  if (!file) return drop_failed(file.error(), why);

  io::Result<> written;
  bool interrupted = false;
  const Outcome<> said = write_frames(envelope, contents, [&](std::string_view bytes) {
    written = file->append(bytes);
    interrupted = doors.interrupted != nullptr && doors.interrupted();
    return written.has_value() && !interrupted;
  });
  if (!said) return said.error();
  if (interrupted) return Refusal{EX_TEMPFAIL, "interrupted; nothing was queued"};
  if (written) written = file->commit();
  if (!written) return drop_failed(written.error(), why);
  return HandedOver{"", why};
}

}  // namespace

Outcome<HandedOver> hand_over(const SubmissionEnvelope& envelope,
                              queue::SubmissionContents& contents, const HandOverDoors& doors) {
  const std::string encoded = encode_envelope(envelope);
  if (encoded.size() > kMaxEnvelopeOctets) {
    return Refusal{EX_DATAERR, "too many recipients for one submission"};
  }
  const Outcome<Heard<SubmissionAnswer>> asked = over_the_wire(encoded, contents, doors);
  if (!asked) return asked.error();
  const Heard<SubmissionAnswer>& answer = *asked;
  if (!answer) {
    return into_drop_folder(envelope.id, encoded, contents, doors, answer.error().why);
  }
  if (answer->exit_code == 0) return HandedOver{answer->queue_id, ""};
  if (says_not_now(*answer)) {
    return into_drop_folder(envelope.id, encoded, contents, doors, answer->text);
  }
  return Refusal{answer->exit_code, answer->text};
}

}  // namespace tenax::engine
