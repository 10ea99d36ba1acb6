// SPDX-License-Identifier: Apache-2.0
#include "engine/smtp_dialogue.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "mail/ascii.h"
#include "mail/printable.h"
#include "mail/utf8.h"

namespace tenax::engine {

namespace {

constexpr std::size_t kLongestLine = 4096;  // RFC 5321 4.5.3.1.4 asks for 512, extensions for more
constexpr std::size_t kLongestClient = 255;
constexpr std::size_t kLongestEnvid = 100;  // RFC 3461 4.4
constexpr int kMostFaults = 20;             // then it is no mail program that speaks
constexpr std::int64_t kLongestChunk = std::int64_t{1} << 40;

/// Takes a path off `rest`: to the ">" that no quotes hold, or to the next blank.
std::string_view next_path(std::string_view& rest) {
  rest = mail::trimmed(rest);
  if (!rest.starts_with('<')) return mail::next_word(rest);
  bool quoted = false;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (quoted && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      quoted = !quoted;
    } else if (rest[i] == '>' && !quoted) {
      const std::string_view path = rest.substr(0, i + 1);
      rest.remove_prefix(i + 1);
      return path;
    }
  }
  return std::exchange(rest, {});
}

/// "FROM:<ann@example.org> SIZE=1000" without its "FROM:"; nullopt when that is missing.
std::optional<std::string_view> behind(std::string_view keyword, std::string_view rest) {
  rest = mail::trimmed(rest);
  if (rest.size() <= keyword.size() || rest[keyword.size()] != ':') return std::nullopt;
  if (!mail::equal_in_any_case(rest.substr(0, keyword.size()), keyword)) return std::nullopt;
  return rest.substr(keyword.size() + 1);
}

std::optional<std::int64_t> number_of(std::string_view text, std::int64_t most) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  if (!whole || text.starts_with('-') || number > most) return std::nullopt;
  return number;
}

/// Where the text goes on no further as it is: at a line's end behind which comes a dot, or nobody
/// knows yet what. Every other one is text like any.
std::size_t end_of_text(std::string_view bytes, std::size_t from) {
  std::size_t lf = bytes.find('\n', from);
  while (lf < bytes.size() && bytes.size() - lf > 1 && bytes[lf + 1] != '.') {
    lf = bytes.find('\n', lf + 1);
  }
  const std::size_t end = std::min(lf, bytes.size());
  return end > from && bytes[end - 1] == '\r' ? end - 1 : end;
}

/// The client may not read UTF-8: RFC 6531 3.7.4.2 wants it asked for.
std::string in_ascii(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (mail::is_ascii(c)) {
      out += c;
    } else {
      out += "\\x";
      mail::append_hex_byte(out, c);
    }
  }
  return out;
}

bool is_clean(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return mail::is_control(c); });
}

/// A web page can make its reader's browser say anything to a port of the reader's machine, in the
/// body of a request or within TLS. What begins as no command does is never read on.
bool is_of_another_protocol(std::string_view line) {
  static constexpr std::array<std::string_view, 10> kHttp = {
      "GET", "POST", "PUT", "CONNECT", "OPTIONS", "HEAD", "PATCH", "DELETE", "TRACE", "PRI"};
  if (!line.empty() && !mail::is_letter(line.front()) && line.front() != ' ') return true;
  const std::string verb = mail::to_upper(mail::next_word(line));
  return verb.ends_with(':') || std::ranges::find(kHttp, verb) != kHttp.end();
}

}  // namespace

std::size_t DotReader::feed(std::string_view bytes, std::string& out) {
  std::size_t at = 0;
  while (at < bytes.size() && at_ != At::end) {
    if (at_ == At::text) {
      const std::size_t end = end_of_text(bytes, at);
      out.append(bytes.substr(at, end - at));
      at = end;
      if (at == bytes.size()) break;
    }
    const char c = bytes[at++];
    switch (at_) {
      case At::line_start:
        if (c == '.') {
          at_ = At::dot;
          continue;
        }
        break;
      case At::dot:
        if (c == '\r' || (c == '\n' && lone_lf_)) {
          at_ = c == '\r' ? At::dot_cr : At::end;
          continue;
        }
        break;
      case At::dot_cr:
        if (c == '\n') {
          at_ = At::end;
          continue;
        }
        out.push_back('\r');  // of a line that was not the last
        break;
      case At::cr:
        if (c == '\n') {
          out.push_back(c);
          at_ = At::line_start;
          continue;
        }
        break;
      case At::behind_lf:
        if (c == '.') {
          at_ = At::dot_behind_lf;
          continue;
        }
        break;
      case At::dot_behind_lf:
        if (c != '.') out.push_back('.');
        break;
      case At::text:
      case At::end: break;
    }
    out.push_back(c);
    at_ = behind(c);
  }
  return at;
}

DotReader::At DotReader::behind(char c) const {
  if (c == '\n') return lone_lf_ ? At::line_start : At::behind_lf;
  return c == '\r' ? At::cr : At::text;
}

SmtpDialogue::SmtpDialogue(SmtpTerms terms) : terms_{std::move(terms)} {
  reply(220, terms_.our_name + " ESMTP Tenax");
}

void SmtpDialogue::reply(int code, std::string_view text) {
  replies_ += std::to_string(code) + " ";
  replies_ += mail::is_ascii(text) ? std::string{text} : in_ascii(text);
  replies_ += "\r\n";
}

void SmtpDialogue::refuse(int code, std::string_view text) {
  if (++faults_ < kMostFaults) return reply(code, text);
  close("too many errors");
}

void SmtpDialogue::close(std::string_view why) {
  if (mode_ == Mode::ended) return;
  reply(421, "4.7.0 " + terms_.our_name + " " + std::string{why});
  mode_ = Mode::ended;
}

std::string SmtpDialogue::take_replies() { return std::exchange(replies_, {}); }

void SmtpDialogue::reset() {
  in_transaction_ = false;
  in_chunks_ = false;
  transaction_ = {};
}

SmtpDialogue::Step SmtpDialogue::next() {
  for (;;) {
    if (mode_ == Mode::ended) return Step::ended;
    if (taken_ == input_.size()) {
      input_.clear();
      taken_ = 0;
      // Contents may be over without a further octet.
      const bool over =
          (mode_ == Mode::chunk && chunk_left_ == 0) || (mode_ == Mode::data && dots_.done());
      if (!over) return Step::wants_more;
    }
    std::optional<Step> step;
    switch (mode_) {
      case Mode::command: step = line(); break;
      case Mode::data: return take_data();
      case Mode::chunk: {
        const Step done = take_chunk();
        if (done != Step::wants_more) return done;
        break;
      }
      case Mode::ended: break;
    }
    if (step) return *step;
  }
}

/// nullopt: a line was dealt with.
std::optional<SmtpDialogue::Step> SmtpDialogue::line() {
  const std::size_t lf = input_.find('\n', taken_);
  if (lf == std::string::npos) {
    if (input_.size() - taken_ > kLongestLine) {
      overlong_ = true;
      taken_ = input_.size();
      return std::nullopt;
    }
    input_.erase(0, std::exchange(taken_, 0));
    return Step::wants_more;
  }
  const std::string whole = input_.substr(taken_, lf + 1 - taken_);
  taken_ = lf + 1;
  const bool crlf = whole.ends_with("\r\n");
  if (!lone_lf_) lone_lf_ = terms_.lone_lf && !crlf;
  if (std::exchange(overlong_, false) || whole.size() > kLongestLine) {
    refuse(500, "5.5.6 the line is too long");
    return std::nullopt;
  }
  if (!crlf && !*lone_lf_) {
    refuse(500, "5.5.2 lines end with CR and LF");
    return std::nullopt;
  }
  std::string_view text{whole.data(), whole.size() - (crlf ? 2 : 1)};
  text = text.substr(0, text.find_last_not_of(" \t") + 1);  // RFC 5321 4.1.1
  if (is_of_another_protocol(text)) {
    close("SMTP alone is spoken here");
    return std::nullopt;
  }
  if (!is_clean(text)) {
    refuse(500, "5.5.2 a control character in a command");
    return std::nullopt;
  }
  return command(text);
}

std::optional<SmtpDialogue::Step> SmtpDialogue::command(std::string_view text) {
  std::string_view rest = text;
  const std::string verb = mail::to_upper(mail::next_word(rest));
  if (verb == "EHLO" || verb == "HELO") {
    ehlo(mail::trimmed(rest), verb == "EHLO");
  } else if (verb == "MAIL") {
    mail_from(rest);
  } else if (verb == "RCPT") {
    rcpt_to(rest);
  } else if (verb == "DATA") {
    return data();
  } else if (verb == "BDAT") {
    return bdat(rest);
  } else if (verb == "RSET") {
    reset();
    reply(250, "2.0.0 forgotten");
  } else if (verb == "NOOP") {
    reply(250, "2.0.0 nothing done");
  } else if (verb == "VRFY") {
    reply(252, "2.5.2 send some mail, and it will be tried");
  } else if (verb == "HELP") {
    reply(214, "2.0.0 EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT; see tenaxd(8)");
  } else if (verb == "QUIT") {
    reply(221, "2.0.0 " + terms_.our_name + " closes the connection");
    mode_ = Mode::ended;
  } else if (verb == "EXPN" || verb == "TURN" || verb == "ETRN" || verb == "STARTTLS" ||
             verb == "AUTH") {
    refuse(502, "5.5.1 not offered here");
  } else {
    refuse(500, "5.5.2 no such command");
  }
  return std::nullopt;
}

void SmtpDialogue::ehlo(std::string_view name, bool extended) {
  if (name.empty()) return refuse(501, "5.5.4 who are you?");
  reset();
  client_ = mail::printable(name, kLongestClient);
  extended_ = extended;
  if (!extended) return reply(250, terms_.our_name);
  replies_ += "250-" + terms_.our_name + "\r\n";
  replies_ += "250-SIZE" + (terms_.max_size > 0 ? " " + std::to_string(terms_.max_size) : "");
  replies_ +=
      "\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n"
      "250 ENHANCEDSTATUSCODES\r\n";
}

void SmtpDialogue::mail_from(std::string_view rest) {
  if (in_transaction_) return refuse(503, "5.5.1 the sender was named already");
  const std::optional<std::string_view> said = behind("FROM", rest);
  if (!said) return refuse(501, "5.5.4 MAIL FROM:<address>");
  std::string_view parameters = *said;
  const std::string_view path = next_path(parameters);
  SmtpEnvelope begun;
  if (path.empty()) return refuse(501, "5.5.4 MAIL FROM:<address>");
  const mail::Parsed<mail::ReversePath> sender = mail::parse_reverse_path(path, terms_.domain);
  if (!sender) return refuse(501, "5.1.7 " + sender.error().why);
  begun.envelope.sender = *sender;
  for (auto word = mail::next_word(parameters); !word.empty(); word = mail::next_word(parameters)) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string_view value = word.substr(std::min(equals + 1, word.size()));
    if (!mail_parameter(mail::to_upper(word.substr(0, equals)), value, begun)) return;
  }
  if (begun.envelope.sender && !begun.envelope.sender->is_ascii() && !begun.envelope.smtputf8) {
    return refuse(553, "5.6.7 such an address needs SMTPUTF8");
  }
  transaction_ = std::move(begun);
  in_transaction_ = true;
  reply(250, "2.1.0 sender noted");
}

/// False: it was refused, and the reply says so.
bool SmtpDialogue::mail_parameter(std::string_view name, std::string_view value,
                                  SmtpEnvelope& into) {
  mail::Envelope& envelope = into.envelope;
  if (name == "SIZE") {
    const auto size = number_of(value, INT64_MAX);
    const bool is_number = !value.empty() && std::ranges::all_of(value, mail::is_digit);
    if (!is_number) return refuse(501, "5.5.4 SIZE=octets"), false;
    if (!size) return refuse(552, "5.3.4 more octets than can be counted"), false;
    if (terms_.max_size > 0 && *size > terms_.max_size) {
      return refuse(552, "5.3.4 more than " + std::to_string(terms_.max_size) + " octets"), false;
    }
  } else if (name == "BODY") {
    // What the contents need is read off the contents.
    const std::string body = mail::to_upper(value);
    if (body != "7BIT" && body != "8BITMIME") {
      return refuse(501, "5.5.4 BODY=7BIT or BODY=8BITMIME"), false;
    }
  } else if (name == "RET") {
    const std::string ret = mail::to_upper(value);
    if (ret != "FULL" && ret != "HDRS") return refuse(501, "5.5.4 RET=FULL or RET=HDRS"), false;
    envelope.ret = ret == "FULL" ? mail::Ret::full : mail::Ret::headers;
  } else if (name == "ENVID") {
    const mail::Parsed<std::string> id = mail::decode_xtext(value);
    if (!id || id->empty() || id->size() > kLongestEnvid || !is_clean(*id) ||
        !mail::is_ascii(*id)) {
      return refuse(501, "5.5.4 ENVID=xtext, at most 100 characters"), false;
    }
    envelope.envid = *id;
  } else if (name == "SMTPUTF8" && value.empty()) {
    envelope.smtputf8 = true;
  } else if (name == "AUTH") {
    // RFC 4954 5: whom somebody else let in. We ask nobody, so it says nothing to us.
  } else {
    return refuse(555, "5.5.4 no such parameter: " + mail::printable(name, 40)), false;
  }
  return true;
}

void SmtpDialogue::rcpt_to(std::string_view rest) {
  if (!in_transaction_) return refuse(503, "5.5.1 MAIL first");
  if (in_chunks_) return refuse(503, "5.5.1 the contents have begun");
  const std::optional<std::string_view> said = behind("TO", rest);
  if (!said) return refuse(501, "5.5.4 RCPT TO:<address>");
  if (std::ssize(transaction_.recipients) >= terms_.max_recipients) {
    return reply(452, "4.5.3 too many recipients; send the others in another transaction");
  }
  std::string_view parameters = *said;
  const std::string_view path = next_path(parameters);
  if (path.empty() || path == "<>") return refuse(501, "5.1.3 RCPT TO:<address>");
  mail::Parsed<mail::Address> address = mail::Address::parse(path, terms_.domain);
  if (!address) return refuse(501, "5.1.3 " + address.error().why);
  if (!address->is_ascii() && !transaction_.envelope.smtputf8) {
    return refuse(553, "5.6.7 such an address needs SMTPUTF8");
  }
  mail::NewRecipient recipient{std::move(*address), {}, std::nullopt};
  for (auto word = mail::next_word(parameters); !word.empty(); word = mail::next_word(parameters)) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string_view value = word.substr(std::min(equals + 1, word.size()));
    if (!rcpt_parameter(mail::to_upper(word.substr(0, equals)), value, recipient)) return;
  }
  transaction_.recipients.push_back(std::move(recipient));
  reply(250, "2.1.5 recipient noted");
}

bool SmtpDialogue::rcpt_parameter(std::string_view name, std::string_view value,
                                  mail::NewRecipient& into) {
  if (name == "NOTIFY") {
    const mail::Parsed<mail::Notify> notify = mail::Notify::parse(value);
    if (!notify || !notify->given()) {
      return refuse(501, "5.5.4 NOTIFY=NEVER, or some of SUCCESS,FAILURE,DELAY"), false;
    }
    into.notify = *notify;
  } else if (name == "ORCPT") {
    mail::Parsed<mail::OriginalRecipient> original = mail::OriginalRecipient::parse_xtext(value);
    if (!original) return refuse(501, "5.5.4 ORCPT=type;xtext"), false;
    into.original = std::move(*original);
  } else {
    return refuse(555, "5.5.4 no such parameter: " + mail::printable(name, 40)), false;
  }
  return true;
}

std::optional<SmtpDialogue::Step> SmtpDialogue::data() {
  if (in_chunks_) {
    refuse(503, "5.5.1 BDAT has begun this message");
    return std::nullopt;
  }
  if (!in_transaction_ || transaction_.recipients.empty()) {
    refuse(503, "5.5.1 MAIL and RCPT first");
    return std::nullopt;
  }
  reply(354, "go ahead; a line with a single dot ends it");
  mode_ = Mode::data;
  dots_ = DotReader{*lone_lf_};
  return Step::begins;
}

SmtpDialogue::Step SmtpDialogue::take_data() {
  if (dots_.done()) {
    mode_ = Mode::command;
    return Step::complete;
  }
  contents_.clear();
  taken_ += dots_.feed(std::string_view{input_}.substr(taken_), contents_);
  if (contents_.empty() && dots_.done()) return take_data();
  return Step::contents;
}

std::optional<SmtpDialogue::Step> SmtpDialogue::bdat(std::string_view rest) {
  const auto size = number_of(mail::next_word(rest), kLongestChunk);
  const std::string last = mail::to_upper(mail::next_word(rest));
  if (!size || (!last.empty() && last != "LAST")) {
    // Its octets follow, and nobody knows how many: what would be read as commands is not.
    close("cannot tell where the chunk ends");
    return std::nullopt;
  }
  mode_ = Mode::chunk;
  chunk_left_ = chunk_size_ = *size;
  last_chunk_ = !last.empty();
  chunk_counts_ = in_transaction_ && !transaction_.recipients.empty();
  if (!chunk_counts_ || std::exchange(in_chunks_, true)) return std::nullopt;
  return Step::begins;
}

/// `wants_more`: the chunk is over and answered.
SmtpDialogue::Step SmtpDialogue::take_chunk() {
  if (chunk_left_ > 0) {
    const auto there = static_cast<std::int64_t>(input_.size() - taken_);
    const auto count = static_cast<std::size_t>(std::min(there, chunk_left_));
    chunk_left_ -= static_cast<std::int64_t>(count);
    if (!chunk_counts_) {
      taken_ += count;
      return Step::wants_more;
    }
    contents_.assign(input_, taken_, count);
    taken_ += count;
    return Step::contents;
  }
  mode_ = Mode::command;
  if (!chunk_counts_) {
    refuse(503, "5.5.1 MAIL and RCPT first");
  } else if (last_chunk_) {
    return Step::complete;
  } else {
    reply(250, "2.0.0 " + std::to_string(chunk_size_) + " octets received");
  }
  return Step::wants_more;
}

void SmtpDialogue::answer(int code, std::string_view text) {
  reset();
  if (code < 300) faults_ = 0;
  reply(code, text);
}

}  // namespace tenax::engine
