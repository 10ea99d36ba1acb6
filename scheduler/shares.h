// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fairness between senders: whose request of a line goes next, so that one with twenty thousand
// messages delays another's first one by a single turn.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "scheduler/sender.h"

namespace tenax::scheduler {

/// Start-time fair queueing between keys, weighted by recipients: whoever has had least goes next.
/// Who comes anew stands one recipient behind the present, so that those before it cannot be
/// overtaken for ever; who had much and went is still in debt when it comes back. Steps cost
/// O(log n) of the keys that wait. Concurrency: value.
class Shares {
 public:
  /// `number`: who came first, among equals.
  void enter(std::uint32_t key, std::uint64_t number);
  void leave(std::uint32_t key);
  void charge(std::uint32_t key, std::size_t recipients);

  [[nodiscard]] bool empty() const { return starts_.empty(); }
  [[nodiscard]] std::uint32_t next() const { return turns_.begin()->key; }
  [[nodiscard]] std::uint32_t last() const { return turns_.rbegin()->key; }

 private:
  struct Turn {
    std::uint64_t start;
    std::uint64_t number;
    std::uint32_t key;
    friend auto operator<=>(const Turn&, const Turn&) = default;
  };

  void remember_debt(const Turn& turn);

  std::set<Turn> turns_;                          // of the keys that wait
  std::map<std::uint32_t, Turn> starts_;          // the same, by key
  std::map<std::uint32_t, std::uint64_t> debts_;  // of keys that do not
  std::uint64_t present_ = 0;                     // the start of the one served last
};

/// The senders of one line take turns: domains with each other, and within a domain its names. So
/// addresses made up for each message gain nothing on anybody else's domain.
/// Concurrency: value; moves only.
class SenderTurns {
 public:
  /// A sender's first request came, its last one went.
  void enter(Sender sender, std::uint64_t number);
  void leave(Sender sender);
  /// A request with so many recipients goes.
  void charge(Sender sender, std::size_t recipients);

  [[nodiscard]] bool empty() const { return !only_ && table_ == nullptr; }
  /// Whose turn it is, and who comes last.
  [[nodiscard]] Sender next() const;
  [[nodiscard]] Sender last() const;

 private:
  struct Table {
    Shares domains;
    std::map<std::uint32_t, Shares> names;
  };

  struct Only {
    Sender sender;
    std::uint64_t number;
  };
  std::optional<Only> only_;      // most lines know a single sender, and it needs no table
  std::unique_ptr<Table> table_;  // from the second one on, until the line is empty
};

}  // namespace tenax::scheduler
