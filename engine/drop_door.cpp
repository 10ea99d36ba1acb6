// SPDX-License-Identifier: Apache-2.0
#include "engine/drop_door.h"

#include <sys/inotify.h>
#include <sysexits.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/config.h"
#include "engine/doorbell.h"
#include "engine/reception.h"

namespace tenax::engine {

namespace asio = io::asio;

namespace {

constexpr std::size_t kFilesPerScan = 500;
constexpr std::size_t kReadOfAFile = 64 * 1024;
// Files in a row that come to nothing: then it is not for their sake.
constexpr std::size_t kInVain = 3;
constexpr std::size_t kMostLater = 10'000;
constexpr io::Span kNextLook = std::chrono::minutes{1};
constexpr io::Span kTryAgain =
    std::chrono::seconds{5};  // after the disk, or whoever it was, said no
constexpr int kRests = 9;     // times the length of a look that found nothing
constexpr io::Span kLongestRest = std::chrono::seconds{20};
// Beside its contents a drop file holds an envelope and the frames' own octets.
constexpr std::int64_t kMostFraming = 32 * 1024 * 1024;

/// A message was accepted for its submitter, by what the configuration said then; since then it may
/// say less, and nobody is there any more to be refused. So no file is held to less than the
/// default.
std::int64_t largest_message(const Plan& plan) {
  if (plan.max_message_size <= 0) return 0;
  return std::max(plan.max_message_size, Config{}.max_message_size);
}

std::int64_t largest_file(std::int64_t message) {
  if (message <= 0) return std::numeric_limits<std::int64_t>::max();
  return message + message / 8 + kMostFraming;
}

bool try_again_later(const SubmissionAnswer& answer) { return answer.exit_code == EX_TEMPFAIL; }

}  // namespace

struct DropDoor::State {
  State(io::Executor on, io::Clock& time, Engine& whose, queue::Store& into, std::string where)
      : home{std::move(on)},
        clock{time},
        engine{whose},
        store{into},
        folder{std::move(where)},
        bell{home, time},
        kernel{home} {}

  /// What became of one file: taken in, put aside, or left for later with the reason.
  io::Async<io::Result<>> take(queue::DropEntry entry);
  io::Result<> set_aside(const queue::DropEntry& entry, const std::string& why);
  void tell_of_strange(std::int64_t count);
  io::Async<std::optional<SubmissionAnswer>> read(queue::DropFile file);
  io::Async<io::Result<std::size_t>> take_all(std::size_t most_in_vain);
  void ask_the_kernel();

  static io::Async<> hear(std::shared_ptr<State> self);
  static io::Async<> keep_watch(std::shared_ptr<State> self);

  io::Executor home;
  io::Clock& clock;
  Engine& engine;
  queue::Store& store;
  queue::DropFolder folder;
  Doorbell bell;
  asio::posix::stream_descriptor kernel;  // inotify; closed where there is none
  std::int64_t strange = 0;               // entries that were told of
  std::set<std::string> later;            // came to nothing: again when the others had their turn
  bool taking = false;
  bool stopped = false;
};

io::Async<std::optional<SubmissionAnswer>> DropDoor::State::read(queue::DropFile file) {
  mail::Submitter submitter;
  submitter.uid = file.uid;
  submitter.door = "drop";
  Reception reception{engine, store, std::move(submitter), largest_message(engine.plan()),
                      kMaxRecipients};
  reception.expect(file.id, file.since);
  std::vector<char> room(kReadOfAFile);
  for (;;) {
    const io::Result<std::size_t> octets = io::read_some(file.file.get(), room, "drop file");
    if (!octets) co_return answer_to(octets.error());
    if (*octets == 0) co_return std::nullopt;
    const std::string_view bytes{room.data(), *octets};
    const std::optional<SubmissionAnswer> answer = co_await reception.take(bytes);
    if (answer) co_return answer;
  }
}

/// Nobody waits for an answer: the log has to do.
io::Result<> DropDoor::State::set_aside(const queue::DropEntry& entry, const std::string& why) {
  engine.refuse({{.uid = entry.uid, .pid = -1, .door = "drop"}, EX_DATAERR, why});
  return folder.set_aside(entry.name, why);
}

void DropDoor::State::tell_of_strange(std::int64_t count) {
  if (count > strange) {
    engine.refuse(
        {{.uid = -1, .pid = -1, .door = "drop"},
         EX_DATAERR,
         std::to_string(count) + " entries of the drop folder are no drop files; they stay there"});
  }
  strange = count;
}

io::Async<io::Result<>> DropDoor::State::take(queue::DropEntry entry) {
  io::Result<queue::DropFile> file =
      folder.open(entry.name, largest_file(largest_message(engine.plan())));
  if (!file) {
    if (file.error().is(io::Errc::not_found)) co_return io::Result<>{};
    if (!file.error().is(io::Errc::corrupt) && !file.error().is(io::Errc::denied)) {
      co_return file.error();
    }
    co_return set_aside(entry, io::to_string(file.error()));
  }
  const std::optional<SubmissionAnswer> answer = co_await read(std::move(*file));
  if (!answer) co_return set_aside(entry, "the file ends before its message does");
  if (answer->exit_code == EX_OK) co_return folder.remove(entry.name);
  if (try_again_later(*answer)) co_return io::error(io::Errc::busy, answer->text);
  co_return folder.set_aside(entry.name, answer->text);  // refused, and told, on the way
}

/// Which files come to nothing is known again each time, but a large one that does not fit must not
/// keep the small ones behind it waiting, nor must one that cannot be put aside.
io::Async<io::Result<std::size_t>> DropDoor::State::take_all(std::size_t most_in_vain) {
  std::size_t taken = 0;
  if (taking) co_return taken;  // one at a time: whoever is at it sees the rest
  taking = true;
  std::optional<io::Error> left;
  std::size_t in_vain = 0;
  bool all_seen = false;
  while (!all_seen && in_vain < most_in_vain && !stopped) {
    const io::Result<queue::DropScan> scan = folder.scan(kFilesPerScan, later);
    if (!scan) {
      left = scan.error();
      break;
    }
    tell_of_strange(scan->strange);
    all_seen = !scan->more;
    for (const queue::DropEntry& entry : scan->entries) {
      queue::DropEntry next = entry;
      const io::Result<> done = co_await take(std::move(next));
      in_vain = done ? 0 : in_vain + 1;
      if (done) ++taken;
      if (!done) left = done.error();
      if (!done && later.size() < kMostLater) later.insert(entry.name);
      if (in_vain >= most_in_vain || stopped) break;
    }
    const io::Result<> gone = scan->entries.empty() ? io::Result<>{} : folder.sync();
    if (!gone) {
      left = gone.error();
      break;
    }
  }
  taking = false;
  if (all_seen && in_vain < most_in_vain) {
    if (!left && !later.empty()) left = io::error(io::Errc::busy, "drop files that wait for room");
    later.clear();
  }
  if (left) co_return *left;
  co_return taken;
}

void DropDoor::State::ask_the_kernel() {
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return;  // out of instances: the look once a minute has to do
  if (::inotify_add_watch(fd, folder.directory().c_str(), IN_MOVED_TO | IN_CREATE) < 0) {
    ::close(fd);
    return;
  }
  boost::system::error_code failure;
  kernel.assign(fd, failure);
}

io::Async<> DropDoor::State::hear(std::shared_ptr<State> self) {
  std::array<char, 4096> events{};  // what they say does not matter, only that there are some
  while (!self->stopped) {
    const auto [failure, octets] = co_await self->kernel.async_read_some(
        asio::buffer(events), asio::as_tuple(asio::use_awaitable));
    if (failure) co_return;
    self->bell.ring();
  }
}

io::Async<> DropDoor::State::keep_watch(std::shared_ptr<State> self) {
  while (!self->stopped) {
    // An error was told as a trouble or a refusal by whoever had it; here it means: later.
    const io::Instant began = self->clock.now();
    const io::Result<std::size_t> taken = co_await self->take_all(kInVain);
    if (self->stopped) co_return;
    const io::Instant ended = self->clock.now();
    const io::Instant again = ended + (taken ? kNextLook : kTryAgain);
    co_await self->bell.wait_until(again);
    if (!taken || *taken > 0) continue;
    // Whoever rings without end, beside a hundred thousand names that are no mail, gets a tenth of
    // us.
    const io::Span rest = std::min<io::Span>(kRests * (ended - began), kLongestRest);
    co_await self->clock.sleep_until(ended + rest);
  }
}

DropDoor::DropDoor(std::shared_ptr<State> state) : state_{std::move(state)} {}
DropDoor::~DropDoor() { stop(); }

io::Result<std::unique_ptr<DropDoor>> DropDoor::open(io::Executor home, io::Clock& clock,
                                                     Engine& engine, queue::Store& store,
                                                     std::string directory) {
  auto state = std::make_shared<State>(std::move(home), clock, engine, store, std::move(directory));
  const io::Result<> prepared = state->folder.prepare();
  if (!prepared) return prepared.error();
  // What cannot be cleared away now is in nobody's way.
  (void)state->folder.sweep(engine.now());
  return std::unique_ptr<DropDoor>{new DropDoor{std::move(state)}};
}

io::Async<io::Result<std::size_t>> DropDoor::take_all() { return state_->take_all(kInVain); }

io::Async<io::Result<std::size_t>> DropDoor::take_all_of_them() {
  return state_->take_all(kMostLater);  // one that fails more often would come again
}

void DropDoor::watch() {
  state_->ask_the_kernel();
  const auto bug_leaves = [](const std::exception_ptr& bug) {
    if (bug) std::rethrow_exception(bug);
  };
  if (state_->kernel.is_open()) asio::co_spawn(state_->home, State::hear(state_), bug_leaves);
  asio::co_spawn(state_->home, State::keep_watch(state_), bug_leaves);
}

void DropDoor::stop() {
  if (state_->stopped) return;
  state_->stopped = true;
  boost::system::error_code ignored;
  state_->kernel.close(ignored);
  state_->bell.ring();
}

}  // namespace tenax::engine
