// SPDX-License-Identifier: Apache-2.0
#include "engine/daemon.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "io/account.h"
#include "io/file.h"
#include "io/system_clock.h"
#include "io/tcp_connector.h"
#include "io/unbound_resolver.h"

#include "engine/config.h"
#include "engine/control_door.h"
#include "engine/drop_door.h"
#include "engine/engine.h"
#include "engine/engine_controls.h"
#include "engine/log.h"
#include "engine/log_observer.h"
#include "engine/orders.h"
#include "engine/service.h"
#include "engine/smtp_door.h"
#include "engine/submission_door.h"
#include "queue/sqlite_store.h"

namespace tenax::engine {

namespace asio = io::asio;

namespace {

Orders read_orders(const DaemonOptions& options) {
  LoadedConfig loaded = load_config(find_config(options.config));
  Config& config = loaded.config;
  if (!options.state.empty()) config.state = options.state;
  if (!options.log_level.empty()) config.log_level = options.log_level;
  return orders_of(std::move(loaded));
}

/// One that is there already keeps the mode its owner gave it.
io::Result<> make_place(const std::string& path, mode_t mode) {
  struct stat found {};
  const bool there = ::stat(path.c_str(), &found) == 0;
  const io::Result<> made = io::make_directories(path, mode);
  if (!made) return made;
  if (!there && ::chmod(path.c_str(), mode) != 0) return io::error_from_errno(errno, path);
  return made;
}

io::Result<> make_places(const Config& config) {
  // 0751: submitters pass through to the drop folder and the sockets, and see nothing else; what
  // lies in it is closed by its own modes and by our umask.
  const io::Result<> state = make_place(config.state, 0751);
  if (!state) return state;
  return make_place(config.runtime_directory(), 0755);
}

/// Whoever rotates logs or rewrites the config does not know that we are still starting, and an
/// unheard hangup would end us. One that is held is heard when it is let go.
void hold_hangups(bool held) {
  sigset_t hangup;
  ::sigemptyset(&hangup);
  ::sigaddset(&hangup, SIGHUP);
  ::pthread_sigmask(held ? SIG_BLOCK : SIG_UNBLOCK, &hangup, nullptr);
}

int exit_code_of(const io::Error& error) {
  if (error.is(io::Errc::denied) || error.is(io::Errc::unfit)) return EX_NOPERM;
  if (error.is(io::Errc::busy) || error.is(io::Errc::disk_full)) return EX_TEMPFAIL;
  if (error.is(io::Errc::not_found)) return EX_CANTCREAT;
  return EX_IOERR;
}

int complain(const std::string& what, const io::Error& error) {
  std::fprintf(stderr, "tenaxd: %s: %s\n", what.c_str(), io::to_string(error).c_str());
  return exit_code_of(error);
}

/// 0: by what the machine has. Most of a message's time goes to the kernel and to the writer, which
/// has a thread of its own; a second one for sessions pays from four cores on.
int threads_for(int configured) {
  if (configured > 0) return configured;
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores / 2, 1, 4);
}

/// The world, the engine in it, and its doors. Made and destroyed on the main thread while no other
/// runs; in between everything happens on the strand `home_`.
class Daemon {
 public:
  Daemon(DaemonOptions options, Orders orders, std::shared_ptr<spdlog::logger> log)
      : options_{std::move(options)},
        config_{std::move(orders.config)},
        threads_{threads_for(config_.threads)},
        context_{threads_},
        home_{new_strand()},
        log_{std::move(log)},
        log_observer_{log_, io::boot_now, [this] { flush_log_soon(); }},
        observers_{{&log_observer_, &service_}},
        signals_{home_},
        plan_{std::move(orders.plan)},
        operators_{orders.operators} {}

  /// 0 or the exit code, with the reason on stderr.
  int open();
  int run();

 private:
  io::Async<> live();
  io::Async<> heed_signals();
  io::Async<> keep_alive();
  void begin_to_stop();
  void reload();
  void keep_config(const std::vector<ConfigProblem>& problems);
  void flush_log_soon();
  int open_doors();
  int open_smtp();
  int not_started(const std::string& what, const io::Error& error);
  /// One thread keeps the order by itself.
  [[nodiscard]] io::Executor new_strand() {
    if (threads_ == 1) return context_.get_executor();
    return asio::make_strand(context_);
  }

  DaemonOptions options_;
  Config config_;
  int threads_;
  asio::io_context context_;
  io::Executor home_;
  asio::thread_pool writer_{1};
  io::SystemClock clock_;
  io::SystemRandom random_;
  std::shared_ptr<spdlog::logger> log_;
  LogObserver log_observer_;
  bool flushing_ = false;  // the log, at the end of this turn
  Service service_;
  Observers observers_;
  asio::signal_set signals_;
  Plan plan_;
  Operators operators_;
  std::unique_ptr<io::UnboundResolver> resolver_;
  io::TcpConnector connector_;
  std::unique_ptr<queue::Store> store_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<EngineControls> controls_;
  std::unique_ptr<DropDoor> drop_;
  std::unique_ptr<SubmissionDoor> submission_;
  std::unique_ptr<ControlDoor> control_;
  std::unique_ptr<SmtpDoor> smtp_;
  bool ended_ = false;
  bool all_came_home_ = true;
  int exit_code_ = 0;
};

int Daemon::open() {
  observers_.phase(Phase::starting);
  const io::Result<> places = make_places(config_);
  if (!places) return not_started("making the state directory", places.error());

  queue::SqliteStoreOptions store{config_.state, {}, config_.inline_limit};
  io::Result<queue::OpenedStore> opened = queue::open_sqlite_store(
      std::move(store), home_, writer_.get_executor(), random_, clock_.wall());
  if (!opened) return not_started("opening the queue in " + config_.state, opened.error());
  store_ = std::move(opened->store);
  const queue::Recovery found = opened->recovery;
  observers_.recovered({found});

  io::UnboundOptions names;
  names.servers = config_.servers;
  names.dnssec = config_.dnssec;
  io::Result<std::unique_ptr<io::UnboundResolver>> resolver =
      io::UnboundResolver::open(names, context_.get_executor());
  if (!resolver) return not_started("opening the resolver", resolver.error());
  resolver_ = std::move(*resolver);

  const auto strands = [this] { return new_strand(); };
  World world{home_, strands, clock_, random_, *resolver_, connector_, *store_};
  engine_ = std::make_unique<Engine>(std::move(world), std::move(plan_), observers_);
  engine_->go_on_from(found);
  return open_doors();
}

int Daemon::open_doors() {
  io::Result<std::unique_ptr<DropDoor>> drop =
      DropDoor::open(home_, clock_, *engine_, *store_, config_.drop_directory());
  if (!drop) return not_started("opening the drop folder", drop.error());
  drop_ = std::move(*drop);

  SubmissionDoorOptions submission;
  submission.path = config_.submit_socket();
  io::Result<std::unique_ptr<SubmissionDoor>> door =
      SubmissionDoor::open(home_, clock_, *engine_, *store_, std::move(submission));
  if (!door) return not_started("opening the submission socket", door.error());
  submission_ = std::move(*door);

  controls_ = std::make_unique<EngineControls>(*engine_);
  ControlDoorOptions control;
  control.path = config_.control_socket();
  control.operators = operators_;
  io::Result<std::unique_ptr<ControlDoor>> controls =
      ControlDoor::open(home_, clock_, *controls_, std::move(control));
  if (!controls) return not_started("opening the control socket", controls.error());
  control_ = std::move(*controls);
  return options_.once ? EX_OK : open_smtp();
}

int Daemon::open_smtp() {
  SmtpDoorOptions options;
  for (const std::string& network : config_.smtp_networks) {
    const mail::Parsed<Network> parsed = Network::parse(network);
    if (parsed) options.networks.push_back(*parsed);
  }
  options.sessions = static_cast<std::size_t>(config_.smtp_sessions);
  options.sessions_of_client = static_cast<std::size_t>(config_.smtp_sessions_per_client);
  options.messages_of_client = static_cast<std::size_t>(config_.smtp_messages_per_minute);
  const std::vector<std::string> addresses = config_.smtp_addresses();
  if (addresses.empty()) return EX_OK;
  const auto strands = [this] { return new_strand(); };
  smtp_ = std::make_unique<SmtpDoor>(SmtpDoorWorld{home_, strands, clock_, random_}, *engine_,
                                     *store_, std::move(options));
  for (const std::string& where : addresses) {
    const io::Result<std::string> address = smtp_->listen(where);
    if (address) {
      log_->info("- listening at={}", *address);
      continue;
    }
    // What nobody asked for need not be had: another program may have the port, or IPv6 be off.
    const bool asked_for =
        std::ranges::find(config_.smtp_listen, where) != config_.smtp_listen.end();
    if (asked_for) {
      const int code = not_started("opening " + where, address.error());
      const bool not_to_be_had =
          address.error().is(io::Errc::busy) || address.error().is(io::Errc::local_network);
      return not_to_be_had ? EX_UNAVAILABLE : code;
    }
    log_->warn("- not-listening at={} why=\"{}\"", where, io::to_string(address.error()));
  }
  return EX_OK;
}

/// Who reads the log in a file or from syslog may never see our stderr, and would find there that
/// we are starting, over and over, and no reason.
int Daemon::not_started(const std::string& what, const io::Error& error) {
  if (config_.log_to != "stderr") {
    const std::string why = what + ": " + io::to_string(error);
    log_->error("{}", LogLine{"- not-started"}.quoted("why", why).text());
  }
  return complain(what, error);
}

int Daemon::run() {
  const auto bug_leaves = [](const std::exception_ptr& bug) {
    if (bug) std::rethrow_exception(bug);
  };
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.add(SIGHUP);
  hold_hangups(false);
  asio::co_spawn(home_, heed_signals(), bug_leaves);
  asio::co_spawn(home_, keep_alive(), bug_leaves);
  asio::co_spawn(home_, live(), bug_leaves);

  std::vector<std::thread> others;
  for (int i = 1; i < threads_; ++i) others.emplace_back([this] { context_.run(); });
  context_.run();
  for (std::thread& thread : others) thread.join();
  writer_.join();
  if (!all_came_home_) {
    // Somebody still holds on to what would be destroyed now. The queue is closed and safe.
    log_->flush();
    std::_Exit(exit_code_);
  }
  return exit_code_;
}

io::Async<> Daemon::live() {
  if (options_.once) {
    const io::Result<std::size_t> taken = co_await drop_->take_all_of_them();
    if (!taken) observers_.trouble({"taking in", io::to_string(taken.error()), std::nullopt});
  } else {
    drop_->watch();
  }
  const io::Result<> ended = co_await engine_->run(options_.once ? Mode::once : Mode::serve);
  if (!ended) {
    exit_code_ = EX_TEMPFAIL;
    all_came_home_ = !ended.error().is(io::Errc::timed_out);
    log_->error("{}", LogLine{"- ended"}.quoted("why", io::to_string(ended.error())).text());
  }
  begin_to_stop();
  control_->stop();
  // Submitters whose message is being committed are still owed their answer.
  const io::Instant last = clock_.now() + std::chrono::seconds{10};
  while ((submission_->sessions() > 0 || (smtp_ && smtp_->sessions() > 0)) && clock_.now() < last) {
    const io::Instant soon = clock_.now() + std::chrono::milliseconds{20};
    co_await clock_.sleep_until(soon);
  }
  store_->close();
  ended_ = true;
  context_.stop();
}

/// What is ready at this moment still writes its lines: they go to the file together.
void Daemon::flush_log_soon() {
  if (std::exchange(flushing_, true)) return;
  asio::post(home_, [this] {
    flushing_ = false;
    log_->flush();
  });
}

void Daemon::begin_to_stop() {
  submission_->stop();
  if (smtp_) smtp_->stop();
  drop_->stop();
  engine_->stop();
}

io::Async<> Daemon::heed_signals() {
  while (!ended_) {
    const auto [failure, signal] =
        co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (failure) co_return;
    if (signal == SIGHUP) {
      reload();
    } else {
      begin_to_stop();
    }
  }
}

io::Async<> Daemon::keep_alive() {
  const std::optional<io::Span> interval = Service::watchdog();
  const io::Span pause = interval.value_or(std::chrono::minutes{1});
  while (!ended_) {
    if (interval) service_.alive();
    service_.status(std::to_string(engine_->in_flight()) + " deliveries in flight");
    const io::Instant next = clock_.now() + pause;
    co_await clock_.sleep_until(next);
  }
}

void Daemon::reload() {
  observers_.phase(Phase::reloading);
  Orders orders = read_orders(options_);
  if (orders.problems.empty()) {
    // The one step that may still fail comes before those that cannot: all of the file or nothing.
    const io::Result<> opened = reopen_log(*log_, orders.config.log_to, orders.config.log_level);
    if (!opened) {
      orders.problems.push_back({orders.config.file, orders.config.line_of("log.to"), "log.to",
                                 io::to_string(opened.error())});
    }
  }
  if (orders.problems.empty()) {
    for (const std::string& key : waiting_for_a_start(config_, orders.config)) {
      log_->warn("- config {}: changed, and takes effect at the next start", key);
    }
    config_.log_to = orders.config.log_to;
    config_.log_level = orders.config.log_level;
    control_->adopt(orders.operators);
    engine_->adopt(std::move(orders.plan));
  } else {
    keep_config(orders.problems);
  }
  observers_.phase(Phase::ready);
}

void Daemon::keep_config(const std::vector<ConfigProblem>& problems) {
  // Whoever rotated the log waits for us to leave the old file, whatever the config says.
  const io::Result<> reopened = reopen_log(*log_, config_.log_to, config_.log_level);
  if (!reopened)
    log_->error("{}", LogLine{"- log"}.quoted("why", io::to_string(reopened.error())).text());
  for (const ConfigProblem& problem : problems) log_->error("- config {}", problem.text());
  log_->error("- config kept as it was");
}

/// A session takes one or two; a shell starts us with 1,024 however many there may be.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The user whose queue this is, if we are root and it is somebody else's; else nullopt. Who owns
/// the directory says nothing: in a container it is often a user of the machine around it.
std::optional<uid_t> other_owner(const std::string& directory) {
  struct stat found {};
  const std::string queue = directory + "/queue.db";
  if (::geteuid() != 0 || ::stat(queue.c_str(), &found) != 0) return std::nullopt;
  return found.st_uid == 0 ? std::nullopt : std::optional{found.st_uid};
}

/// What root writes there its owner cannot read: the next daemon would find mail whose contents,
/// and a log whose file, are closed to it.
int refuse_to_be_root(const std::string& directory, uid_t owner) {
  const io::Result<std::optional<io::Account>> account = io::find_account(owner);
  const std::string user =
      account && *account ? (*account)->name : "user id " + std::to_string(owner);
  std::fprintf(stderr, "tenaxd: the queue in %s is %s's: start it as that user, not as root\n",
               directory.c_str(), user.c_str());
  return EX_NOPERM;
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  ::umask(0077);
  raise_descriptor_limit();
  ::signal(SIGPIPE, SIG_IGN);
  hold_hangups(true);
  Orders orders = read_orders(options);
  for (const ConfigProblem& problem : orders.problems) {
    std::fprintf(stderr, "%s\n", problem.text().c_str());
  }
  if (!orders.problems.empty()) return EX_CONFIG;
  bounce::use_rules(*orders.cause_rules);
  if (const std::optional<uid_t> owner = other_owner(orders.config.state)) {
    return refuse_to_be_root(orders.config.state, *owner);
  }

  io::Result<std::shared_ptr<spdlog::logger>> log =
      open_log(orders.config.log_to, orders.config.log_level);
  if (!log) return complain("opening the log", log.error());
  // The engine's life ends before its world's does: the daemon takes itself apart in this order.
  const auto daemon = std::make_unique<Daemon>(options, std::move(orders), std::move(*log));
  const int failed = daemon->open();
  if (failed != EX_OK) return failed;
  return daemon->run();
}

}  // namespace tenax::engine
