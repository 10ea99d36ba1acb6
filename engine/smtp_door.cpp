// SPDX-License-Identifier: Apache-2.0
#include "engine/smtp_door.h"

#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "mail/printable.h"

#include "io/address_text.h"

#include "engine/allowance.h"
#include "engine/letting_in.h"
#include "engine/local_socket.h"
#include "engine/reception.h"
#include "engine/smtp_clients.h"
#include "engine/smtp_submission.h"

namespace tenax::engine {

namespace asio = io::asio;

namespace {

using Tcp = asio::ip::tcp;
using Socket = asio::generic::stream_protocol::socket;

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadAtOnce = 16 * 1024;  // each session has such a buffer
// Who passed their time is hung up on at the next look: for clients that speak, minutes too late
// would do as well.
constexpr io::Span kLook = std::chrono::seconds{5};
// Of a body, before it goes into a file: each session may have so much.
constexpr std::size_t kBodyInMemory = 64 * 1024;
constexpr std::size_t kTextOfRecipient = 64;  // about

/// Who speaks, and until when.
struct Session {
  explicit Session(Socket connected) : socket{std::move(connected)} {}

  Socket socket;  // at home on `strand`
  io::Executor strand;
  std::string address;  // "" through a named socket
  mail::Submitter submitter;
  std::atomic<io::Instant::rep> until{0};  // read by the sweeper
  std::atomic<bool> leaving{false};        // the door closes
  bool listening = false;                  // waits for the client; on `strand`
  bool quiet = false;                      // and between messages; on `strand`
};

/// Hangs up, and says why to whoever waits to hear something: in the middle of a reply of ours it
/// would be part of that. On the session's strand.
void dismiss(Session& session, const std::string& why) {
  boost::system::error_code unheard;
  if (session.listening) {
    session.socket.non_blocking(true, unheard);
    session.socket.write_some(asio::buffer("421 " + why + "\r\n"), unheard);
  }
  session.socket.close(unheard);
}

std::optional<Tcp::endpoint> tcp_endpoint(const std::string& text) {
  const mail::Parsed<ListenAddress> parsed = ListenAddress::parse(text);
  if (!parsed) return std::nullopt;
  boost::system::error_code wrong;
  const asio::ip::address address = asio::ip::make_address(parsed->host, wrong);
  if (wrong) return std::nullopt;
  return Tcp::endpoint{address, parsed->port};
}

/// About what it keeps in memory. Whose contents have begun is known to the dialogue and, twice, to
/// the message.
std::size_t held_by(const SmtpDialogue& dialogue, const std::optional<SmtpSubmission>& message) {
  const std::size_t each = kHeldOfRecipient + kTextOfRecipient;
  const std::size_t envelope = dialogue.envelope().recipients.size() * each;
  return message ? 3 * envelope + message->held() : envelope;
}

/// "" through a named socket.
std::string address_of(const Tcp::endpoint& peer) { return io::to_string(peer.address()); }
std::string address_of(const LocalProtocol::endpoint&) { return ""; }

/// Our own address of a connection: whoever comes from the same is on this machine.
std::string near_end(const Socket& socket) {
  boost::system::error_code failure;
  const auto end = socket.local_endpoint(failure);
  Tcp::endpoint ours;
  if (failure || end.size() > ours.capacity()) return {};
  std::memcpy(ours.data(), end.data(), end.size());
  ours.resize(end.size());
  return address_of(ours);
}

mail::Submitter submitter_at(int fd, const std::string& address) {
  mail::Submitter submitter;
  submitter.door = address.empty() ? "smtp" : "smtp from " + address;
  ucred peer{};
  socklen_t length = sizeof peer;
  if (address.empty() && ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0) {
    submitter.uid = peer.uid;
    submitter.pid = peer.pid;
  }
  return submitter;
}

}  // namespace

struct SmtpDoor::State : std::enable_shared_from_this<State> {
  State(SmtpDoorWorld of, Engine& whose, queue::Store& into, SmtpDoorOptions how)
      : world{std::move(of)},
        clock{world.clock},
        engine{whose},
        store{into},
        options{std::move(how)},
        allowance{options.memory},
        clients{options.sessions_of_client, options.messages_of_client} {}

  io::Result<std::string> listen(const std::string& where);
  void stop();
  void take_in(Socket socket, std::string address);
  [[nodiscard]] std::optional<std::string> objection(const std::string& address, bool from_here);
  void turn_away(Socket& socket, const std::string& address, const std::string& why);
  void forget(const std::shared_ptr<Session>& session);
  [[nodiscard]] SmtpTerms terms() const;

  // As let_in() wants them. A socket stays where it was made: on the session's own strand.
  [[nodiscard]] io::Executor next_home() const { return world.new_strand(); }
  template <class Accepted, class Endpoint>
  void receive(Accepted socket, const Endpoint& peer) {
    take_in(Socket{std::move(socket)}, address_of(peer));
  }
  template <class Accepted, class Endpoint>
  void receive_last(Accepted accepted, const Endpoint& peer) {
    Socket socket{std::move(accepted)};
    turn_away(socket, address_of(peer), "421 4.3.2 too many connections; try again later");
  }

  // At home.
  static io::Async<> sweep(std::shared_ptr<State> self);
  static io::Async<SmtpAnswer> keep(std::shared_ptr<State> self, std::shared_ptr<Session> session,
                                    ReadySubmission ready, std::string received_from,
                                    const SmtpDialogue& dialogue);
  // On the session's strand.
  static io::Async<> serve(std::shared_ptr<State> self, std::shared_ptr<Session> session,
                           SmtpTerms terms);

  SmtpDoorWorld world;
  io::Clock& clock;
  Engine& engine;
  queue::Store& store;
  SmtpDoorOptions options;
  Allowance allowance;
  std::vector<std::shared_ptr<Tcp::acceptor>> tcp;
  std::vector<std::shared_ptr<LocalProtocol::acceptor>> named;
  std::vector<std::string> paths;
  SpareDescriptor spare;
  std::set<std::shared_ptr<Session>> sessions;  // at most options.sessions
  SmtpClients clients;
  bool stopped = false;
};

SmtpTerms SmtpDoor::State::terms() const {
  const Plan& plan = engine.plan();
  return {plan.terms.our_name, plan.terms.our_domain, plan.max_message_size, plan.max_recipients};
}

io::Result<std::string> SmtpDoor::State::listen(const std::string& where) {
  if (where.starts_with('/')) {
    auto acceptor = std::make_shared<LocalProtocol::acceptor>(world.home);
    const io::Result<> listening = listen_at(*acceptor, where);
    if (!listening) return listening.error();
    paths.push_back(where);
    named.push_back(acceptor);
    asio::co_spawn(world.home, let_in(shared_from_this(), acceptor), [](std::exception_ptr) {});
    return where;
  }
  const std::optional<Tcp::endpoint> endpoint = tcp_endpoint(where);
  if (!endpoint) return io::error(io::Errc::protocol, where + " is no address to listen at");
  auto acceptor = std::make_shared<Tcp::acceptor>(world.home);
  boost::system::error_code failure;
  acceptor->open(endpoint->protocol(), failure);
  if (!failure) acceptor->set_option(Tcp::acceptor::reuse_address{true}, failure);
  // Each connection has it from its listener: a dialogue of short lines, none of which may linger.
  if (!failure) acceptor->set_option(Tcp::no_delay{true}, failure);
  if (!failure && endpoint->address().is_v6()) {
    acceptor->set_option(asio::ip::v6_only{true}, failure);
  }
  if (!failure) acceptor->bind(*endpoint, failure);
  if (!failure) acceptor->listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return io::error_from_errno(failure.value(), "listening at " + where);
  tcp.push_back(acceptor);
  asio::co_spawn(world.home, let_in(shared_from_this(), acceptor), [](std::exception_ptr) {});
  const Tcp::endpoint bound = acceptor->local_endpoint(failure);
  engine.listens_at(bound);
  return io::to_string(bound);
}

/// Why this client may not come in now; nullopt: it may.
std::optional<std::string> SmtpDoor::State::objection(const std::string& address, bool from_here) {
  if (!from_here && std::ranges::none_of(options.networks, [&](const Network& network) {
        return network.holds(address);
      })) {
    return "554 5.7.1 only local clients may submit mail here";
  }
  if (sessions.size() >= options.sessions) return "421 4.3.2 too many sessions; try again later";
  if (!clients.may_enter(address)) {
    return "421 4.7.0 too many sessions of yours; try again later";
  }
  return std::nullopt;
}

void SmtpDoor::State::turn_away(Socket& socket, const std::string& address,
                                const std::string& why) {
  const int code = why.starts_with('4') ? EX_TEMPFAIL : EX_NOPERM;
  engine.refuse({submitter_at(socket.native_handle(), address), code, why});
  // A new socket's buffer takes a line at once; whoever does not read it misses it.
  const std::string line = why + "\r\n";
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(line), ignored);
}

void SmtpDoor::State::take_in(Socket socket, std::string address) {
  const bool from_here = address.empty() || is_loopback(address) || address == near_end(socket);
  if (const std::optional<std::string> why = objection(address, from_here)) {
    return turn_away(socket, address, *why);
  }
  const io::Executor strand = socket.get_executor();
  auto session = std::make_shared<Session>(std::move(socket));
  session->strand = strand;
  session->submitter = submitter_at(session->socket.native_handle(), address);
  session->address = std::move(address);
  session->until = (clock.now() + options.idle).time_since_epoch().count();
  sessions.insert(session);
  clients.enter(session->address);
  asio::co_spawn(strand, serve(shared_from_this(), session, terms()),
                 [self = shared_from_this(), session](const std::exception_ptr& bug) {
                   asio::post(self->world.home, [self, session, bug] {
                     self->forget(session);
                     if (bug) std::rethrow_exception(bug);
                   });
                 });
}

void SmtpDoor::State::forget(const std::shared_ptr<Session>& session) {
  sessions.erase(session);
  clients.leave(session->address);
}

io::Async<> SmtpDoor::State::sweep(std::shared_ptr<State> self) {
  while (!self->stopped || !self->sessions.empty()) {
    const io::Instant later = self->clock.now() + kLook;
    const io::Result<> slept = co_await self->clock.sleep_until(later);
    if (!slept) co_return;
    const io::Instant::rep now = self->clock.now().time_since_epoch().count();
    for (const std::shared_ptr<Session>& session : self->sessions) {
      if (session->until > now) continue;
      // Until the strand comes to it the last octets may have come, and be on their way to the
      // disk: whoever then hears no answer sends them again.
      asio::post(session->strand, [session, now] {
        if (session->until <= now) dismiss(*session, "4.4.2 nothing came in time");
      });
    }
  }
}

void SmtpDoor::State::stop() {
  if (stopped) return;
  stopped = true;
  boost::system::error_code ignored;
  for (const auto& acceptor : tcp) acceptor->close(ignored);
  for (const auto& acceptor : named) acceptor->close(ignored);
  for (const std::string& path : paths) ::unlink(path.c_str());
  for (const std::shared_ptr<Session>& session : sessions) {
    session->leaving = true;
    // In the middle of something they are told with its reply; waiting, they hear it now.
    asio::post(session->strand, [session] {
      if (session->quiet) dismiss(*session, "4.3.2 closing down; try again later");
    });
  }
}

/// Into the queue: a success means that it is on the disk.
io::Async<SmtpAnswer> SmtpDoor::State::keep(std::shared_ptr<State> self,
                                            std::shared_ptr<Session> session, ReadySubmission ready,
                                            std::string received_from,
                                            const SmtpDialogue& dialogue) {
  if (!self->clients.spends_a_message(session->address, self->clock.now())) {
    const SubmissionAnswer answer{EX_TEMPFAIL, {}, "4.7.0 too many messages of yours in a minute"};
    self->engine.refuse({session->submitter, answer.exit_code, answer.text});
    co_return answer_to(answer);
  }
  mail::NewMessage message{.id = {},
                           .submission = std::nullopt,  // a client that repeats itself says no name
                           .envelope = ready.envelope.envelope,
                           .recipients = std::move(ready.envelope.recipients),
                           .origin = mail::Origin::submitted,
                           .submitter = session->submitter,
                           .accepted = self->engine.now(),
                           .message_id = std::move(ready.envelope.message_id),
                           .subject = std::move(ready.envelope.subject),
                           .held = false};
  message.id = self->store.new_id(message.accepted);
  std::unique_ptr<queue::IncomingContents> contents = self->store.new_contents();
  const std::string received =
      received_by_smtp(self->engine.plan().terms.our_name, dialogue, message.envelope.smtputf8,
                       received_from, message.id, message.accepted);
  io::Result<> appended = co_await contents->append(received);
  const auto piece = std::make_unique_for_overwrite<char[]>(kReadAtOnce);
  while (appended) {
    const io::Result<std::size_t> count = ready.contents.read_some({piece.get(), kReadAtOnce});
    if (!count) {
      appended = count.error();
      break;
    }
    if (*count == 0) break;
    const std::string_view bytes{piece.get(), *count};
    appended = co_await contents->append(bytes);
  }
  if (!appended) {
    const SubmissionAnswer answer = answer_to(appended.error());
    self->engine.refuse({session->submitter, answer.exit_code, answer.text});
    co_return answer_to(answer);
  }
  message.envelope.size = contents->size();
  const io::Result<queue::EnqueueResult> taken =
      co_await self->engine.accept(std::move(message), std::move(contents));
  if (taken) co_return answer_to(SubmissionAnswer{EX_OK, taken->id.text(), {}});
  const SubmissionAnswer answer = answer_to(taken.error());
  self->engine.refuse({session->submitter, answer.exit_code, answer.text});
  co_return answer_to(answer);
}

io::Async<> SmtpDoor::State::serve(std::shared_ptr<State> self, std::shared_ptr<Session> session,
                                   SmtpTerms terms) {
  SmtpSurroundings around{terms.our_name, terms.domain, terms.max_size, terms.max_recipients, {}};
  SmtpDialogue dialogue{std::move(terms)};
  std::optional<SmtpSubmission> message;
  Allowance::Share share{self->allowance};
  const auto room = std::make_unique_for_overwrite<char[]>(kReadAtOnce);
  io::Instant last = self->clock.now() + self->options.whole;
  for (;;) {
    const SmtpDialogue::Step step = dialogue.next();
    switch (step) {
      case SmtpDialogue::Step::begins:
        around.moment = this_moment(self->world.random);
        message.emplace(dialogue.envelope(), around, queue::Spool{kBodyInMemory});
        continue;
      case SmtpDialogue::Step::contents: message->push(dialogue.contents()); continue;
      case SmtpDialogue::Step::complete: {
        Outcome<ReadySubmission> ready = message->finish({});
        message.reset();
        SmtpAnswer answer;
        if (ready) {
          // Without a deadline: the disk may take its time, and the client is not to blame for it.
          session->until = io::Instant::max().time_since_epoch().count();
          auto keeping = keep(self, session, std::move(*ready), session->address, dialogue);
          const bool at_home = session->strand == self->world.home;
          auto kept =
              at_home ? std::move(keeping)
                      : asio::co_spawn(self->world.home, std::move(keeping), asio::use_awaitable);
          answer = co_await std::move(kept);
        } else {
          answer = answer_to(ready.error());
          const int exit_code = ready.error().exit_code;
          asio::post(self->world.home, [self, session, exit_code, why = answer.text] {
            self->engine.refuse({session->submitter, exit_code, why});
          });
        }
        if (answer.code < 300) last = self->clock.now() + self->options.whole;
        dialogue.answer(answer.code, answer.text);
        continue;
      }
      case SmtpDialogue::Step::wants_more:
      case SmtpDialogue::Step::ended: break;
    }
    const bool between = dialogue.between_messages();
    if (between) message.reset();  // begun by BDAT, forgotten by RSET
    if (step == SmtpDialogue::Step::wants_more && between && session->leaving) {
      dialogue.close("closing down; try again later");
    }
    if (!share.hold(held_by(dialogue, message)) && !dialogue.ended()) {
      const std::string why = "4.3.2 too much is being submitted at once; try again later";
      asio::post(self->world.home, [self, session, why] {
        self->engine.refuse({session->submitter, EX_TEMPFAIL, why});
      });
      dialogue.close(why.substr(6));
    }
    const io::Instant until = std::min<io::Instant>(self->clock.now() + self->options.idle, last);
    session->until = until.time_since_epoch().count();
    const std::string replies = dialogue.take_replies();
    // The last one waits for the end of the stream, and goes in one packet with it.
    const int more = dialogue.ended() ? MSG_MORE : 0;
    for (std::string_view rest = replies; !rest.empty();) {
      const auto [unsent, sent] =
          co_await session->socket.async_send(asio::buffer(rest), more, kResult);
      if (unsent) co_return;
      rest.remove_prefix(sent);
    }
    if (dialogue.ended()) break;
    session->quiet = between;
    session->listening = true;
    const auto [failure, count] =
        co_await session->socket.async_read_some(asio::buffer(room.get(), kReadAtOnce), kResult);
    session->quiet = session->listening = false;
    // Read just before we hung up: nobody is left to hear that it was kept.
    if (failure || !session->socket.is_open()) co_return;
    dialogue.feed({room.get(), count});
  }
  boost::system::error_code ignored;
  session->socket.shutdown(Socket::shutdown_send, ignored);
}

SmtpDoor::SmtpDoor(SmtpDoorWorld world, Engine& engine, queue::Store& store,
                   SmtpDoorOptions options)
    : state_{std::make_shared<State>(std::move(world), engine, store, std::move(options))} {
  asio::co_spawn(state_->world.home, State::sweep(state_), [](std::exception_ptr) {});
}

SmtpDoor::~SmtpDoor() { stop(); }
io::Result<std::string> SmtpDoor::listen(const std::string& where) { return state_->listen(where); }
void SmtpDoor::stop() { state_->stop(); }
std::size_t SmtpDoor::sessions() const { return state_->sessions.size(); }

}  // namespace tenax::engine
