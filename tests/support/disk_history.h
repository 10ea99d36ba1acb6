// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything that was done to the disk, step by step, and what a power cut may leave of it.
//
// What POSIX promises, and no more. The bytes of a file are certain after its fsync; a name (made,
// renamed, removed) after the fsync of its folder. Until then each write survives, is lost, is torn
// into sectors or only lengthens the file with zeros, and each name survives or not, in any order:
// a name before its bytes, a later write without an earlier one. A rename happens or does not, and
// what was done to one name later does not survive without what was done to it before.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tenax::testing {

class FakeRandom;

/// One change, or one promise, of the disk.
struct DiskStep {
  enum class Kind {
    make_folder,
    create,
    write,
    truncate,
    rename,
    remove,
    sync,         // the bytes of a file
    sync_folder,  // the names in a folder
    sync_all
  } kind;
  std::string path;     // absolute
  std::string to = {};  // of a rename
  std::int64_t at = 0;  // offset; the new length
  std::string bytes = {};
};

/// Concurrency: thread-safe (locked inside).
class DiskHistory {
 public:
  void note(DiskStep step);
  [[nodiscard]] std::size_t steps() const;  // so far
  /// Counted from 0. Stays where it is while others are noted.
  [[nodiscard]] const DiskStep& step(std::size_t number) const;

 private:
  mutable std::mutex mutex_;
  std::deque<DiskStep> steps_;
};

/// What a power cut leaves of what was not synced.
enum class Loss {
  nothing,     // the process died, the machine did not
  everything,  // no unsynced write, no unsynced name
  bytes,       // every name, none of the unsynced bytes
  names,       // every byte, none of the unsynced names
  some,        // by the seed, in any order
};

/// The disk below `root` after the first so many steps: what is certain, and what is still on its
/// way. Concurrency: value, beside a history that outlives it.
class Platter {
 public:
  /// Syncs that the disk only says it did.
  using Lie = std::function<bool(const DiskStep&)>;

  /// Empty, but for `root` itself.
  Platter(const DiskHistory& history, std::string root, Lie lie = {})
      : history_{&history}, root_{std::move(root)}, lie_{std::move(lie)} {}

  /// Forward only.
  void advance_to(std::size_t steps);

  /// What a power cut leaves here, with nothing on its way: the beginning of another history.
  [[nodiscard]] Platter after_cut(Loss loss, std::uint64_t seed, const DiskHistory& next,
                                  std::string root) const;

  /// Builds it below its root, an empty folder, as the kernel shows it.
  void build() const;

  /// The files as the kernel shows them, by their path below the root.
  [[nodiscard]] std::map<std::string, std::string> files() const;

 private:
  struct Node {
    bool folder = false;
    std::string durable = {};
    std::vector<const DiskStep*> unsynced = {};
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;  // by their path below the root
  struct NameChange {
    DiskStep::Kind kind;
    std::string path;
    std::string to;
    std::shared_ptr<Node> node;
  };

  void take(const DiskStep& step);
  void settle_names(const std::string& folder);
  static void apply(Names& names, const NameChange& change);
  static void settle(Node& node);
  [[nodiscard]] Names names_after(Loss loss, FakeRandom& dice) const;
  static std::string bytes_after(const Node& node, Loss loss, FakeRandom& dice);

  const DiskHistory* history_;
  std::string root_;
  Lie lie_;
  std::size_t steps_ = 0;
  Names live_;     // as the kernel shows it
  Names durable_;  // as the platter has it
  std::vector<NameChange> unsynced_;
};

}  // namespace tenax::testing
