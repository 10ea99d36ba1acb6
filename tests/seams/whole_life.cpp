// SPDX-License-Identifier: Apache-2.0
#include "tests/seams/whole_life.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <stdexcept>

#include "queue/sqlite_store.h"
#include "tests/support/plan.h"
#include "tests/support/run.h"

namespace tenax::seams {

namespace {

using namespace std::chrono_literals;
using mail::RecipientState;
using testing::FaultyVfs;
namespace asio = io::asio;

constexpr mail::Duration kHistory = 36h;

engine::Plan make_plan() {
  engine::Plan plan = testing::plan_of("out.example.org");
  plan.terms.our_domain = mail::Domain::parse("example.org").value();
  plan.history = kHistory;
  plan.housekeeping = 6h;
  plan.terms.retry.delay_notices = {10min};
  return plan;
}

}  // namespace

const std::vector<Letter>& letters() {
  constexpr std::string_view kAnn = "ann@example.org";
  static const std::vector<Letter> all{
      {kAnn, {"bob@example.net", "nobody@example.net", "eve@example.com"}, 300},
      {kAnn, {"joe@example.net", "ray@example.com"}, 80'000},  // lies in a file of its own
      {"", {"nobody.else@example.net"}, 300},                  // there is no one to tell
      {kAnn, {"tom@example.com"}, 300},
  };
  return all;
}

WholeLife::WholeLife(std::string directory, std::optional<Fault> fault)
    : directory_{std::move(directory)}, faults_{fault} {
  faults_.on_strike = [this] { told_.excuse(); };
  faults_.stop = [this] {
    engine_->stop();
    engine_->stop();
  };
  furnish();
}

/// Whatever still waits goes first, while all it refers to stands.
WholeLife::~WholeLife() { context_.die(); }

// -- the outside ----------------------------------------------------------------------------------

void WholeLife::furnish() {
  const auto add = [this](std::string_view name, std::string address) -> testing::MxManners& {
    auto mx = std::make_unique<testing::FakeMx>(time_);
    mx->manners.name = name;
    zone_.address(name, address);
    net_.host(address).serves(mx->server());
    return receivers_.emplace(std::move(address), std::move(mx)).first->second->manners;
  };
  testing::MxManners& first = add("mx1.example.net", "192.0.2.1");
  first.starttls = true;
  first.certificate = {"mx1.example.net"};
  first.dsn = true;
  first.unknown = {"nobody@example.net", "nobody.else@example.net"};
  add("mx2.example.net", "192.0.2.2").unknown = first.unknown;
  testing::MxManners& grey = add("mx.example.com", "192.0.2.3");
  grey.pipelining = false;
  grey.greylisting = 20min;
  add("mx.example.org", "192.0.2.4");
  zone_.mx("example.net", {{10, "mx1.example.net"}, {20, "mx2.example.net"}});
  zone_.mx("example.com", {{10, "mx.example.com"}});
  zone_.mx("example.org", {{10, "mx.example.org"}});

  if (!faults_.planned()) return;
  const Fault& fault = *faults_.planned();
  const int act = static_cast<int>(fault.seam) - static_cast<int>(Seam::disk_open);
  if (act < 0) return;
  disk_.fail(static_cast<FaultyVfs::Act>(act), fault.call,
             fault.ill == Ill::no_room ? FaultyVfs::Fault::no_room : FaultyVfs::Fault::broken);
  disk_.on_failure([this] { faults_.strike(); });
}

// -- daemons --------------------------------------------------------------------------------------

io::Async<> WholeLife::live(WholeLife* self, engine::Engine* engine) {
  const io::Result<> end = co_await engine->run(engine::Mode::serve);
  self->ended_ = true;
  // The one thing that may end it by itself: a disk of which nothing may be assumed any more.
  const bool documented =
      end || (self->faults_.struck() && end.error().is(io::Errc::closed_intake));
  if (!documented) self->wrong("the engine ended: " + io::to_string(end.error()));
  if (engine->in_flight() > 0) self->wrong("the engine ended before its deliveries");
}

bool WholeLife::open_store() {
  queue::SqliteStoreOptions options;
  options.directory = directory_;
  options.vfs = disk_.name();
  options.inline_limit = kInlineLimit;
  io::Result<queue::OpenedStore> opened = queue::open_sqlite_store(
      std::move(options), context_.get_executor(), context_.get_executor(), random_, time_.wall());
  if (!opened) return false;
  // Contents that cannot be found for the moment are for a person to judge (queue-states.md).
  to_release_ = opened->recovery.missing > 0;
  if (to_release_ && !faults_.struck()) wrong("contents are missing");
  store_ = std::move(opened->store);
  recovery_ = opened->recovery;
  return true;
}

void WholeLife::spawn(io::Async<> task) {
  asio::co_spawn(context_, std::move(task), [](const std::exception_ptr& bug) {
    if (bug) std::rethrow_exception(bug);
  });
}

void WholeLife::begin() {
  ++account_.daemons;
  bool open = open_store();
  if (!open && faults_.struck()) open = open_store();  // what befell the first did not last
  if (!open) throw std::runtime_error{"the queue does not open"};
  const io::Executor home = context_.get_executor();
  engine::World world{home,   [home] { return home; }, clock_, random_, resolver_, connector_,
                      *store_};
  engine_ = std::make_unique<engine::Engine>(std::move(world), make_plan(), told_);
  engine_->go_on_from(recovery_);
  ended_ = false;
  spawn(live(this, engine_.get()));
  if (to_release_) spawn(release(this));
}

/// The operator, who saw in the log that contents were missing, and finds them there again.
io::Async<> WholeLife::release(WholeLife* self) {
  self->to_release_ = false;
  queue::Operation operation;
  operation.verb = queue::Verb::release;
  operation.by = "uid 0";
  const io::Result<queue::Operated> released =
      co_await self->engine_->operate(std::move(operation));
  if (!released) self->wrong("release: " + io::to_string(released.error()));
}

/// As the daemon ends: the queue is closed, then all is taken apart.
void WholeLife::end() {
  store_->close();
  testing::run_ready(context_);
  told_.excuse();
  wires_.behind_dot.clear();
  engine_.reset();
  store_.reset();
  check_files();
}

/// Whoever ended is followed by the next, and who has letters to send comes again.
void WholeLife::pass(io::Span length) {
  const io::Instant until = time_.now() + length;
  while (time_.now() < until) {
    if (engine_ && ended_) end();
    if (!engine_) begin();
    for (std::size_t n = 0; n < letters().size(); ++n) hand_over(n);
    const bool busy = acknowledged_.size() < letters().size();
    testing::run_for(context_, time_, std::min(until - time_.now(), io::Span{busy ? 1min : 30min}));
  }
}

// -- letters --------------------------------------------------------------------------------------

io::Async<> WholeLife::submit(WholeLife* self, std::size_t n) {
  const Letter& letter = letters()[n];
  mail::NewMessage message;
  message.accepted = self->engine_->now();
  message.id = self->store_->new_id(message.accepted);
  message.submission = mail::SubmissionId{std::string(31, '0') + std::to_string(n)};
  if (!letter.sender.empty()) message.envelope.sender = mail::Address::parse(letter.sender).value();
  for (const std::string_view to : letter.to) {
    message.recipients.push_back({mail::Address::parse(to).value(), {}, std::nullopt});
  }
  std::unique_ptr<queue::IncomingContents> contents = self->store_->new_contents();
  std::string text = "Subject: letter\r\n\r\n";
  while (text.size() < letter.octets) text += std::string(70, 'x') + "\r\n";
  const io::Result<> appended = co_await contents->append(text);
  if (appended) {
    message.envelope.size = contents->size();
    const io::Result<queue::EnqueueResult> kept =
        co_await self->engine_->accept(std::move(message), std::move(contents));
    if (kept) self->acknowledged_.emplace(n, kept->id);
  }
  self->under_way_.erase(n);
}

void WholeLife::hand_over(std::size_t letter) {
  if (acknowledged_.contains(letter) || ended_ || !under_way_.insert(letter).second) return;
  spawn(submit(this, letter));
}

std::vector<queue::RecipientRow> WholeLife::rows() {
  const std::unique_ptr<queue::Reader> reader = queue::Reader::open(directory_).value();
  queue::Selection all;
  all.states = {RecipientState::waiting,   RecipientState::leased, RecipientState::held,
                RecipientState::delivered, RecipientState::failed, RecipientState::removed};
  return reader->list(all, 1000).value();
}

bool WholeLife::all_ended() {
  if (acknowledged_.size() < letters().size()) return false;
  const std::vector<queue::RecipientRow> all = rows();
  return std::ranges::all_of(all, [](const auto& row) { return row.ended.has_value(); });
}

Account WholeLife::run() {
  try {
    pass(1min);
    engine_->stop();  // others wait for their second attempt: the next daemon finds them
    while (time_.elapsed() < 6h && !all_ended()) pass(30min);
    if (!all_ended()) wrong("the queue never came to its end");
    check_recipients();
    check_queue();
    // The second try at the latest, if the first met the fault; a calendar set back keeps it
    // longer.
    pass(kHistory + 24h + 13h);
    for (const queue::RecipientRow& row : rows()) wrong(row.address.text() + " was not purged");
    engine_->stop();
    testing::run_for(context_, time_, 1min);
    if (!ended_) wrong("it does not stop");
    end();
    check_queue();
    check_nothing_is_left();
  } catch (const std::exception& bug) {
    wrong(std::string{"it came to a stop: "} + bug.what());
  }
  for (const auto act :
       {FaultyVfs::Act::open, FaultyVfs::Act::read, FaultyVfs::Act::write, FaultyVfs::Act::sync}) {
    const auto seam = static_cast<int>(Seam::disk_open) + static_cast<int>(act);
    faults_.count(static_cast<Seam>(seam), disk_.seen(act));
  }
  for (std::size_t seam = 0; seam < kSeams; ++seam) {
    account_.calls[seam] = faults_.calls(static_cast<Seam>(seam));
  }
  account_.struck = faults_.struck();
  return std::move(account_);
}

}  // namespace tenax::seams
