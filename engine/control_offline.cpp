// SPDX-License-Identifier: Apache-2.0
#include "engine/control_offline.h"

#include <grp.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "io/random.h"
#include "io/system_clock.h"

#include "engine/expire.h"
#include "engine/foretell.h"
#include "engine/notebook.h"
#include "engine/observer.h"
#include "engine/route.h"
#include "engine/settler.h"
#include "engine/suppressing.h"
#include "queue/reader.h"
#include "queue/sqlite_store.h"
#include "scheduler/memory.h"
#include "scheduler/shaping.h"

namespace tenax::engine {

namespace asio = io::asio;

namespace {

/// The network of a program that delivers nothing.
class NoResolver final : public io::Resolver {
 public:
  io::Async<io::Result<io::Answer<io::MxRecord>>> mx(std::string name, io::Instant) override {
    co_return io::error(io::Errc::name_unavailable, name);
  }
  io::Async<io::Result<io::Answer<io::IpAddress>>> addresses(std::string name,
                                                             io::Instant) override {
    co_return io::error(io::Errc::name_unavailable, name);
  }
};

class NoConnector final : public io::Connector {
 public:
  io::Async<io::Result<std::unique_ptr<io::Stream>>> connect(io::Endpoint, io::Instant) override {
    co_return io::error(io::Errc::local_network, "connect");
  }
};

class StoreControls final : public Controls {
 public:
  StoreControls(World world, Plan plan)
      : world_{world}, plan_{std::move(plan)}, settler_{std::move(world), silent_} {
    settler_.give_up();  // somebody sits at the terminal: a full disk is an answer
  }

  io::Async<io::Result<queue::Operated>> operate(queue::Operation operation) override {
    operation.now = world_.clock.wall();
    return world_.store.operate(std::move(operation));
  }

  io::Async<io::Result<queue::Operated>> expire(queue::Selection selection,
                                                std::string by) override {
    Lease lease = [this](queue::Selection what, queue::Rest rest) {
      return world_.store.claim_selected(std::move(what), std::move(rest), world_.clock.wall(),
                                         plan_.terms.retry.first_delay);
    };
    return expire_selected(world_.store, settler_, plan_, std::move(lease), std::move(selection),
                           std::move(by), world_.clock.wall(), Told{});
  }

  io::Async<io::Result<bool>> forget(mail::Destination destination) override {
    return forget_kept(world_.store, std::move(destination), world_.clock.wall());
  }

  io::Async<io::Result<queue::Operated>> suppress(std::vector<queue::SuppressionEdit> edits,
                                                  std::string by) override {
    const queue::SuppressionPolicy& policy = plan_.terms.suppression;
    return world_.store.edit_suppressions(std::move(edits), counted_causes(policy), policy.expires,
                                          std::move(by), world_.clock.wall());
  }

  [[nodiscard]] EngineView view() const override { return {}; }

 private:
  World world_;
  Plan plan_;
  Observer silent_;
  Settler settler_;
};

/// The store's own words would promise a queue; a directory without one must stay without.
io::Result<> must_exist(const std::string& directory) {
  struct stat found {};
  const std::string path = directory + "/queue.db";
  if (::stat(path.c_str(), &found) == 0) return io::Result<>{};
  if (errno == ENOENT || errno == ENOTDIR)
    return io::error(io::Errc::not_found, "a queue in " + directory);
  return io::error_from_errno(errno, path);
}

/// What the queue keeps of what receivers taught; nothing where that cannot be read.
std::vector<mail::Lesson> kept_lessons(const std::string& directory) {
  const auto reader = queue::Reader::open(directory);
  if (!reader) return {};
  io::Result<std::vector<mail::Lesson>> lessons = (*reader)->lessons();
  return lessons ? std::move(*lessons) : std::vector<mail::Lesson>{};
}

/// As the daemon would do if it was started now.
ControlAnswer rehearsed(const Config& config, const ControlRequest& request) {
  ControlAnswer answer;
  const PlannedConfig planned = plan_of(config);
  const auto& learning = planned.plan.scheduler.learning;
  if (!learning) return answer;
  const scheduler::Overrides& overrides = planned.plan.terms.overrides;
  scheduler::Shaping shaping{overrides};
  for (const scheduler::Role& role : request.roles) {
    if (!role.last || role.last->host.name.empty()) continue;
    (void)shaping.met(role.destination, {role.last->host.name});
  }
  const mail::WallTime now = io::SystemClock{}.wall();
  scheduler::Memory memory{*learning, &shaping};
  (void)memory.restore(kept_lessons(config.state), now);
  const Rehearse learnt = [&](const scheduler::Role& role, std::size_t most) {
    return scheduler::rehearse(memory.known_of(request_of(role)), role, now, most);
  };
  answer.rehearsals.emplace();
  for (const scheduler::Role& role : request.roles) {
    const scheduler::OverridePtr entry = shaping.of(role.destination);
    answer.rehearsals->push_back(
        foretell(role, planned.plan.terms.retry, entry.get(), now, request.limit, learnt));
  }
  return answer;
}

}  // namespace

ControlAnswer control_offline(const Config& config, const ControlRequest& request,
                              const std::string& by) {
  if (request.verb == ControlVerb::status) return refused(EX_UNAVAILABLE, "no daemon runs");
  if (request.verb == ControlVerb::forecast) return rehearsed(config, request);
  const io::Result<> exists = must_exist(config.state);
  if (!exists) return refused(exists.error());
  PlannedConfig planned = plan_of(config);

  asio::io_context context{1};
  io::SystemClock clock;
  io::SystemRandom random;
  NoResolver resolver;
  NoConnector connector;
  const io::Executor home = context.get_executor();
  io::Result<queue::OpenedStore> opened = queue::open_sqlite_store(
      {.directory = config.state, .vfs = "", .inline_limit = config.inline_limit}, home, home,
      random, clock.wall());
  if (!opened) return refused(opened.error());

  StoreControls controls{World{.home = home,
                               .new_strand = [home] { return home; },
                               .clock = clock,
                               .random = random,
                               .resolver = resolver,
                               .connector = connector,
                               .store = *opened->store},
                         std::move(planned.plan)};
  ControlAnswer answer = refused(EX_SOFTWARE, "the queue gave no answer");
  asio::co_spawn(context, carry_out(request, by, controls),
                 [&answer](const std::exception_ptr& bug, ControlAnswer given) {
                   if (bug) std::rethrow_exception(bug);
                   answer = std::move(given);
                 });
  context.run();
  opened->store->close();
  context.restart();
  context.poll();
  return answer;
}

io::Result<> become_owner_of(const std::string& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) return io::error_from_errno(errno, directory);
  if (::geteuid() != 0 || found.st_uid == 0) return io::Result<>{};
  const bool became =
      ::setgroups(0, nullptr) == 0 && ::setgid(found.st_gid) == 0 && ::setuid(found.st_uid) == 0;
  if (!became) return io::error_from_errno(errno, "becoming the owner of " + directory);
  return io::Result<>{};
}

}  // namespace tenax::engine
