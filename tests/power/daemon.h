// SPDX-License-Identifier: Apache-2.0
#pragma once
// One life of the daemon on virtual time and a given disk: the real store, engine and drop door
// among receivers of every temper.

#include <boost/asio/co_spawn.hpp>
#include <map>
#include <memory>
#include <string>

#include "engine/drop_door.h"
#include "engine/engine.h"
#include "queue/sqlite_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_mx.h"
#include "tests/support/fake_net.h"
#include "tests/support/fake_random.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/mortal.h"
#include "tests/support/run.h"

namespace tenax::power {

/// Ends as if the process had died, unless stop() came before. Concurrency: one thread.
class Daemon {
 public:
  /// The queue in `state`, on that VFS, at this time of the calendar.
  Daemon(const std::string& state, const std::string& vfs, mail::WallTime now,
         testing::FakeRandom& dice, engine::Observer& observer);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Takes in all of the drop folder; how many.
  std::size_t take_in();
  /// Begins to deliver.
  void serve();
  void pass(io::Span length);
  /// In order: what is under way ends, the queue is closed.
  void stop();
  void spawn(io::Async<> call);
  template <class T>
  T run(io::Async<T> call) {
    return testing::run(context_, clock_, std::move(call));
  }

  /// Of this message, as it would be sent.
  io::Result<std::string> contents(mail::QueueId message);

  [[nodiscard]] const queue::Recovery& recovery() const { return recovery_; }
  [[nodiscard]] queue::Store& store() { return *store_; }
  [[nodiscard]] engine::Engine& engine() { return *engine_; }
  [[nodiscard]] mail::WallTime now() const { return clock_.wall(); }

 private:
  testing::FakeMx& receiver(const std::string& domain);
  static io::Async<> live(engine::Engine* engine);

  testing::Mortal context_;
  testing::FakeClock clock_;
  testing::FakeResolver resolver_;
  testing::FakeNet net_;
  testing::FakeRandom& dice_;
  std::map<std::string, std::unique_ptr<testing::FakeMx>> receivers_;
  queue::Recovery recovery_;
  std::unique_ptr<queue::Store> store_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::DropDoor> door_;
};

}  // namespace tenax::power
