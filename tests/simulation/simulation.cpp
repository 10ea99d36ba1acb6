// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/simulation.h"

#include <boost/asio/co_spawn.hpp>
#include <map>
#include <memory>
#include <utility>

#include "engine/engine.h"
#include "queue/reader.h"
#include "queue/sqlite_store.h"
#include "tests/simulation/oracles.h"
#include "tests/simulation/script.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_mx.h"
#include "tests/support/fake_net.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/mortal.h"
#include "tests/support/plan.h"
#include "tests/support/run.h"

namespace tenax::simulation {

namespace {

using namespace std::chrono_literals;
using Kind = Event::Kind;
namespace asio = io::asio;

constexpr Span kLongest = 24h * 40;  // by then everything has ended, or something is wrong

/// Of some receivers the operator says something: a rate, a window, a schedule.
scheduler::Overrides overrides(const engine::Plan& plan) {
  scheduler::Override everybody;
  everybody.lane = plan.scheduler.lane;
  everybody.retry = plan.terms.retry;
  scheduler::Override slow = everybody;
  slow.domains = {"d1.example"};
  slow.pace = scheduler::PaceLimit{20, 1h, 2};
  scheduler::Override single = everybody;
  single.mail_hosts = {"*.d2.example"};
  single.lane.first_window = 1;
  single.lane.longest_window = 1;
  scheduler::Override own = everybody;
  own.domains = {"d3.example"};
  own.learns = false;
  own.retry.learns = false;
  own.retry.schedule = {7min, 20min, 2h};
  own.retry.lifetime = 24h * 3;
  return scheduler::Overrides{{slow, single, own}};
}

engine::Plan make_plan(Patience patience) {
  engine::Plan plan = testing::plan_of("out.example");
  plan.history = 24h * 365;
  plan.housekeeping = 15min;
  plan.terms.postmaster = kPostmaster;
  plan.scheduler.lane.longest_window = 4;
  plan.terms.retry.delay_notices = {4h, 24h};
  plan.terms.notices_per_hour = 1;
  plan.storm = {2, 4h};
  if (patience == Patience::that_learns) {
    plan.scheduler.learning.emplace().longest_window = 4;
    plan.terms.retry.learns = true;
  }
  plan.terms.overrides = overrides(plan);
  plan.scheduler.overrides = plan.terms.overrides;
  return plan;
}

/// One process: from the opening of the queue to its orderly or sudden end. Destroyed from the last
/// member to the first, the context at the very end.
struct Life {
  Life(const std::string& directory, mail::WallTime wall, testing::FakeRandom& dice,
       Oracles& oracles, Patience patience);

  testing::Mortal context;
  testing::FakeClock clock;
  testing::FakeResolver resolver;
  testing::FakeNet net;
  std::map<std::string, std::unique_ptr<testing::FakeMx>> servers;  // by domain
  std::unique_ptr<queue::Store> store;
  std::unique_ptr<engine::Engine> engine;
  bool ended = false;  // run() is over
};

Life::Life(const std::string& directory, mail::WallTime wall, testing::FakeRandom& dice,
           Oracles& oracles, Patience patience)
    : clock{context, wall}, resolver{clock}, net{context, clock} {
  queue::SqliteStoreOptions options;
  options.directory = directory;
  io::Result<queue::OpenedStore> opened = queue::open_sqlite_store(
      std::move(options), context.get_executor(), context.get_executor(), dice, wall);
  if (!opened) throw std::runtime_error{io::to_string(opened.error())};
  store = std::move(opened->store);
  const io::Executor home = context.get_executor();
  engine::World world{home, [home] { return home; }, clock, dice, resolver, net, *store};
  engine = std::make_unique<engine::Engine>(std::move(world), make_plan(patience), oracles);
  engine->go_on_from(opened->recovery);
}

class Simulation {
 public:
  Simulation(std::uint64_t seed, std::string directory, Patience patience)
      : script_{write_script(seed)},
        directory_{std::move(directory)},
        patience_{patience},
        dice_{seed},
        oracles_{script_, make_plan(patience).terms} {}

  Verdict run();

 private:
  void begin_life();
  void keep_alive();
  void end_life(bool orderly);
  void furnish(const Receiver& receiver);
  void manners_of(const Receiver& receiver, testing::FakeMx& mx);
  void step_until(Span when);
  void run_ready();
  void happen(const Event& event);
  void operate(const Event& event);
  void hand_over(std::size_t letter);
  [[nodiscard]] bool all_ended();
  void release_what_storms_hold();
  [[nodiscard]] Span now() const {
    return before_ + (life_ ? std::chrono::duration_cast<Span>(life_->clock.elapsed()) : Span{});
  }

  static io::Async<> live(Simulation* self, Life* life);
  static io::Async<> submit(Simulation* self, Life* life, std::size_t letter);
  static io::Async<> carry_out(Simulation* self, Life* life, Event event);

  Script script_;
  std::string directory_;
  Patience patience_;
  testing::FakeRandom dice_;
  Oracles oracles_;
  std::vector<std::size_t> waiting_;  // letters nobody took yet
  Span before_{};                     // time that passed in earlier lives and between them
  mail::Duration stepped_{};          // what the calendar was moved by, all in all
  std::int64_t steps_to_death_ = -1;
  std::size_t deaths_ = 0;
  std::unique_ptr<Life> life_;
};

void bug_leaves(const std::exception_ptr& bug) {
  if (bug) std::rethrow_exception(bug);
}

// -- receivers ----------------------------------------------------------------------------------

void Simulation::manners_of(const Receiver& receiver, testing::FakeMx& mx) {
  using mail::Stage;
  mx.manners.name = "mx." + receiver.domain;
  mx.manners.pipelining = receiver.pipelining;
  mx.manners.dsn = receiver.dsn;
  for (const Letter& letter : script_.letters) {
    for (const std::string& address : letter.to) {
      if (address.starts_with("nobody")) mx.manners.unknown.insert(address);
      if (address.starts_with("busy")) mx.manners.temporarily_failing.insert(address);
    }
  }
  switch (receiver.temper) {
    case Temper::greylists: mx.manners.greylisting = 10min; break;
    case Temper::limits: mx.manners.per_hour = 3; break;
    case Temper::splits: mx.manners.most_recipients = 1; break;
    case Temper::tarpit: mx.manners.tarpit = 20s; break;
    case Temper::refuses: mx.at(Stage::rcpt).says("550 5.7.1 not here"); break;
    case Temper::always_later: mx.at(Stage::rcpt).says("450 4.2.1 later"); break;
    case Temper::doubtful:
      mx.at(Stage::dot).chance(0.4).takes_it_and_hangs_up();
      mx.at(Stage::dot).chance(0.2).hangs_up();
      break;
    case Temper::flaky:
      mx.at(Stage::greeting).chance(0.1).says("421 4.3.2 not now").answers_and_hangs_up();
      for (const Stage stage : {Stage::ehlo, Stage::mail, Stage::rcpt, Stage::data}) {
        mx.at(stage).chance(0.1).hangs_up();
        mx.at(stage).chance(0.1).says("451 4.3.0 trouble");
        mx.at(stage).chance(0.03).stalls();
      }
      mx.at(Stage::dot).chance(0.2).says("452 4.3.1 full");
      break;
    default: break;
  }
}

void Simulation::furnish(const Receiver& receiver) {
  const std::string name = "mx." + receiver.domain;
  std::unique_ptr<testing::FakeMx>& mx = life_->servers[receiver.domain];
  if (!mx) {
    mx = std::make_unique<testing::FakeMx>(life_->clock, &dice_);
    manners_of(receiver, *mx);
    mx->on_taken = [this](const testing::TakenMail& mail) { oracles_.taken(mail); };
    life_->resolver.mx(receiver.domain, {{10, name}});
    life_->resolver.address(name, receiver.address);
  }
  testing::FakeHost& host = life_->net.host(receiver.address);
  host.serves(mx->server());
  life_->resolver.heal(receiver.domain);
  const bool trouble = now() >= receiver.trouble_from && now() < receiver.trouble_until;
  if (receiver.temper == Temper::turns) {
    mx->forget_rules();
    if (trouble) mx->at(mail::Stage::mail).says("554 5.7.1 Client host listed in a DNSBL");
  }
  const bool since = now() >= receiver.trouble_from;
  if (receiver.temper == Temper::vanished && since) life_->resolver.nxdomain(receiver.domain);
  if (!trouble) return;
  if (receiver.temper == Temper::dead) {
    receiver.pipelining ? host.refuses() : host.stays_silent();
  } else if (receiver.temper == Temper::unresolved) {
    receiver.pipelining ? life_->resolver.servfail(receiver.domain)
                        : life_->resolver.silent(receiver.domain);
  } else if (receiver.temper == Temper::unreachable) {
    host.local_network();
  }
}

// -- lives --------------------------------------------------------------------------------------

io::Async<> Simulation::live(Simulation* self, Life* life) {
  const io::Result<> ended = co_await life->engine->run(engine::Mode::serve);
  life->ended = true;
  if (!ended) self->oracles_.violation(2, "the engine ended: " + io::to_string(ended.error()));
}

void Simulation::begin_life() {
  const mail::WallTime wall = testing::FakeClock::default_start() + before_ + stepped_;
  life_ = std::make_unique<Life>(directory_, wall, dice_, oracles_, patience_);
  oracles_.remembers(queue::Reader::open(directory_).value()->lessons().value(), wall);
  const auto lanes = [life = life_.get()] { return life->engine->lanes(); };
  const auto rehearse = [life = life_.get()](const scheduler::Role& role) {
    std::vector<mail::WallTime> dates;
    const auto told = life->engine->rehearse({role}, 3);
    if (!told) return dates;
    for (const scheduler::Coming& one : told->front().attempts) dates.push_back(one.when);
    return dates;
  };
  oracles_.born(
      lanes, [this] { return now(); }, rehearse);
  for (const Receiver& receiver : script_.receivers) furnish(receiver);
  asio::co_spawn(life_->context, live(this, life_.get()), bug_leaves);
  const std::vector<std::size_t> again = std::exchange(waiting_, {});
  for (const std::size_t letter : again) hand_over(letter);
}

void Simulation::end_life(bool orderly) {
  before_ = now();
  if (orderly) {
    oracles_.stopped();
    life_->store->close();
  } else {
    oracles_.died();
    ++deaths_;
  }
  // Whatever waits dies first, while all it refers to still stands.
  life_->context.die();
  life_.reset();
  steps_to_death_ = -1;
}

void Simulation::keep_alive() {
  if (life_ && life_->ended) end_life(true);
  if (!life_) begin_life();
}

void Simulation::run_ready() {
  constexpr std::size_t kLivelock = 5'000'000;
  life_->context.restart();
  for (std::size_t steps = 0; steps < kLivelock; ++steps) {
    if (steps_to_death_ == 0) return end_life(false);
    if (life_->context.poll_one() == 0) return;
    if (steps_to_death_ > 0) --steps_to_death_;
  }
  throw testing::Livelock{};
}

void Simulation::step_until(Span when) {
  while (life_) {
    run_ready();
    if (!life_) return;
    const std::optional<io::Instant> next = life_->clock.next_wakeup();
    const Span left = when - now();
    if (!next || *next - life_->clock.now() > left) {
      if (left > Span::zero()) life_->clock.advance_by(left);
      return;
    }
    life_->clock.advance_to_next();
  }
}

// -- events -------------------------------------------------------------------------------------

io::Async<> Simulation::submit(Simulation* self, Life* life, std::size_t n) {
  const Letter& letter = self->script_.letters[n];
  mail::NewMessage message;
  message.accepted = life->engine->now();
  message.id = life->store->new_id(message.accepted);
  std::string id = std::to_string(n);
  message.submission = mail::SubmissionId{std::string(32 - id.size(), '0') + id};
  if (!letter.sender.empty()) message.envelope.sender = mail::Address::parse(letter.sender).value();
  message.envelope.ret = letter.ret;
  message.envelope.automatic = letter.automatic;
  for (const std::string& to : letter.to) {
    message.recipients.push_back({mail::Address::parse(to).value(), letter.notify, std::nullopt});
  }
  std::unique_ptr<queue::IncomingContents> contents = life->store->new_contents();
  std::string text = "Subject: letter " + id + "\r\n\r\n";
  for (std::size_t i = 0; i < letter.length; i += 10) text += "12345678\r\n";
  const io::Result<> appended = co_await contents->append(text);
  if (!appended) {
    self->oracles_.violation(1, "contents: " + io::to_string(appended.error()));
    co_return;
  }
  message.envelope.size = contents->size();
  const io::Result<queue::EnqueueResult> kept =
      co_await life->engine->accept(std::move(message), std::move(contents));
  if (!kept) co_return;  // its next life is asked again
  self->oracles_.kept(n, kept->id);
  std::erase(self->waiting_, n);
}

void Simulation::hand_over(std::size_t letter) {
  // Until the answer is there it may have to be handed over again.
  waiting_.push_back(letter);
  oracles_.handed_over(letter);
  if (life_) asio::co_spawn(life_->context, submit(this, life_.get(), letter), bug_leaves);
}

io::Async<> Simulation::carry_out(Simulation* self, Life* life, Event event) {
  queue::Selection selection;
  const std::optional<mail::QueueId> id = self->oracles_.id_of(event.which);
  if (event.kind != Kind::flush) {
    if (!id) co_return;
    selection.messages = {*id};
  }
  io::Result<queue::Operated> done = queue::Operated{};
  if (event.kind == Kind::expire) {
    done = co_await life->engine->expire(std::move(selection), "uid 0");
  } else {
    queue::Operation operation;
    operation.verb = event.kind == Kind::hold      ? queue::Verb::hold
                     : event.kind == Kind::release ? queue::Verb::release
                     : event.kind == Kind::remove  ? queue::Verb::remove
                                                   : queue::Verb::retry;
    operation.selection = std::move(selection);
    operation.by = "uid 0";
    // What it does becomes visible with its commit, before we are told.
    if (event.kind != Kind::hold) self->oracles_.was_operated(event.which, event.kind, {});
    done = co_await life->engine->operate(std::move(operation));
  }
  if (done) self->oracles_.was_operated(event.which, event.kind, *done);
}

void Simulation::happen(const Event& event) {
  if (event.kind == Kind::hand_over) return hand_over(event.which);
  if (!life_) return;
  switch (event.kind) {
    case Kind::hand_over: break;
    case Kind::receiver: furnish(script_.receivers[event.which]); break;
    case Kind::step:
      life_->clock.step_wall(event.length);
      stepped_ += event.length;
      oracles_.stepped();
      break;
    case Kind::kill: steps_to_death_ = static_cast<std::int64_t>(event.which); break;
    case Kind::stop: life_->engine->stop(); break;
    default: asio::co_spawn(life_->context, carry_out(this, life_.get(), event), bug_leaves);
  }
}

bool Simulation::all_ended() {
  if (!life_ || !waiting_.empty()) return false;
  queue::Store& store = *life_->store;
  const auto due = testing::run(life_->context, life_->clock, store.next_due({}, {}));
  if (!due || *due || life_->engine->in_flight() > 0) return false;
  const auto held = testing::run(life_->context, life_->clock, store.stormed());
  if (!held || !held->empty()) return false;
  for (const scheduler::LaneView& lane : life_->engine->lanes()) {
    if (lane.waiting > 0) return false;
  }
  return true;
}

/// The operator looks now and then.
void Simulation::release_what_storms_hold() {
  const auto held = testing::run(life_->context, life_->clock, life_->store->stormed());
  if (!held || held->empty()) return;
  for (std::size_t n = 0; n < script_.letters.size(); ++n) happen({now(), Kind::release, n, {}});
}

Verdict Simulation::run() {
  begin_life();
  for (const Event& event : script_.events) {
    step_until(event.when);
    if (life_ && life_->ended) end_life(true);
    // A daemon that is down stays down until somebody else wants something of it.
    before_ = life_ ? before_ : std::max(before_, event.when);
    if (event.kind == Kind::kill || event.kind == Kind::stop) {
      happen(event);
      continue;
    }
    if (!life_) begin_life();
    happen(event);
  }
  for (std::size_t n = 0; n < script_.letters.size(); ++n) {
    keep_alive();
    happen({now(), Kind::release, n, {}});
    step_until(now() + 1s);
  }
  while (now() < kLongest) {
    step_until(now() + 6h);
    keep_alive();
    if (all_ended()) break;
    release_what_storms_hold();
  }
  keep_alive();
  if (now() >= kLongest) oracles_.violation(2, "the queue never came to its end");
  life_->engine->stop();
  step_until(now() + 1h);
  if (life_) end_life(true);
  oracles_.check_at_end(directory_ + "/queue.db");
  return {oracles_.violations(),   oracles_.attempts_seen(),
          oracles_.dates_kept(),   deaths_,
          oracles_.lessons_used(), oracles_.digests_seen(),
          oracles_.storms_seen(),  oracles_.late_digested()};
}

}  // namespace

Verdict simulate(std::uint64_t seed, const std::string& directory, Patience patience) {
  return Simulation{seed, directory, patience}.run();
}

}  // namespace tenax::simulation
