// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_mx_session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "mail/ascii.h"

namespace tenax::testing {

using mail::Stage;

namespace {

constexpr std::size_t kInbox = 256 * 1024;

std::string between_angles(std::string_view line) {
  const auto open = line.find('<');
  const auto close = line.find('>', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return {};
  return std::string{line.substr(open + 1, close - open - 1)};
}

std::int64_t stated_size(std::string_view line) {
  const std::string all = mail::to_upper(line);
  const auto at = all.find(" SIZE=");
  std::int64_t size = 0;
  if (at != std::string::npos) {
    std::from_chars(all.data() + at + 6, all.data() + all.size(), size);
  }
  return size;
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const auto byte = at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
      group = group << 8 | byte;
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const bool padding = at + i > text.size();
      out += padding ? '=' : kBase64[group >> (18 - 6 * i) & 63U];
    }
  }
  return out;
}

std::string from_base64(std::string_view text) {
  std::string out;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) break;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xFFU);
  }
  return out;
}

/// The first words of a SCRAM server to those of a client (RFC 5802 5).
std::string scram_challenge(std::string_view client_first) {
  const std::string said = from_base64(client_first);
  const std::size_t nonce = std::min(said.find("r="), said.size());
  return base64(said.substr(nonce) + "server,s=c2FsdHNhbHQ=,i=4096");
}

bool is_positive(std::string_view reply) {
  return reply.starts_with('2') || reply.starts_with('3');
}

}  // namespace

MxSession::MxSession(FakeMx& mx, std::unique_ptr<FakeStream> stream)
    : mx_{mx}, open_{mx.open_}, stream_{std::move(stream)}, number_{++mx.sessions_} {
  mx_.most_open_ = std::max(mx_.most_open_, ++*open_);
}

MxSession::~MxSession() { --*open_; }

io::Async<> MxSession::run() {
  bool goes_on = co_await greet();
  while (goes_on) {
    std::optional<std::string> said = co_await line();
    if (!said) break;
    mx_.heard_.push_back(*said);
    if (mx_.heard_.size() > 10'000) mx_.heard_.pop_front();
    if (mx_.manners.breaks_under_pipelining && said->starts_with("MAIL") && read_ < inbox_.size()) {
      break;
    }
    goes_on = co_await obey(std::move(*said));
  }
  stream_->close();
}

io::Async<bool> MxSession::greet() {
  const MxManners& manners = mx_.manners;
  if (manners.tls_at_once) {
    const io::Instant deadline = mx_.clock_.now() + manners.idle;
    const io::Result<> secured =
        co_await stream_->accept_tls(manners.certificate, manners.tls_works, deadline);
    if (!secured) co_return false;
  }
  std::string reply = "220 " + manners.name + " ESMTP";
  const bool full = manners.most_sessions > 0 && *open_ > manners.most_sessions;
  if (full) reply = "421 4.7.0 " + manners.name + " too many connections";
  const Spoken spoken = co_await answer(Stage::greeting, "", std::move(reply));
  co_return spoken.goes_on && !full;
}

io::Async<bool> MxSession::obey(std::string line) {
  const std::string command = mail::to_upper(line);
  bool goes_on = false;
  if (command.starts_with("EHLO ")) {
    goes_on = co_await hello(std::move(line), true);
  } else if (command.starts_with("HELO ")) {
    goes_on = co_await hello(std::move(line), false);
  } else if (command == "STARTTLS") {
    goes_on = co_await start_tls(std::move(line));
  } else if (command.starts_with("AUTH ")) {
    goes_on = co_await authenticate(std::move(line));
  } else if (command.starts_with("MAIL FROM:")) {
    goes_on = co_await mail_from(std::move(line));
  } else if (command.starts_with("RCPT TO:")) {
    goes_on = co_await rcpt_to(std::move(line));
  } else if (command == "DATA") {
    goes_on = co_await data(std::move(line));
  } else if (command == "RSET") {
    forget_transaction();
    goes_on = co_await say("250 2.0.0 forgotten\r\n");
  } else if (command == "QUIT") {
    co_await answer(Stage::quit, std::move(line), "221 2.0.0 bye");
  } else {
    goes_on = co_await say("500 5.5.1 what?\r\n");
  }
  co_return goes_on;
}

io::Async<bool> MxSession::hello(std::string line, bool extended) {
  const MxManners& manners = mx_.manners;
  const std::string name = line.substr(5);
  std::string reply = "250 " + manners.name;
  if (extended && !manners.knows_ehlo) {
    reply = "502 5.5.1 not here";
  } else if (extended) {
    std::vector<std::string> lines{manners.name};
    if (manners.pipelining) lines.emplace_back("PIPELINING");
    if (manners.eight_bit) lines.emplace_back("8BITMIME");
    if (manners.smtputf8) lines.emplace_back("SMTPUTF8");
    if (manners.dsn) lines.emplace_back("DSN");
    if (manners.enhanced) lines.emplace_back("ENHANCEDSTATUSCODES");
    if (manners.size) lines.push_back("SIZE " + std::to_string(*manners.size));
    if (manners.starttls && !stream_->tls()) lines.emplace_back("STARTTLS");
    if (!manners.auth.empty()) lines.push_back("AUTH " + manners.auth);
    lines.insert(lines.end(), manners.more_ehlo.begin(), manners.more_ehlo.end());
    reply.clear();
    for (std::size_t at = 0; at < lines.size(); ++at) {
      const bool last = at + 1 == lines.size();
      reply += (last ? "250 " : "250-") + lines[at] + (last ? "" : "\r\n");
    }
  }
  const Spoken spoken = co_await answer(Stage::ehlo, std::move(line), std::move(reply));
  if (spoken.positive) client_ = name;
  forget_transaction();
  co_return spoken.goes_on;
}

io::Async<bool> MxSession::start_tls(std::string line) {
  const MxManners& manners = mx_.manners;
  const bool offered = manners.starttls && !stream_->tls();
  const Spoken spoken = co_await answer(Stage::starttls, std::move(line),
                                        offered ? "220 2.0.0 go" : "502 5.5.1 not here");
  if (!spoken.goes_on || !spoken.positive) co_return spoken.goes_on;
  const io::Instant deadline = mx_.clock_.now() + manners.idle;
  const io::Result<> secured =
      co_await stream_->accept_tls(manners.certificate, manners.tls_works, deadline);
  inbox_.erase(read_);  // what came in clear counts for nothing (RFC 3207 4.2)
  client_.clear();
  co_return secured.has_value() && !manners.deaf_in_tls;
}

io::Async<bool> MxSession::authenticate(std::string line) {
  const MxManners& manners = mx_.manners;
  const std::string proof =
      base64(std::string(1, '\0') + manners.user + std::string(1, '\0') + manners.password);
  bool right = false;
  if (mail::to_upper(line).starts_with("AUTH PLAIN")) {
    std::string given = line.size() > 11 ? line.substr(11) : "";
    if (given.empty()) {
      const bool asked = co_await say("334 \r\n");
      if (!asked) co_return false;
      const std::optional<std::string> next = co_await this->line();
      if (!next) co_return false;
      given = *next;
    }
    right = given == proof;
  } else if (manners.scram_begins && mail::to_upper(line).starts_with("AUTH SCRAM")) {
    const std::string first = line.substr(line.rfind(' ') + 1);
    const bool asked = co_await say("334 " + scram_challenge(first) + "\r\n");
    if (!asked) co_return false;
    const std::optional<std::string> next = co_await this->line();
    if (!next) co_return false;
    mx_.heard_.push_back(*next);
  } else if (mail::to_upper(line) == "AUTH LOGIN") {
    const bool asked_user = co_await say("334 " + base64("Username:") + "\r\n");
    if (!asked_user) co_return false;
    const std::optional<std::string> user = co_await this->line();
    const bool asked_password = co_await say("334 " + base64("Password:") + "\r\n");
    if (!asked_password) co_return false;
    const std::optional<std::string> password = co_await this->line();
    if (!user || !password) co_return false;
    right = *user == base64(manners.user) && *password == base64(manners.password);
  }
  const Spoken spoken = co_await answer(
      Stage::auth, std::move(line), right ? "235 2.7.0 welcome" : "535 5.7.8 wrong credentials");
  authenticated_ = spoken.positive;
  co_return spoken.goes_on;
}

std::string MxSession::mail_reply(std::string_view line) const {
  const MxManners& manners = mx_.manners;
  if (manners.tls_required && !stream_->tls()) return "530 5.7.0 STARTTLS first";
  if (manners.auth_required && !authenticated_) return "530 5.7.0 authentication required";
  if (client_.empty()) return "503 5.5.1 who are you?";
  if (in_transaction_) return "503 5.5.1 one at a time";
  if (manners.messages_per_session > 0 && messages_ >= manners.messages_per_session) {
    return manners.enough;
  }
  if (manners.size && *manners.size > 0 && stated_size(line) > *manners.size) {
    return "552 5.3.4 too large";
  }
  return "250 2.1.0 ok";
}

io::Async<bool> MxSession::mail_from(std::string line) {
  std::string reply = mail_reply(line);
  if (is_positive(reply) && mx_.rate_limited()) reply = "451 4.7.1 rate limit, come back later";
  const Spoken spoken = co_await answer(Stage::mail, line, std::move(reply));
  if (spoken.positive) {
    forget_transaction();
    in_transaction_ = true;
    mail_.sender = between_angles(line);
    mail_.mail_command = std::move(line);
  }
  co_return spoken.goes_on;
}

std::string MxSession::rcpt_reply(const std::string& recipient) {
  const MxManners& manners = mx_.manners;
  if (!in_transaction_) return "503 5.5.1 MAIL first";
  if (manners.most_recipients > 0 &&
      mail_.recipients.size() >= static_cast<std::size_t>(manners.most_recipients)) {
    return "452 4.5.3 too many recipients";
  }
  if (manners.unknown.contains(recipient)) return "550 5.1.1 no such user";
  if (manners.temporarily_failing.contains(recipient)) return "450 4.2.1 mailbox busy";
  if (mx_.greylisted(mail_.sender, recipient)) return "450 4.7.1 greylisted, try again later";
  return "250 2.1.5 ok";
}

io::Async<bool> MxSession::rcpt_to(std::string line) {
  const std::string recipient = between_angles(line);
  std::string reply = rcpt_reply(recipient);
  const Spoken spoken = co_await answer(Stage::rcpt, line, std::move(reply));
  if (spoken.positive && in_transaction_) {
    mail_.recipients.push_back(recipient);
    mail_.rcpt_commands.push_back(std::move(line));
  }
  co_return spoken.goes_on;
}

io::Async<bool> MxSession::data(std::string line) {
  const bool ready = in_transaction_ && !mail_.recipients.empty();
  const Spoken spoken = co_await answer(Stage::data, std::move(line),
                                        ready ? "354 go ahead" : "503 5.5.1 no valid recipients");
  if (!spoken.goes_on || !spoken.positive) co_return spoken.goes_on;
  in_contents_ = true;
  const bool whole = co_await contents();
  in_contents_ = false;
  if (!whole) co_return false;
  const bool goes_on = co_await dot();
  co_return goes_on;
}

io::Async<bool> MxSession::contents() {
  octets_ = 0;
  bool first = true;
  for (;;) {
    const std::optional<std::string> next = co_await line();
    if (!next) co_return false;
    if (std::exchange(first, false)) {
      if (const std::optional<MxRule> rule = mx_.rule_for(Stage::body, *next)) {
        const bool goes_on = co_await interrupt(*rule);
        if (!goes_on) co_return false;
      }
    }
    if (*next == ".") co_return true;
    const std::string_view text{*next};
    const std::string_view plain = text.starts_with('.') ? text.substr(1) : text;
    octets_ += plain.size() + 2;
    if (mail_.contents.size() < mx_.manners.keep_contents) {
      mail_.contents += plain;
      mail_.contents += "\r\n";
    }
  }
}

/// What the rule has it do in the middle of the contents. False: it goes.
io::Async<bool> MxSession::interrupt(MxRule rule) {
  using Act = MxRule::Act;
  if (rule.act_ == Act::stalls) co_await stall();
  if (rule.act_ == Act::floods) co_await flood(rule.bytes_);
  if (rule.act_ == Act::resets) stream_->reset();
  if (rule.act_ != Act::says && rule.act_ != Act::says_and_hangs_up) co_return false;
  std::string reply = rule.bytes_ + "\r\n";
  const bool said = co_await say(std::move(reply));
  co_return said&& rule.act_ == Act::says;
}

io::Async<bool> MxSession::dot() {
  using Act = MxRule::Act;
  std::optional<MxRule> rule = mx_.rule_for(Stage::dot, mail_.mail_command);
  const Act act = rule ? rule->act_ : Act::answers;
  if (act == Act::takes_it_and_hangs_up || act == Act::takes_it_and_stalls) {
    take(false);
    if (act == Act::takes_it_and_stalls) co_await stall();
    co_return false;
  }
  std::string reply = "250 2.0.0 taken";
  if (mail_.recipients.empty()) reply = "554 5.5.1 no valid recipients";
  const Spoken spoken = co_await answer_as(std::move(rule), std::move(reply));
  if (spoken.positive && !mail_.recipients.empty()) take(true);
  forget_transaction();
  co_return spoken.goes_on;
}

void MxSession::take(bool answered) {
  mail_.client = client_;
  mail_.tls = stream_->tls().has_value();
  mail_.answered = answered;
  mail_.session = number_;
  mail_.when = mx_.clock_.wall();
  ++messages_;
  if (mx_.manners.per_hour > 0) mx_.this_hour_.push_back(mx_.clock_.now());
  mx_.taken_.push_back(std::exchange(mail_, {}));
  if (mx_.on_taken) mx_.on_taken(mx_.taken_.back());
}

void MxSession::forget_transaction() {
  in_transaction_ = false;
  mail_ = {};
}

io::Async<MxSession::Spoken> MxSession::answer(Stage stage, std::string command,
                                               std::string reply) {
  std::optional<MxRule> rule = mx_.rule_for(stage, command);
  const Spoken spoken = co_await answer_as(std::move(rule), std::move(reply));
  co_return spoken;
}

io::Async<MxSession::Spoken> MxSession::answer_as(std::optional<MxRule> rule, std::string reply) {
  using Act = MxRule::Act;
  Spoken spoken;
  const Act act = rule ? rule->act_ : Act::answers;
  const std::string bytes = rule ? rule->bytes_ : "";
  const io::Span span = rule ? rule->span_ : io::Span{0};

  const io::Span pause = mx_.manners.tarpit + (act == Act::waits ? span : io::Span{0});
  if (pause > io::Span{0}) {
    const io::Instant until = mx_.clock_.now() + pause;
    const io::Result<> waited = co_await mx_.clock_.sleep_until(until);
    if (!waited) co_return spoken;
  }
  if (act == Act::stalls) {
    co_await stall();
    co_return spoken;
  }
  if (act == Act::floods) {
    co_await flood(bytes);
    co_return spoken;
  }
  if (act == Act::resets) stream_->reset();
  if (act == Act::resets || act == Act::hangs_up) co_return spoken;
  if (act == Act::sends) {
    spoken.goes_on = co_await say(bytes);
    co_return spoken;
  }
  if (act == Act::says || act == Act::says_and_hangs_up) reply = bytes;
  spoken.positive = is_positive(reply);
  const bool leaving =
      reply.starts_with("421") || act == Act::answers_and_hangs_up || act == Act::says_and_hangs_up;
  reply += "\r\n";
  bool said = false;
  if (act == Act::drips) {
    said = co_await say_slowly(std::move(reply), span);
  } else {
    said = co_await say(std::move(reply));
  }
  spoken.goes_on = said && !leaving;
  co_return spoken;
}

io::Async<bool> MxSession::say(std::string bytes) {
  const io::Instant deadline = mx_.clock_.now() + mx_.manners.idle;
  const io::Result<> written = co_await stream_->write(bytes, deadline);
  mx_.said_ += bytes.size();
  co_return written.has_value();
}

io::Async<> MxSession::flood(std::string bytes) {
  bool taken = true;
  while (taken) taken = co_await say(bytes);
}

io::Async<bool> MxSession::say_slowly(std::string bytes, io::Span interval) {
  for (const char byte : bytes) {
    const io::Instant until = mx_.clock_.now() + interval;
    const io::Result<> waited = co_await mx_.clock_.sleep_until(until);
    if (!waited) co_return false;
    std::string one(1, byte);
    const bool said = co_await say(std::move(one));
    if (!said) co_return false;
  }
  co_return true;
}

/// Reads nothing and says nothing until the client goes; a day at most.
io::Async<> MxSession::stall() {
  const io::Instant until = mx_.clock_.now() + std::chrono::hours{24};
  co_await stream_->other_side_gone(until);
}

io::Async<bool> MxSession::fill() {
  std::array<char, 16 * 1024> buffer;
  std::span<char> room{buffer};
  const auto slow = static_cast<std::size_t>(mx_.manners.octets_per_second);
  if (slow > 0 && in_contents_) {
    room = room.first(std::min(slow, room.size()));
    const io::Instant until = mx_.clock_.now() + std::chrono::seconds{1};
    const io::Result<> waited = co_await mx_.clock_.sleep_until(until);
    if (!waited) co_return false;
  }
  const io::Instant deadline = mx_.clock_.now() + mx_.manners.idle;
  const io::Result<std::size_t> got = co_await stream_->read_some(room, deadline);
  if (!got && got.error().is(io::Errc::timed_out) && !mx_.manners.idle_words.empty() &&
      !std::exchange(spoke_idle_, true)) {
    std::string words = mx_.manners.idle_words;
    co_return co_await say(std::move(words));
  }
  if (!got) co_return false;
  inbox_.erase(0, std::exchange(read_, 0));
  inbox_.append(buffer.data(), *got);
  co_return inbox_.size() <= kInbox;
}

io::Async<std::optional<std::string>> MxSession::line() {
  std::optional<std::string> found;
  bool open = true;
  while (open && !found) {
    const auto end = inbox_.find("\r\n", read_);
    if (end == std::string::npos) {
      open = co_await fill();
    } else {
      found = inbox_.substr(read_, end - read_);
      read_ = end + 2;
    }
  }
  co_return found;
}

}  // namespace tenax::testing
