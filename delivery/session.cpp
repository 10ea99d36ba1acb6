// SPDX-License-Identifier: Apache-2.0
#include "delivery/session.h"

#include <algorithm>
#include <utility>

#include "delivery/stage.h"
#include "delivery/tls_policy.h"

namespace tenax::delivery {

using mail::Stage;

namespace {

constexpr std::int64_t kSlowestLink = 1024;       // octets a second; who takes less is left in time
constexpr std::chrono::seconds kForLastWords{2};  // they were said before we noticed, as a rule

}  // namespace

io::Instant Patience::until(Stage stage) const {
  const std::chrono::duration<double> granted = info(stage).patience;
  const auto scaled = std::chrono::duration_cast<io::Span>(granted * scale);
  const io::Instant granted_until = clock.now() + scaled;
  return stage == Stage::dot ? granted_until : std::min(granted_until, end);
}

io::Async<io::Result<mail::Reply>> Session::exchange(Stage stage, std::string command) {
  command += "\r\n";
  const io::Result<> sent = co_await send(stage, command);
  if (!sent) co_return sent.error();
  io::Result<mail::Reply> reply = co_await receive(stage);
  co_return reply;
}

io::Async<io::Result<>> Session::send(Stage stage, std::string_view bytes) {
  const io::Instant deadline = patience_.until(stage);
  const io::Result<> written = co_await stream_->write(bytes, deadline);
  if (!written) spent = true;
  co_return written;
}

io::Async<io::Result<mail::Reply>> Session::receive(Stage stage) {
  const io::Instant deadline = patience_.until(stage);
  io::Result<mail::Reply> reply = co_await reader_.read(*stream_, deadline);
  // After 421 it closes whatever we say (RFC 5321 3.8).
  if (!reply || reply->code == 421) spent = true;
  co_return reply;
}

io::Async<io::Result<mail::Reply>> Session::last_words() {
  const io::Instant soon = patience_.clock.now() + kForLastWords;
  const io::Instant deadline = std::min(soon, patience_.end);
  io::Result<mail::Reply> reply = co_await reader_.read(*stream_, deadline);
  spent = true;
  co_return reply;
}

void Session::allow_for(std::int64_t octets) {
  const std::chrono::seconds needed{octets / kSlowestLink};
  patience_.end = std::max(patience_.end, patience_.clock.now() + needed);
}

io::Async<io::Result<>> Session::start_tls(io::TlsRequirement requirement) {
  const io::Instant deadline = patience_.until(Stage::starttls);
  const io::Result<> secured = co_await stream_->start_tls(std::move(requirement), deadline);
  if (!secured) {
    spent = true;
    co_return secured;
  }
  if (const auto facts = stream_->tls()) remote_.tls = in_words(*facts);
  capabilities = {};  // RFC 3207 4.2
  co_return secured;
}

io::Async<> Session::take_leave() {
  if (!spent) {
    patience_.end = io::Instant::max();
    std::string command = "QUIT";
    const io::Result<mail::Reply> ignored = co_await exchange(Stage::quit, std::move(command));
  }
  stream_->close();
}

}  // namespace tenax::delivery
