// SPDX-License-Identifier: Apache-2.0
#include "engine/submission_door.h"

#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <utility>
#include <vector>

#include "engine/allowance.h"
#include "engine/letting_in.h"
#include "engine/local_socket.h"
#include "engine/reception.h"

namespace tenax::engine {

namespace asio = io::asio;

namespace {

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadAtOnce = 16 * 1024;
// A refused submitter may still be sending; its bytes are thrown away for so long, so that it can
// read why before the socket is gone.
constexpr std::chrono::seconds kFarewell{5};

mail::Submitter submitter_at(int fd) {
  mail::Submitter submitter;
  submitter.door = "socket";
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0) {
    submitter.uid = peer.uid;
    submitter.pid = peer.pid;
  }
  return submitter;
}

struct Session {
  std::shared_ptr<LocalSocket> socket;
  bool busy = false;  // with what was handed over; an answer may be owed
};

void hang_up(Session& session) {
  boost::system::error_code ignored;
  session.socket->close(ignored);
}

}  // namespace

struct SubmissionDoor::State : std::enable_shared_from_this<State> {
  State(io::Executor on, io::Clock& time, Engine& whose, queue::Store& into,
        SubmissionDoorOptions how)
      : home{std::move(on)},
        clock{time},
        engine{whose},
        store{into},
        options{std::move(how)},
        allowance{options.memory},
        acceptor{home} {}

  void stop();
  void turn_away(LocalSocket& socket);

  // As let_in() wants them.
  [[nodiscard]] const io::Executor& next_home() const { return home; }
  void receive(LocalSocket socket, const LocalProtocol::endpoint& peer);
  void receive_last(LocalSocket socket, const LocalProtocol::endpoint&) { turn_away(socket); }

  static io::Async<> serve(std::shared_ptr<State> self, std::shared_ptr<Session> session);
  static io::Async<std::optional<SubmissionAnswer>> listen_to(std::shared_ptr<State> self,
                                                              std::shared_ptr<Session> session);

  io::Executor home;
  io::Clock& clock;
  Engine& engine;
  queue::Store& store;
  SubmissionDoorOptions options;
  Allowance allowance;
  LocalProtocol::acceptor acceptor;
  SpareDescriptor spare;
  std::set<std::shared_ptr<Session>> sessions;  // at most options.sessions
  bool stopped = false;
};

void SubmissionDoor::State::stop() {
  if (stopped) return;
  stopped = true;
  boost::system::error_code ignored;
  acceptor.close(ignored);
  ::unlink(options.path.c_str());
  for (const std::shared_ptr<Session>& session : sessions) {
    if (!session->busy) hang_up(*session);
  }
}

void SubmissionDoor::State::receive(LocalSocket socket, const LocalProtocol::endpoint&) {
  if (sessions.size() >= options.sessions) return turn_away(socket);
  auto session = std::make_shared<Session>();
  session->socket = std::make_shared<LocalSocket>(std::move(socket));
  sessions.insert(session);
  asio::co_spawn(home, serve(shared_from_this(), session),
                 [self = shared_from_this(), session](const std::exception_ptr& bug) {
                   self->sessions.erase(session);
                   if (bug) std::rethrow_exception(bug);
                 });
}

void SubmissionDoor::State::turn_away(LocalSocket& socket) {
  SubmissionAnswer answer{EX_TEMPFAIL, {}, "4.3.2 too many submissions at once; try again later"};
  engine.refuse({submitter_at(socket.native_handle()), answer.exit_code, answer.text});
  // A new socket's buffer takes a line at once; whoever does not read it misses it.
  const std::string line = encode_answer(answer);
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(line), ignored);
}

io::Async<> SubmissionDoor::State::serve(std::shared_ptr<State> self,
                                         std::shared_ptr<Session> session) {
  const std::optional<SubmissionAnswer> answer = co_await listen_to(self, session);
  if (!answer) co_return;
  const std::string line = encode_answer(*answer);
  std::string_view rest = line;
  // As a rule there is room for it: no deadline need be set for what is done at once.
  boost::system::error_code later;
  rest.remove_prefix(session->socket->write_some(asio::buffer(rest), later));
  if (rest.empty() && answer->exit_code == EX_OK) co_return;
  const Patience patience{self->home, self->clock, session->socket, self->clock.now() + kFarewell};
  const auto [unwritten, written] =
      co_await asio::async_write(*session->socket, asio::buffer(rest), kResult);
  if (unwritten || answer->exit_code == EX_OK) co_return;
  boost::system::error_code ignored;
  session->socket->shutdown(LocalSocket::shutdown_send, ignored);
  std::vector<char> unwanted(kReadAtOnce);
  for (;;) {
    const auto [ended, octets] =
        co_await session->socket->async_read_some(asio::buffer(unwanted), kResult);
    if (ended) co_return;
  }
}

/// The answer, or nullopt when the submitter went away or fell silent: then nothing was promised.
io::Async<std::optional<SubmissionAnswer>> SubmissionDoor::State::listen_to(
    std::shared_ptr<State> self, std::shared_ptr<Session> session) {
  Reception reception{self->engine, self->store, submitter_at(session->socket->native_handle())};
  Allowance::Share share{self->allowance};
  const io::Instant last = self->clock.now() + self->options.whole;
  std::vector<char> room(kReadAtOnce);
  boost::system::error_code ignored;
  // Most submitters have said all by now: no deadline need be set for them.
  session->socket->non_blocking(true, ignored);
  for (;;) {
    boost::system::error_code nothing_yet;
    std::size_t octets = session->socket->read_some(asio::buffer(room), nothing_yet);
    if (nothing_yet) {
      const io::Instant until = std::min<io::Instant>(self->clock.now() + self->options.idle, last);
      const Patience patience{self->home, self->clock, session->socket, until};
      const auto [failure, count] =
          co_await session->socket->async_read_some(asio::buffer(room), kResult);
      if (failure) co_return std::nullopt;
      octets = count;
    }
    // Without a deadline: the disk may take its time, and the submitter is not to blame for it.
    session->busy = true;
    const std::string_view bytes{room.data(), octets};
    const std::optional<SubmissionAnswer> answer = co_await reception.take(bytes);
    if (answer) co_return answer;
    if (!share.hold(reception.held())) {
      co_return reception.refuse(
          {EX_TEMPFAIL, {}, "4.3.2 too much is being submitted at once; try again later"});
    }
    session->busy = false;
    if (self->stopped) co_return std::nullopt;
  }
}

SubmissionDoor::SubmissionDoor(std::shared_ptr<State> state) : state_{std::move(state)} {}
SubmissionDoor::~SubmissionDoor() { stop(); }
void SubmissionDoor::stop() { state_->stop(); }
std::size_t SubmissionDoor::sessions() const { return state_->sessions.size(); }

io::Result<std::unique_ptr<SubmissionDoor>> SubmissionDoor::open(io::Executor home,
                                                                 io::Clock& clock, Engine& engine,
                                                                 queue::Store& store,
                                                                 SubmissionDoorOptions options) {
  auto state = std::make_shared<State>(std::move(home), clock, engine, store, std::move(options));
  const io::Result<> listening = listen_at(state->acceptor, state->options.path);
  if (!listening) return listening.error();
  const std::shared_ptr<LocalProtocol::acceptor> acceptor{state, &state->acceptor};
  asio::co_spawn(state->home, let_in(state, acceptor), [](const std::exception_ptr&) {});
  return std::unique_ptr<SubmissionDoor>{new SubmissionDoor{std::move(state)}};
}

}  // namespace tenax::engine
