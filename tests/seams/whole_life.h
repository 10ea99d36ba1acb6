// SPDX-License-Identifier: Apache-2.0
#pragma once
// Four letters from their submission to the purge of their history, by a whole engine on its real
// store, with one fault on the way; by two daemons, or as many as it takes.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "queue/reader.h"
#include "queue/store.h"
#include "tests/seams/faults.h"
#include "tests/seams/outside.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_mx.h"
#include "tests/support/fake_net.h"
#include "tests/support/fake_random.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/mortal.h"

namespace tenax::seams {

constexpr std::int64_t kInlineLimit = 4096;

/// What a life came to.
struct Account {
  std::vector<std::string> wrongs;  // rules that did not hold
  int lost = 0;                     // of those: recipients whose acknowledged mail never arrived
  int copies = 0;                   // beyond the first, each with its excuse
  int daemons = 0;
  bool struck = false;
  std::array<int, kSeams> calls{};
};

struct Letter {
  std::string_view sender;
  std::vector<std::string_view> to;  // those called "nobody..." are unknown at their server
  std::size_t octets;
};

/// Each recipient is named once, so that an address tells the letter.
[[nodiscard]] const std::vector<Letter>& letters();

/// What the engine said about the recipients.
struct Told final : engine::Observer {
  explicit Told(Wires& on) : wires{on} {}

  Wires& wires;
  std::map<std::string, int> ends;  // final states told, by message and address
  std::set<mail::QueueId> double_bounces;
  std::set<std::string> excused;  // recipients for whom a second copy has its reason

  /// Those whose message was sent while its outcome is in no commit.
  void excuse() { excused.insert(wires.behind_dot.begin(), wires.behind_dot.end()); }

  void attempted(const engine::Attempted& fact) override {
    const bool sent = wires.behind_dot.erase(fact.address.text()) > 0;
    if (sent && fact.verdict.in_doubt) excused.insert(fact.address.text());
    if (fact.state != mail::RecipientState::waiting)
      ++ends[fact.message.text() + fact.address.text()];
  }
  void double_bounce(const engine::DoubleBounce& fact) override {
    double_bounces.insert(fact.message);
  }
};

/// Concurrency: one thread.
class WholeLife {
 public:
  WholeLife(std::string directory, std::optional<Fault> fault);
  ~WholeLife();
  WholeLife(const WholeLife&) = delete;
  WholeLife& operator=(const WholeLife&) = delete;

  Account run();

 private:
  void furnish();
  void spawn(io::Async<> task);
  void begin();
  void end();
  void pass(io::Span length);
  void hand_over(std::size_t letter);
  bool open_store();
  [[nodiscard]] bool all_ended();
  [[nodiscard]] std::vector<queue::RecipientRow> rows();

  // tests/seams/oracles.cpp
  void check_recipients();
  void check_recipient(const queue::RecipientRow& row, bool a_notice_failed);
  void check_told(const std::string& address, bool a_notice_failed);
  void check_notice(const queue::RecipientRow& row);
  void check_copies(const std::string& what, int copies, const std::string& recipient);
  void check_queue();
  void check_files();
  void check_nothing_is_left();
  [[nodiscard]] bool may_fail() const;
  void wrong(std::string what) { account_.wrongs.push_back(std::move(what)); }
  void lost(std::string what) {
    ++account_.lost;
    wrong("lost: " + std::move(what));
  }

  static io::Async<> live(WholeLife* self, engine::Engine* engine);
  static io::Async<> release(WholeLife* self);
  static io::Async<> submit(WholeLife* self, std::size_t letter);

  testing::Mortal context_;
  testing::FakeClock time_{context_};
  Account account_;
  std::string directory_;
  Faults faults_;
  Wires wires_;
  testing::FakeRandom seeded_;
  testing::FakeResolver zone_{time_};
  testing::FakeNet net_{context_, time_};
  testing::FaultyVfs disk_;
  std::map<std::string, std::unique_ptr<testing::FakeMx>> receivers_;  // by address
  TroubledClock clock_{time_, faults_};
  TroubledRandom random_{seeded_, faults_};
  TroubledResolver resolver_{zone_, time_, faults_};
  TroubledConnector connector_{net_, time_, faults_, wires_};
  Told told_{wires_};
  std::map<std::size_t, mail::QueueId> acknowledged_;
  std::set<std::size_t> under_way_;  // letters being handed over
  std::unique_ptr<queue::Store> store_;
  queue::Recovery recovery_;
  std::unique_ptr<engine::Engine> engine_;
  bool ended_ = false;       // run() of this engine is over
  bool to_release_ = false;  // something is held that should not be
};

}  // namespace tenax::seams
