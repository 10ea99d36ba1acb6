// SPDX-License-Identifier: Apache-2.0
#include "engine/control_door.h"

#include <grp.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <set>
#include <utility>

#include "engine/control_lines.h"
#include "engine/letting_in.h"
#include "engine/local_socket.h"

namespace tenax::engine {

namespace asio = io::asio;

namespace {

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostGroups = 65'536;  // the kernel's own bound (NGROUPS_MAX)
// No verb takes so long; a store that hangs must not keep its callers for ever.
constexpr std::chrono::minutes kMostWork{15};

io::Result<Peer> peer_of(int fd) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    return io::error_from_errno(errno, "peer of the control socket");
  }
  Peer peer{.uid = credentials.uid, .pid = credentials.pid, .groups = {credentials.gid}};
  // The kernel's answer instead of the user database's: it is what files would be judged by, and
  // no look-up can block us.
  std::vector<gid_t> groups(64);
  for (;;) {
    length = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) == 0) {
      groups.resize(length / sizeof(gid_t));
      peer.groups.insert(peer.groups.end(), groups.begin(), groups.end());
      return peer;
    }
    // Without the supplementary groups (an old kernel) the primary one has to do.
    if (errno != ERANGE || groups.size() >= kMostGroups) return peer;
    groups.resize(std::min(groups.size() * 2, kMostGroups));
  }
}

/// One connection; its socket closes when nobody needs it any more.
struct Caller {
  explicit Caller(LocalSocket connected) : socket{std::move(connected)} {}
  void hang_up() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  LocalSocket socket;
  mail::Submitter who;
  std::string by;
  std::string unread;  // received behind the line in work; less than kMaxRequestOctets
};

std::shared_ptr<LocalSocket> socket_of(const std::shared_ptr<Caller>& caller) {
  return {caller, &caller->socket};
}

ControlAnswer denied() {
  return refused(EX_NOPERM,
                 "denied: only root, the daemon's user and the operators' group (operators_group "
                 "in tenax.toml) may do this");
}

}  // namespace

struct ControlDoor::State : std::enable_shared_from_this<State> {
  State(io::Executor on, io::Clock& time, Controls& whose, ControlDoorOptions how)
      : executor{std::move(on)},
        clock{time},
        controls{whose},
        options{std::move(how)},
        acceptor{executor} {}

  void stop();

  static io::Async<> serve(std::shared_ptr<State> self, std::shared_ptr<Caller> caller);
  static io::Async<bool> serve_one(std::shared_ptr<State> self, std::shared_ptr<Caller> caller);
  io::Async<std::optional<std::string>> read_line(const std::shared_ptr<Caller>& caller);
  io::Async<bool> write_line(std::shared_ptr<Caller> caller, std::string line);
  void turn_away(LocalSocket& socket, const mail::Submitter& who, const ControlAnswer& answer);

  // As let_in() wants them. Nobody is needed more than an operator when there are no descriptors.
  [[nodiscard]] const io::Executor& next_home() const { return executor; }
  void receive(LocalSocket socket, const LocalProtocol::endpoint& peer);
  void receive_last(LocalSocket socket, const LocalProtocol::endpoint& peer) {
    receive(std::move(socket), peer);
  }

  io::Executor executor;
  io::Clock& clock;
  Controls& controls;
  ControlDoorOptions options;
  LocalProtocol::acceptor acceptor;
  SpareDescriptor spare;
  std::set<std::shared_ptr<Caller>> callers;  // at most options.callers
  bool stopped = false;
};

void ControlDoor::State::stop() {
  if (stopped) return;
  stopped = true;
  boost::system::error_code ignored;
  acceptor.close(ignored);
  ::unlink(options.path.c_str());
  for (const std::shared_ptr<Caller>& caller : callers) caller->hang_up();
}

void ControlDoor::State::receive(LocalSocket socket, const LocalProtocol::endpoint&) {
  const io::Result<Peer> peer = peer_of(socket.native_handle());
  mail::Submitter who{.uid = -1, .pid = 0, .door = "control"};
  if (peer) who = {.uid = peer->uid, .pid = peer->pid, .door = "control"};
  if (!peer || !may_operate(*peer, options.operators)) return turn_away(socket, who, denied());
  if (callers.size() >= options.callers) {
    return turn_away(socket, who, refused(EX_TEMPFAIL, "busy: too many operators at once"));
  }
  auto caller = std::make_shared<Caller>(std::move(socket));
  caller->who = std::move(who);
  caller->by = "uid " + std::to_string(peer->uid);
  callers.insert(caller);
  asio::co_spawn(executor, serve(shared_from_this(), caller),
                 [self = shared_from_this(), caller](const std::exception_ptr&) {
                   self->callers.erase(caller);
                   caller->hang_up();
                   self->spare.keep();
                 });
}

void ControlDoor::State::turn_away(LocalSocket& socket, const mail::Submitter& who,
                                   const ControlAnswer& answer) {
  controls.turned_away(who, answer);
  // A new socket's buffer takes a line at once; whoever does not read it misses it.
  const std::string line = encode_answer(answer) + "\n";
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(line), ignored);
}

io::Async<> ControlDoor::State::serve(std::shared_ptr<State> self, std::shared_ptr<Caller> caller) {
  for (std::size_t requests = 0; requests < self->options.requests_per_caller; ++requests) {
    const bool more = co_await serve_one(self, caller);
    if (!more || self->stopped) co_return;
  }
}

io::Async<bool> ControlDoor::State::serve_one(std::shared_ptr<State> self,
                                              std::shared_ptr<Caller> caller) {
  const std::optional<std::string> line = co_await self->read_line(caller);
  if (!line) co_return false;
  mail::Parsed<ControlRequest> request = decode_request(*line);
  if (!request) {
    // Nothing that follows can be trusted to begin where we think it does.
    const ControlAnswer answer = refused(EX_PROTOCOL, "not a request: " + request.error().why);
    self->controls.turned_away(caller->who, answer);
    std::string written = encode_answer(answer) + "\n";
    co_await self->write_line(caller, std::move(written));
    co_return false;
  }
  std::string by = caller->by;
  ControlAnswer answer;
  {
    const Patience patience{self->executor, self->clock, socket_of(caller),
                            self->clock.now() + kMostWork};
    answer = co_await carry_out(std::move(*request), std::move(by), self->controls);
  }
  std::string written = encode_answer(answer) + "\n";
  co_return co_await self->write_line(caller, std::move(written));
}

io::Async<std::optional<std::string>> ControlDoor::State::read_line(
    const std::shared_ptr<Caller>& caller) {
  const Patience patience{executor, clock, socket_of(caller), clock.now() + options.patience};
  std::string& unread = caller->unread;
  std::array<char, 4096> piece{};
  std::size_t searched = 0;
  for (;;) {
    const std::size_t end = unread.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = unread.substr(0, end);
      unread.erase(0, end + 1);
      co_return line;
    }
    searched = unread.size();
    if (unread.size() > kMaxRequestOctets) {
      const ControlAnswer answer = refused(EX_PROTOCOL, "the line is too long");
      controls.turned_away(caller->who, answer);
      std::string complaint = encode_answer(answer) + "\n";
      co_await write_line(caller, std::move(complaint));
      co_return std::nullopt;
    }
    const auto [failure, octets] =
        co_await caller->socket.async_read_some(asio::buffer(piece), kResult);
    if (failure) co_return std::nullopt;
    unread.append(piece.data(), octets);
  }
}

io::Async<bool> ControlDoor::State::write_line(std::shared_ptr<Caller> caller, std::string line) {
  const Patience patience{executor, clock, socket_of(caller), clock.now() + options.patience};
  const auto [failure, octets] =
      co_await asio::async_write(caller->socket, asio::buffer(line), kResult);
  co_return !failure;
}

bool may_operate(const Peer& peer, const Operators& operators) {
  if (peer.uid == 0 || peer.uid == operators.daemon) return true;
  if (!operators.group) return false;
  return std::find(peer.groups.begin(), peer.groups.end(), *operators.group) != peer.groups.end();
}

io::Result<Operators> operators_of(const std::string& group) {
  Operators operators{.daemon = ::geteuid(), .group = std::nullopt};
  if (group.empty()) return operators;
  struct ::group entry {};
  struct ::group* found = nullptr;
  std::vector<char> room(64 * 1024);  // a group with thousands of members still fits
  const int failure = ::getgrnam_r(group.c_str(), &entry, room.data(), room.size(), &found);
  if (failure != 0) return io::error_from_errno(failure, "group " + group);
  if (found == nullptr) return io::error(io::Errc::not_found, "group " + group);
  operators.group = entry.gr_gid;
  return operators;
}

ControlDoor::ControlDoor(std::shared_ptr<State> state) : state_{std::move(state)} {}
ControlDoor::~ControlDoor() { stop(); }
void ControlDoor::adopt(Operators operators) { state_->options.operators = operators; }
void ControlDoor::stop() { state_->stop(); }

io::Result<std::unique_ptr<ControlDoor>> ControlDoor::open(io::Executor executor, io::Clock& clock,
                                                           Controls& controls,
                                                           ControlDoorOptions options) {
  auto state = std::make_shared<State>(std::move(executor), clock, controls, std::move(options));
  const io::Result<> listening = listen_at(state->acceptor, state->options.path);
  if (!listening) return listening.error();
  const std::shared_ptr<LocalProtocol::acceptor> acceptor{state, &state->acceptor};
  asio::co_spawn(state->executor, let_in(state, acceptor), [](const std::exception_ptr&) {});
  return std::unique_ptr<ControlDoor>{new ControlDoor{std::move(state)}};
}

}  // namespace tenax::engine
