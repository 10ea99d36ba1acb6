// SPDX-License-Identifier: Apache-2.0
#pragma once
// A day of mail on a recorded disk: submitted through the drop folder while the daemon is down and
// by the store's door while it runs, delivered, deferred, failed, removed, forgotten.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "queue/drop_folder.h"
#include "tests/power/daemon.h"
#include "tests/power/ledger.h"
#include "tests/power/recorded_calls.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/temp_directory.h"

namespace tenax::power {

/// The same seed gives the same day. Concurrency: one thread.
class Day {
 public:
  explicit Day(std::uint64_t seed);

  /// From the first start of the daemon to its last end.
  void pass();

  [[nodiscard]] const testing::DiskHistory& history() const { return disk_.history(); }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const std::string& root() const { return root_; }
  /// When the day was over.
  [[nodiscard]] mail::WallTime now() const { return now_; }

 private:
  enum class Size { small, large };
  struct Letter {
    std::string name;
    std::vector<std::string> to;
    std::string head;
    std::string body;
  };

  Letter write(std::vector<std::string> to, Size size);
  static mail::SubmissionId submission_id(const Letter& letter);

  void begin();
  void die();
  void stop();

  void submit_together(const std::vector<Letter>& letters);  // one commit
  void submit(std::vector<std::string> to, Size size = Size::small);
  void hand_over(const Letter& letter, bool interrupted = false);
  void drop(std::vector<std::string> to, Size size = Size::small);
  void die_while_dropping(Size size);
  void operate(queue::Verb verb, const std::string& recipient = "");
  void remove(const std::string& recipient);
  void checkpoint();
  static io::Async<> enter(Daemon* daemon, mail::NewMessage message, std::string contents);

  testing::TempDirectory folder_;
  std::string root_;
  testing::FakeRandom dice_;
  testing::FaultyVfs disk_;
  Ledger ledger_;
  std::vector<queue::DropWriter> dead_;  // their submitters died; nobody clears up after them
  std::optional<testing::RecordedCalls> calls_;
  mail::WallTime now_ = testing::FakeClock::default_start() + std::chrono::hours{12};
  std::unique_ptr<Daemon> daemon_;
  int letters_ = 0;
};

}  // namespace tenax::power
