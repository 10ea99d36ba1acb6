// SPDX-License-Identifier: Apache-2.0
// How fast mail enters the queue and leaves it, and where contents lie better: in the database or
// in files. Numbers for docs/decisions/0001; run it on the disk in question: queue_bench
// [DIRECTORY]

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "mail/time.h"

#include "io/random.h"

#include "queue/sqlite_store.h"

namespace {

using namespace tenax;
namespace asio = io::asio;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

mail::WallTime now() {
  return std::chrono::floor<mail::Duration>(std::chrono::system_clock::now());
}

/// A store as the daemon has it: home on this thread, the writer on its own.
struct Bench {
  asio::io_context context{1};
  asio::thread_pool writer{1};
  io::SystemRandom random;
  std::unique_ptr<queue::Store> store;
  std::string directory;

  Bench(const std::string& where, std::int64_t inline_limit) : directory{where} {
    std::filesystem::remove_all(directory);
    auto opened = queue::open_sqlite_store({directory, {}, inline_limit}, context.get_executor(),
                                           writer.get_executor(), random, now());
    if (!opened) {
      std::fprintf(stderr, "%s\n", io::to_string(opened.error()).c_str());
      std::exit(1);
    }
    store = std::move(opened->store);
  }
  ~Bench() {
    store->close();
    store.reset();
    writer.join();
    std::filesystem::remove_all(directory);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
};

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

// One of `submitters` that hand in one message after the other.
io::Async<void> submit(Bench& bench, int count, const std::string& bytes, int number) {
  const auto address =
      mail::Address::parse("bob@d" + std::to_string(number % 50) + ".example").value();
  for (int i = 0; i < count; ++i) {
    auto contents = bench.store->new_contents();
    for (std::size_t at = 0; at < bytes.size(); at += 65'536) {
      auto appending = contents->append(std::string_view{bytes}.substr(at, 65'536));
      const io::Result<> appended = co_await std::move(appending);
      must(appended.has_value(), "append");
    }
    mail::NewMessage message;
    message.accepted = now();
    message.id = bench.store->new_id(message.accepted);
    message.recipients.push_back({address, {}, {}});
    std::vector<mail::Destination> where = {mail::Destination::of(address.domain())};
    auto entering = bench.store->enqueue(std::move(message), std::move(where), std::nullopt,
                                         std::move(contents));
    const io::Result<queue::EnqueueResult> entered = co_await std::move(entering);
    must(entered.has_value(), "enqueue");
  }
}

io::Async<void> read_all(Bench& bench, mail::QueueId id) {
  auto opening = bench.store->open_body(id);
  io::Result<std::unique_ptr<io::ByteSource>> body = co_await std::move(opening);
  must(body.has_value(), "open_body");
  std::vector<char> into(65'536);
  for (;;) {
    auto reading = (*body)->read_some(std::span{into});
    const io::Result<std::size_t> got = co_await std::move(reading);
    must(got.has_value(), "read_some");
    if (*got == 0) co_return;
  }
}

io::Async<void> settle_one(Bench& bench, const mail::DeliveryRequest& request) {
  queue::Settlement settlement;
  settlement.message = request.message;
  queue::Attempt& attempt = settlement.attempts.emplace_back();
  attempt.destination = request.destination;
  attempt.started = attempt.finished = now();
  for (const mail::DueRecipient& recipient : request.recipients) {
    queue::RecipientOutcome outcome;
    outcome.recipient = recipient.id;
    outcome.state = mail::RecipientState::delivered;
    outcome.verdict.kind = mail::Kind::delivered;
    outcome.verdict.status = {2, 0, 0};
    outcome.verdict.reply = mail::Reply{250, {"2.0.0 ok queued"}};
    outcome.verdict.text = "2.0.0 ok queued";
    attempt.outcomes.push_back(std::move(outcome));
  }
  auto settling = bench.store->settle(std::move(settlement));
  const auto settled = co_await std::move(settling);
  must(settled.has_value(), "settle");
}

double enqueue(Bench& bench, int submitters, int each, const std::string& bytes) {
  const auto start = Clock::now();
  for (int i = 0; i < submitters; ++i) {
    asio::co_spawn(bench.context, submit(bench, each, bytes, i), asio::detached);
  }
  bench.context.restart();
  bench.context.run();
  return seconds_since(start);
}

std::vector<mail::DeliveryRequest> claim(Bench& bench, std::size_t most) {
  std::vector<mail::DeliveryRequest> claimed;
  queue::ClaimOrder order;
  order.now = now() + std::chrono::hours{1};
  order.max_recipients = most;
  order.max_per_destination = most;
  asio::co_spawn(bench.context, bench.store->claim(std::move(order)),
                 [&](const std::exception_ptr&, auto result) { claimed = std::move(*result); });
  bench.context.restart();
  bench.context.run();
  return claimed;
}

void rates(const std::string& where) {
  std::printf("Messages of 4 KiB per second, by submitters at once:\n");
  for (const int submitters : {1, 4, 16, 64, 256}) {
    Bench bench{where, 64 * 1024};
    const int each = submitters == 1 ? 200 : 4000 / submitters;
    const double took = enqueue(bench, submitters, each, std::string(4096, 'x'));
    std::printf("  %4d submitters  enqueue %8.0f/s\n", submitters, submitters * each / took);
  }
  Bench bench{where, 64 * 1024};
  enqueue(bench, 256, 40, std::string(4096, 'x'));
  auto start = Clock::now();
  std::vector<mail::DeliveryRequest> all;
  while (true) {
    auto some = claim(bench, 1000);
    if (some.empty()) break;
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  std::printf("  claim, 1000 at a time %8.0f/s\n",
              static_cast<double>(all.size()) / seconds_since(start));
  start = Clock::now();
  for (const auto& request : all) {
    asio::co_spawn(bench.context, settle_one(bench, request), asio::detached);
  }
  bench.context.restart();
  bench.context.run();
  std::printf("  settle, all at once   %8.0f/s\n",
              static_cast<double>(all.size()) / seconds_since(start));
}

// The whole way of one size: in by 16 submitters, read once, settled (which forgets the contents).
void way(const std::string& where, std::size_t size, bool inside) {
  Bench bench{where, inside ? std::numeric_limits<std::int64_t>::max() : 0};
  const int each =
      static_cast<int>(std::clamp<std::size_t>((std::size_t{48} << 20) / size / 16, 2, 60));
  const double in = enqueue(bench, 16, each, std::string(size, 'x'));
  const auto all = claim(bench, 100'000);
  auto start = Clock::now();
  for (const auto& request : all) {
    asio::co_spawn(bench.context, read_all(bench, request.message), asio::detached);
    bench.context.restart();
    bench.context.run();
  }
  const double read = seconds_since(start);
  start = Clock::now();
  for (const auto& request : all) {
    asio::co_spawn(bench.context, settle_one(bench, request), asio::detached);
  }
  bench.context.restart();
  bench.context.run();
  const double out = seconds_since(start);
  const double n = static_cast<double>(all.size());
  std::printf("  %7zu %-9s %9.0f %9.0f %9.0f %9.0f\n", size, inside ? "database" : "file", n / in,
              n / read, n / out, n / (in + read + out));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string base = argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string();
  const std::string where = base + "/tenax-queue-bench";
  rates(where);
  std::printf(
      "\nBy size, messages per second:\n     octets where       enqueue      read    settle  whole "
      "way\n");
  for (std::size_t size = 4096; size <= std::size_t{4} << 20; size *= 4) {
    for (const bool inside : {true, false}) way(where, size, inside);
  }
  return 0;
}
