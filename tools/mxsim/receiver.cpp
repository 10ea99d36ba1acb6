// SPDX-License-Identifier: Apache-2.0
#include "tools/mxsim/receiver.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string_view>

#include "mail/header.h"
#include "mail/reply.h"

#include "io/async.h"

namespace tenax::mxsim {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kQuiet = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kLongestLine =
    64 * 1024;                                // commands and text; a longer line ends the session
constexpr std::size_t kKeptHead = 64 * 1024;  // of each message, for its Message-ID
constexpr std::size_t kMostKept = 32UL * 1024 * 1024;  // of each message, for the mbox
constexpr auto kIdle = std::chrono::minutes{5};        // RFC 5321 4.5.3.2.7

mail::WallTime wall_now() {
  return std::chrono::time_point_cast<mail::Duration>(std::chrono::system_clock::now());
}

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : mail::printable(text)) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

bool begins(std::string_view line, std::string_view verb) {
  if (line.size() < verb.size()) return false;
  for (std::size_t i = 0; i < verb.size(); ++i) {
    if ((line[i] & ~0x20) != (verb[i] & ~0x20)) return false;
  }
  return true;
}

/// What stands between the first "<" and the matching ">".
std::optional<std::string> path_of(std::string_view line) {
  const auto open = line.find('<');
  const auto close = line.find('>', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  return std::string{line.substr(open + 1, close - open - 1)};
}

}  // namespace

struct Receiver::State {
  State(asio::io_context& io, Script rules, ReceiverOptions given)
      : context{io}, script{std::move(rules)}, options{std::move(given)} {
    if (options.log == "-") {
      log = stdout;
    } else if (!options.log.empty()) {
      log = std::fopen(options.log.c_str(), "ae");
    }
    if (!options.mbox.empty()) mbox = std::fopen(options.mbox.c_str(), "ae");
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (log != nullptr && log != stdout) std::fclose(log);
    if (mbox != nullptr) std::fclose(mbox);
  }

  void note(std::string_view fields) {
    if (log == nullptr) return;
    const double now = static_cast<double>(mail::to_millis(wall_now())) / 1000.0;
    std::fprintf(log, "{\"time\": %.3f, %.*s}\n", now, static_cast<int>(fields.size()),
                 fields.data());
    std::fflush(log);
    if (options.sync_log) ::fdatasync(::fileno(log));
  }

  asio::io_context& context;
  Script script;
  ReceiverOptions options;
  std::FILE* log = nullptr;
  std::FILE* mbox = nullptr;
  std::size_t sessions = 0;
  std::int64_t taken = 0;
};

namespace {

/// One client's visit. Lives in its coroutine.
template <class State>
class Visit {
 public:
  Visit(std::shared_ptr<State> house, tcp::socket socket)
      : house_{std::move(house)}, socket_{std::move(socket)}, watchdog_{socket_.get_executor()} {
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay{true},
                       ignored);  // several small replies to one flight of commands
    client_ = socket_.remote_endpoint(ignored).address().to_string();
    ++house_->sessions;
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() { --house_->sessions; }

  io::Async<void> run() {
    if (house_->sessions > house_->options.sessions) {
      co_await say("421 4.3.2 too many connections");
      co_return;
    }
    bool on = co_await answer(Step::connect, "220 " + house_->options.name + " ESMTP simulated");
    while (on) {
      const std::optional<std::string> line = co_await read_line();
      if (!line) co_return;
      on = co_await command(*line);
    }
  }

 private:
  /// False when the visit is over.
  io::Async<bool> command(const std::string& line) {
    if (begins(line, "EHLO")) {
      co_return co_await answer(
          Step::ehlo,
          "250-" + house_->options.name +
              "\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-SIZE " +
              std::to_string(house_->options.most_octets) + "\r\n250 ENHANCEDSTATUSCODES");
    }
    if (begins(line, "HELO")) co_return co_await answer(Step::ehlo, "250 " + house_->options.name);
    if (begins(line, "MAIL FROM:")) co_return co_await mail_from(line);
    if (begins(line, "RCPT TO:")) co_return co_await rcpt_to(line);
    if (begins(line, "DATA")) co_return co_await data();
    if (begins(line, "RSET")) {
      forget();
      co_return co_await answer(Step::rset, "250 2.0.0 forgotten");
    }
    if (begins(line, "NOOP")) co_return co_await say("250 2.0.0 fine");
    if (begins(line, "QUIT")) {
      co_await answer(Step::quit, "221 2.0.0 bye");
      co_return false;
    }
    co_return co_await say("500 5.5.2 what?");
  }

  io::Async<bool> mail_from(const std::string& line) {
    const std::optional<std::string> path = path_of(line);
    if (!path) co_return co_await say("501 5.5.4 MAIL FROM:<address>");
    forget();
    sender_ = *path;
    const bool on = co_await answer(Step::mail, "250 2.1.0 sender ok");
    in_transaction_ = last_positive_;
    co_return on;
  }

  io::Async<bool> rcpt_to(const std::string& line) {
    const std::optional<std::string> path = path_of(line);
    if (!path) co_return co_await say("501 5.5.4 RCPT TO:<address>");
    if (!in_transaction_) co_return co_await say("503 5.5.1 MAIL first");
    if (recipients_.size() >= house_->options.most_recipients)
      co_return co_await say("452 4.5.3 too many recipients");
    named_ = *path;
    const bool on = co_await answer(Step::rcpt, "250 2.1.5 recipient ok");
    if (last_positive_) recipients_.push_back(*path);
    co_return on;
  }

  io::Async<bool> data() {
    if (recipients_.empty()) co_return co_await say("554 5.5.1 no valid recipients");
    const bool go = co_await answer(Step::data, "354 go ahead");
    if (!go || !last_positive_) co_return go;
    const bool whole = co_await read_contents();
    if (!whole) co_return false;
    if (octets_ > house_->options.most_octets) co_return co_await say("552 5.3.4 too large");
    co_return co_await dot();
  }

  io::Async<bool> dot() {
    const Conduct conduct = decide(Step::dot);
    if (conduct.delay.count() > 0) co_await pause(conduct.delay);
    // A script that hangs up here is a server that took the message and died before saying so (RFC
    // 1047).
    if (!conduct.reply) keep(conduct.hangup || conduct.silence || conduct.garbage);
    const bool on =
        co_await carry_out(conduct, "250 2.0.0 taken as " + std::to_string(house_->taken));
    forget();
    co_return on;
  }

  io::Async<bool> read_contents() {
    octets_ = 0;
    hash_ = 14695981039346656037U;
    head_.clear();
    kept_.clear();
    for (;;) {
      std::optional<std::string> line = co_await read_line();
      if (!line) co_return false;
      if (*line == ".") co_return true;
      if (line->starts_with('.')) line->erase(0, 1);
      line->append("\r\n");
      octets_ += line->size();
      for (const char c : *line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
      if (head_.size() < kKeptHead) head_ += *line;
      if (house_->mbox != nullptr && kept_.size() < kMostKept) kept_ += *line;
    }
  }

  void keep(bool unsaid) {
    ++house_->taken;
    const mail::Header header = mail::Header::parse(head_);
    const mail::HeaderField* id = header.find("Message-ID");
    std::string to;
    for (const std::string& recipient : recipients_)
      to += (to.empty() ? "" : ", ") + in_quotes(recipient);
    char hash[32];
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(hash_));
    house_->note("\"event\": \"taken\", \"from\": " + in_quotes(sender_) + ", \"to\": [" + to +
                 "], \"octets\": " + std::to_string(octets_) + ", \"hash\": \"" + hash +
                 "\", \"message_id\": " + in_quotes(id != nullptr ? id->value : "") +
                 ", \"unsaid\": " + (unsaid ? "true" : "false"));
    if (house_->mbox == nullptr) return;
    const std::time_t now = std::time(nullptr);
    char when[64];
    std::tm parts{};
    std::strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", ::gmtime_r(&now, &parts));
    std::fprintf(house_->mbox, "From %s  %s\n", sender_.empty() ? "MAILER-DAEMON" : sender_.c_str(),
                 when);
    std::string_view rest = kept_;
    while (!rest.empty()) {
      const auto end = rest.find("\r\n");
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end + 2);
      // mboxrd: a "From " at the start of a line, however often quoted already, gets one more ">".
      const auto text = line.find_first_not_of('>');
      if (text != std::string_view::npos && line.substr(text).starts_with("From "))
        std::fputc('>', house_->mbox);
      std::fwrite(line.data(), 1, line.size(), house_->mbox);
      std::fputc('\n', house_->mbox);
    }
    std::fputc('\n', house_->mbox);
    std::fflush(house_->mbox);
  }

  Conduct decide(Step step) {
    Occasion occasion{
        .step = step, .client = client_, .sender = sender_, .recipients = recipients_};
    if (step == Step::rcpt) occasion.recipients = {named_};
    return house_->script.decide(occasion, wall_now());
  }

  io::Async<bool> answer(Step step, std::string good) {
    const Conduct conduct = decide(step);
    if (conduct.delay.count() > 0) co_await pause(conduct.delay);
    co_return co_await carry_out(conduct, std::move(good));
  }

  io::Async<bool> carry_out(Conduct conduct, std::string good) {
    last_positive_ = false;
    if (conduct.hangup) co_return false;
    if (conduct.silence) {
      co_await pause(std::chrono::hours{1});
      co_return false;
    }
    if (conduct.garbage)
      co_return co_await say(std::string{"\x01\xff\x1b[31mnot a reply\x00 at all", 25});
    const std::string reply = conduct.reply.value_or(std::move(good));
    last_positive_ = reply.front() == '2' || reply.front() == '3';
    if (!last_positive_) {
      house_->note("\"event\": \"refused\", \"from\": " + in_quotes(sender_) +
                   ", \"to\": " + in_quotes(named_) + ", \"reply\": " + in_quotes(reply));
    }
    const bool said = co_await say(reply);
    co_return said && !reply.starts_with("421");
  }

  io::Async<bool> say(std::string line) {
    line += "\r\n";
    const auto [problem, written] = co_await asio::async_write(socket_, asio::buffer(line), kQuiet);
    co_return !problem;
  }

  /// Waits, and ends early when the client leaves.
  io::Async<void> pause(mail::Duration length) {
    watchdog_.expires_after(length);
    const auto [problem] = co_await watchdog_.async_wait(kQuiet);
    (void)problem;
  }

  /// Without its line end; nullopt when the client left, was silent too long or sent a line without
  /// end.
  io::Async<std::optional<std::string>> read_line() {
    for (;;) {
      const auto end = buffer_.find('\n', scanned_);
      if (end != std::string::npos) {
        std::string line = buffer_.substr(start_, end - start_);
        start_ = scanned_ = end + 1;
        if (line.ends_with('\r')) line.pop_back();
        co_return line;
      }
      scanned_ = buffer_.size();
      if (buffer_.size() - start_ > kLongestLine) co_return std::nullopt;
      buffer_.erase(0, start_);
      scanned_ -= start_;
      start_ = 0;
      char chunk[16 * 1024];
      watchdog_.expires_after(kIdle);
      watchdog_.async_wait([this](const boost::system::error_code& problem) {
        if (!problem) socket_.cancel();
      });
      const auto [problem, got] = co_await socket_.async_read_some(asio::buffer(chunk), kQuiet);
      watchdog_.cancel();
      if (problem) co_return std::nullopt;
      buffer_.append(chunk, got);
    }
  }

  void forget() {
    in_transaction_ = false;
    sender_.clear();
    named_.clear();
    recipients_.clear();
  }

  std::shared_ptr<State> house_;
  tcp::socket socket_;
  asio::steady_timer watchdog_;
  std::string client_;
  std::string buffer_;
  std::size_t start_ = 0;
  std::size_t scanned_ = 0;
  bool in_transaction_ = false;
  bool last_positive_ = false;
  std::string sender_;
  std::string named_;
  std::vector<std::string> recipients_;
  std::size_t octets_ = 0;
  std::uint64_t hash_ = 0;
  std::string head_;
  std::string kept_;
};

template <class State>
io::Async<void> visit(std::shared_ptr<State> house, tcp::socket socket) {
  Visit<State> guest{std::move(house), std::move(socket)};
  co_await guest.run();
}

template <class State>
io::Async<void> welcome(std::shared_ptr<State> house, tcp::acceptor door) {
  for (;;) {
    auto [problem, socket] = co_await door.async_accept(kQuiet);
    if (problem == asio::error::operation_aborted) co_return;
    if (problem) continue;
    asio::co_spawn(house->context, visit(house, std::move(socket)), asio::detached);
  }
}

}  // namespace

Receiver::Receiver(asio::io_context& context, Script script, ReceiverOptions options)
    : state_{std::make_shared<State>(context, std::move(script), std::move(options))} {}

Receiver::~Receiver() = default;

std::uint16_t Receiver::listen(const tcp::endpoint& where) {
  tcp::acceptor door{state_->context};
  door.open(where.protocol());
  door.set_option(tcp::acceptor::reuse_address{true});
  door.bind(where);
  door.listen(1024);
  const std::uint16_t port = door.local_endpoint().port();
  asio::co_spawn(state_->context, welcome(state_, std::move(door)), asio::detached);
  return port;
}

}  // namespace tenax::mxsim
