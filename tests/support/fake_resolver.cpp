// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_resolver.h"

#include "mail/ascii.h"

namespace tenax::testing {

namespace {

std::string key(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return mail::to_lower(name);
}

}  // namespace

FakeResolver::Entry& FakeResolver::entry(std::string_view name) { return zone_[key(name)]; }

void FakeResolver::mx(std::string_view name, std::vector<io::MxRecord> records) {
  Entry& known = entry(name);
  known.mx = std::move(records);
  known.exists = true;
}

void FakeResolver::address(std::string_view name, std::string_view ip) {
  Entry& known = entry(name);
  known.addresses.push_back(io::asio::ip::make_address(ip));
  known.exists = true;
}

void FakeResolver::nodata(std::string_view name) {
  Entry& known = entry(name);
  known = Entry{};
  known.exists = true;
}

void FakeResolver::nxdomain(std::string_view name) { zone_.erase(key(name)); }

void FakeResolver::trouble(std::string_view name, Question question, Trouble trouble) {
  Entry& known = entry(name);
  if (question != Question::addresses) known.mx_trouble = trouble;
  if (question != Question::mx) known.address_trouble = trouble;
}

void FakeResolver::servfail(std::string_view name, Question question) {
  trouble(name, question, Trouble::servfail);
}

void FakeResolver::silent(std::string_view name, Question question) {
  trouble(name, question, Trouble::silent);
}

void FakeResolver::bogus(std::string_view name, Question question) {
  trouble(name, question, Trouble::bogus);
}

void FakeResolver::heal(std::string_view name) { trouble(name, Question::both, Trouble::none); }

void FakeResolver::authentic(std::string_view name) { entry(name).authentic = true; }

io::Async<io::Result<FakeResolver::Entry>> FakeResolver::look_up(Question question,
                                                                 std::string name,
                                                                 io::Instant deadline) {
  const std::string asked = (question == Question::mx ? "mx " : "addresses ") + name;
  queries_.push_back(asked);
  const io::Instant answered = clock_.now() + latency_;
  const auto found = zone_.find(key(name));
  Trouble trouble = Trouble::none;
  if (found != zone_.end()) {
    trouble = question == Question::mx ? found->second.mx_trouble : found->second.address_trouble;
  }
  if (trouble == Trouble::silent || answered > deadline) {
    const io::Result<> waited = co_await clock_.sleep_until(deadline);
    if (!waited) co_return io::error(io::Errc::cancelled, asked);
    co_return io::error(io::Errc::timed_out, asked);
  }
  // Copied before waiting: the test may change its zone meanwhile.
  const bool exists = found != zone_.end() && found->second.exists;
  const Entry known = found != zone_.end() ? found->second : Entry{};
  const io::Result<> waited = co_await clock_.sleep_until(answered);
  if (!waited) co_return io::error(io::Errc::cancelled, asked);

  if (trouble == Trouble::servfail) co_return io::error(io::Errc::name_unavailable, asked);
  if (trouble == Trouble::bogus) co_return io::error(io::Errc::name_bogus, asked);
  if (!exists) co_return io::error(io::Errc::name_not_found, asked);
  co_return known;
}

io::Async<io::Result<io::Answer<io::MxRecord>>> FakeResolver::mx(std::string name,
                                                                 io::Instant deadline) {
  const io::Result<Entry> found = co_await look_up(Question::mx, name, deadline);
  if (!found) co_return found.error();
  io::Answer<io::MxRecord> answer;
  answer.records = found->mx;
  answer.authentic = found->authentic;
  answer.ttl = ttl_;
  co_return answer;
}

io::Async<io::Result<io::Answer<io::IpAddress>>> FakeResolver::addresses(std::string name,
                                                                         io::Instant deadline) {
  const io::Result<Entry> found = co_await look_up(Question::addresses, name, deadline);
  if (!found) co_return found.error();
  io::Answer<io::IpAddress> answer;
  answer.records = found->addresses;
  answer.authentic = found->authentic;
  answer.ttl = ttl_;
  co_return answer;
}

}  // namespace tenax::testing
