// SPDX-License-Identifier: Apache-2.0
#include "tests/power/daemon.h"

#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/support/plan.h"

namespace tenax::power {

using namespace std::chrono_literals;

namespace {

/// Everything comes to its end within a day, and is forgotten two days later.
engine::Plan make_plan() {
  engine::Plan plan = testing::plan_of("out.example");
  plan.history = 48h;
  plan.housekeeping = 6h;
  plan.terms.postmaster = "root@example.org";
  plan.terms.retry.first_delay = 2h;
  plan.terms.retry.longest_delay = 12h;
  plan.terms.retry.lifetime = 24h;
  plan.terms.retry.delay_notices = {4h};
  plan.storm = {2, 10min};
  return plan;
}

void bug_leaves(const std::exception_ptr& bug) {
  if (bug) std::rethrow_exception(bug);
}

template <class T>
T unless_broken(io::Result<T> result) {
  if (!result) throw std::runtime_error{io::to_string(result.error())};
  return std::move(*result);
}

}  // namespace

testing::FakeMx& Daemon::receiver(const std::string& domain) {
  const std::string address = "192.0.2." + std::to_string(receivers_.size() + 1);
  auto& mx = receivers_[domain];
  mx = std::make_unique<testing::FakeMx>(clock_, &dice_);
  resolver_.mx(domain, {{10, "mx." + domain}});
  resolver_.address("mx." + domain, address);
  net_.host(address).serves(mx->server());
  return *mx;
}

Daemon::Daemon(const std::string& state, const std::string& vfs, mail::WallTime now,
               testing::FakeRandom& dice, engine::Observer& observer)
    : clock_{context_, now}, resolver_{clock_}, net_{context_, clock_}, dice_{dice} {
  receiver("example.net");
  receiver("example.org");  // where the senders live
  receiver("grey.example").manners.greylisting = 10min;
  receiver("strict.example").at(mail::Stage::rcpt).says("550 5.1.1 no such user");
  receiver("busy.example").at(mail::Stage::rcpt).says("450 4.2.1 later");
  testing::FakeMx& moody = receiver("moody.example");
  for (const std::string one : {"t@", "u@", "v@", "w@", "x@"}) {
    moody.at(mail::Stage::rcpt).only(one + "moody").says("554 5.7.1 blocked by a DNSBL");
  }

  const io::Executor home = context_.get_executor();
  // A small limit: files for contents are not only for the patient.
  const queue::SqliteStoreOptions options{state, vfs, 4096};
  queue::OpenedStore opened =
      unless_broken(queue::open_sqlite_store(options, home, home, dice, now));
  store_ = std::move(opened.store);
  recovery_ = opened.recovery;
  engine::World world{home, [home] { return home; }, clock_, dice, resolver_, net_, *store_};
  engine_ = std::make_unique<engine::Engine>(std::move(world), make_plan(), observer);
  engine_->go_on_from(recovery_);
  door_ = unless_broken(engine::DropDoor::open(home, clock_, *engine_, *store_, state + "/drop"));
}

Daemon::~Daemon() {
  door_.reset();
  // Whatever waits dies first, while all it refers to still stands.
  context_.die();
}

std::size_t Daemon::take_in() { return unless_broken(run(door_->take_all())); }

io::Async<> Daemon::live(engine::Engine* engine) {
  const io::Result<> ended = co_await engine->run(engine::Mode::serve);
  if (!ended) throw std::runtime_error{"the engine ended: " + io::to_string(ended.error())};
}

void Daemon::spawn(io::Async<> call) { io::asio::co_spawn(context_, std::move(call), bug_leaves); }

void Daemon::serve() {
  spawn(live(engine_.get()));
  pass({});
}

void Daemon::pass(io::Span length) { testing::run_for(context_, clock_, length); }

io::Result<std::string> Daemon::contents(mail::QueueId message) {
  const auto source = run(store_->open_body(message));
  if (!source) return source.error();
  std::string all;
  std::vector<char> piece(64 * 1024);
  for (;;) {
    const io::Result<std::size_t> octets = run((*source)->read_some(std::span{piece}));
    if (!octets) return octets.error();
    if (*octets == 0) return all;
    all.append(piece.data(), *octets);
  }
}

void Daemon::stop() {
  door_->stop();
  engine_->stop();
  pass(1min);
  store_->close();
}

}  // namespace tenax::power
