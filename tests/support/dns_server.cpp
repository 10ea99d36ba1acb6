// SPDX-License-Identifier: Apache-2.0
#include "tests/support/dns_server.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <set>
#include <span>

#include "mail/ascii.h"

namespace tenax::testing {

namespace asio = io::asio;

namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

std::string wire_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    out += static_cast<char>(dot);
    out += name.substr(0, dot);
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  out += '\0';
  return out;
}

struct Question {
  std::string name;  // lower case
  std::uint16_t type = 0;
  std::string wire;  // as asked, to be repeated
};

std::optional<Question> read_question(std::string_view packet) {
  constexpr std::size_t kHeader = 12;
  if (packet.size() < kHeader + 5) return std::nullopt;
  Question question;
  std::size_t at = kHeader;
  for (;;) {
    if (at >= packet.size()) return std::nullopt;
    const std::size_t length = static_cast<unsigned char>(packet[at]);
    ++at;
    if (length == 0) break;
    if (length > 63 || at + length > packet.size()) return std::nullopt;
    if (!question.name.empty()) question.name += '.';
    question.name += packet.substr(at, length);
    at += length;
  }
  if (at + 4 > packet.size()) return std::nullopt;
  question.type = static_cast<std::uint16_t>((static_cast<unsigned char>(packet[at]) << 8) |
                                             static_cast<unsigned char>(packet[at + 1]));
  question.wire = packet.substr(kHeader, at + 4 - kHeader);
  question.name = mail::to_lower(question.name);
  return question;
}

}  // namespace

struct DnsServer::State : std::enable_shared_from_this<State> {
  using Key = std::pair<std::string, std::uint16_t>;
  struct Record {
    std::string owner;
    std::uint16_t type;
    std::string rdata;
  };

  explicit State(const io::Executor& executor)
      : acceptor{executor, {asio::ip::address_v4::loopback(), 0}},
        udp{executor, {asio::ip::address_v4::loopback(), acceptor.local_endpoint().port()}} {}

  std::optional<std::string> reply(std::string_view packet, bool tcp);
  static io::Async<> serve_udp(std::shared_ptr<State> self);
  static io::Async<> serve_tcp(std::shared_ptr<State> self);
  void greet(asio::ip::tcp::socket socket);
  static io::Async<> serve_one(std::shared_ptr<State> self, asio::ip::tcp::socket socket);

  asio::ip::tcp::acceptor acceptor;
  asio::ip::udp::socket udp;
  std::map<Key, std::vector<Record>> records;
  std::set<std::string> names;
  std::map<Key, int> rcodes;
  std::set<Key> silent;
  std::set<std::string> truncated;
  std::map<std::string, int> asked;
  int asked_by_tcp = 0;
};

std::optional<std::string> DnsServer::State::reply(std::string_view packet, bool tcp) {
  const std::optional<Question> question = read_question(packet);
  if (!question) return std::nullopt;
  ++asked[question->name];
  if (tcp) ++asked_by_tcp;
  const Key key{question->name, question->type};
  if (silent.contains(key)) return std::nullopt;

  std::vector<Record> answers;
  std::string name = question->name;
  for (int links = 0; links < 8 && records.contains({name, cname}); ++links) {
    const Record& link = records[{name, cname}].front();
    answers.push_back(link);
    name = read_question(std::string(12, '\0') + link.rdata + std::string(4, '\0'))->name;
  }
  const auto found = records.find({name, question->type});
  if (found != records.end()) {
    answers.insert(answers.end(), found->second.begin(), found->second.end());
  }
  int rcode = names.contains(name) ? 0 : 3;
  if (rcodes.contains(key)) rcode = rcodes[key];
  const bool cut = !tcp && truncated.contains(question->name);
  if (cut || (rcode != 0 && rcode != 3)) answers.clear();

  std::string out{packet.substr(0, 2)};
  // A response, recursion desired and available (RFC 1035 4.1.1), cut off or not.
  put16(out, 0x8180U | (cut ? 0x0200U : 0U) | static_cast<unsigned>(rcode));
  put16(out, 1);
  put16(out, static_cast<unsigned>(answers.size()));
  put16(out, 0);
  put16(out, 0);
  out += question->wire;
  for (const Record& record : answers) {
    out += wire_name(record.owner);
    put16(out, record.type);
    put16(out, 1);
    put16(out, 0);
    put16(out, 600);  // TTL
    put16(out, static_cast<unsigned>(record.rdata.size()));
    out += record.rdata;
  }
  return out;
}

io::Async<> DnsServer::State::serve_udp(std::shared_ptr<State> self) {
  std::array<char, 4096> packet{};
  for (;;) {
    asio::ip::udp::endpoint from;
    const auto [failed, size] =
        co_await self->udp.async_receive_from(asio::buffer(packet), from, kToken);
    if (failed) co_return;
    const std::optional<std::string> out = self->reply({packet.data(), size}, false);
    if (!out) continue;
    const auto [unsent, sent] = co_await self->udp.async_send_to(asio::buffer(*out), from, kToken);
    if (unsent) co_return;
  }
}

io::Async<> DnsServer::State::serve_one(std::shared_ptr<State> self, asio::ip::tcp::socket socket) {
  for (;;) {
    std::array<unsigned char, 2> length{};
    const auto [no_length, got] = co_await asio::async_read(socket, asio::buffer(length), kToken);
    if (no_length) co_return;
    std::string packet(static_cast<std::size_t>((length[0] << 8) | length[1]), '\0');
    const auto [no_packet, rest] = co_await asio::async_read(socket, asio::buffer(packet), kToken);
    if (no_packet) co_return;
    const std::optional<std::string> out = self->reply(packet, true);
    if (!out) continue;
    std::string framed;
    put16(framed, static_cast<unsigned>(out->size()));
    framed += *out;
    const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(framed), kToken);
    if (unsent) co_return;
  }
}

void DnsServer::State::greet(asio::ip::tcp::socket socket) {
  asio::co_spawn(acceptor.get_executor(), serve_one(shared_from_this(), std::move(socket)),
                 asio::detached);
}

io::Async<> DnsServer::State::serve_tcp(std::shared_ptr<State> self) {
  for (;;) {
    auto [failed, socket] = co_await self->acceptor.async_accept(kToken);
    if (failed) co_return;
    self->greet(std::move(socket));
  }
}

DnsServer::DnsServer(const io::Executor& executor) : state_{std::make_shared<State>(executor)} {
  asio::co_spawn(executor, State::serve_udp(state_), asio::detached);
  asio::co_spawn(executor, State::serve_tcp(state_), asio::detached);
}

DnsServer::~DnsServer() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->udp.close(ignored);
}

std::string DnsServer::address() const {
  return "127.0.0.1:" + std::to_string(state_->acceptor.local_endpoint().port());
}

void DnsServer::add_raw(std::string_view name, Type type, std::string rdata) {
  const std::string owner{name};
  state_->names.insert(owner);
  state_->records[{owner, type}].push_back({owner, type, std::move(rdata)});
}

void DnsServer::add_a(std::string_view name, std::string_view ip) {
  const auto bytes = asio::ip::make_address_v4(ip).to_bytes();
  add_raw(name, a, {bytes.begin(), bytes.end()});
}

void DnsServer::add_aaaa(std::string_view name, std::string_view ip) {
  const auto bytes = asio::ip::make_address_v6(ip).to_bytes();
  add_raw(name, aaaa, {bytes.begin(), bytes.end()});
}

void DnsServer::add_mx(std::string_view name, std::uint16_t preference, std::string_view exchange) {
  std::string rdata;
  put16(rdata, preference);
  add_raw(name, mx, rdata + wire_name(exchange));
}

void DnsServer::add_cname(std::string_view name, std::string_view target) {
  add_raw(name, cname, wire_name(target));
}

void DnsServer::add_name(std::string_view name) { state_->names.emplace(name); }

void DnsServer::set_rcode(std::string_view name, Type type, int rcode) {
  state_->rcodes[{std::string{name}, type}] = rcode;
}

void DnsServer::set_silent(std::string_view name, Type type) {
  state_->silent.emplace(std::string{name}, type);
}

void DnsServer::set_truncated(std::string_view name) { state_->truncated.emplace(name); }

int DnsServer::asked(std::string_view name) const {
  const auto found = state_->asked.find(std::string{name});
  return found == state_->asked.end() ? 0 : found->second;
}

int DnsServer::asked_by_tcp() const { return state_->asked_by_tcp; }

}  // namespace tenax::testing
