// SPDX-License-Identifier: Apache-2.0
#include "engine/local_socket.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>

namespace tenax::engine {

namespace asio = io::asio;

namespace {

io::Result<> clear_the_place(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return io::Result<>{};
  if (!S_ISSOCK(found.st_mode)) {
    return io::error(io::Errc::busy, path + " is there and is no socket");
  }
  // A daemon that lives answers; only a dead one's name may be taken.
  asio::io_context knocking;
  LocalSocket knock{knocking};
  boost::system::error_code answer;
  knock.open(LocalProtocol{}, answer);
  if (!answer) knock.non_blocking(true, answer);
  if (!answer) knock.connect(LocalProtocol::endpoint{path}, answer);
  if (!answer || answer == asio::error::would_block || answer == asio::error::try_again) {
    return io::error(io::Errc::busy, "another daemon listens on " + path);
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return io::error_from_errno(errno, path);
  return io::Result<>{};
}

}  // namespace

io::Result<> listen_at(LocalProtocol::acceptor& acceptor, const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return io::error(io::Errc::unfit, path + " is too long a name for a socket");
  }
  const io::Result<> place = clear_the_place(path);
  if (!place) return place.error();

  boost::system::error_code failure;
  acceptor.open(LocalProtocol{}, failure);
  if (!failure) acceptor.bind(LocalProtocol::endpoint{path}, failure);
  if (failure) return io::error_from_errno(failure.value(), path);
  // Everybody may knock: the kernel tells who it is, and the door says yes or no.
  if (::chmod(path.c_str(), 0666) != 0) return io::error_from_errno(errno, path);
  acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return io::error_from_errno(failure.value(), path);
  return io::Result<>{};
}

Patience::Patience(const io::Executor& executor, io::Clock& clock,
                   const std::shared_ptr<LocalSocket>& socket, io::Instant until)
    : end_{std::make_shared<asio::cancellation_signal>()} {
  const std::weak_ptr<LocalSocket> watched = socket;
  // The signal lives as long as the sleeper that listens to it.
  asio::co_spawn(
      executor, keep(clock, watched, until),
      asio::bind_cancellation_slot(end_->slot(), [end = end_](const std::exception_ptr&) {}));
}

Patience::~Patience() { end_->emit(asio::cancellation_type::terminal); }

io::Async<> Patience::keep(io::Clock& clock, std::weak_ptr<LocalSocket> watched,
                           io::Instant until) {
  const io::Result<> slept = co_await clock.sleep_until(until);
  if (!slept) co_return;
  if (const std::shared_ptr<LocalSocket> socket = watched.lock()) {
    boost::system::error_code ignored;
    socket->close(ignored);
  }
}

}  // namespace tenax::engine
