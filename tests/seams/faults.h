// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which call of which seam goes wrong, and how. One fault in a whole life: whatever follows from it
// is its own doing.

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenax::seams {

/// The calls by which the engine meets the outside.
enum class Seam {
  mx,
  addresses,
  dial,
  read,
  write,
  handshake,
  sleep,
  draw,
  disk_open,
  disk_read,
  disk_write,
  disk_sync
};
constexpr std::size_t kSeams = 12;

/// What may befall a call.
enum class Ill {
  timed_out,
  servfail,
  bogus,
  unknown_name,  // NXDOMAIN
  no_records,    // the name exists, and has nothing of the kind
  null_mx,
  refused,
  unreachable,
  local_network,
  reset,   // of a write: behind half of its bytes
  closed,  // the end of the stream where more was due
  one_octet,
  garbage,
  tls_failed,
  tls_unproven,
  an_hour_late,
  a_day_ahead,  // the calendar, during this sleep
  a_day_back,
  zero,
  all_ones,
  no_room,  // ENOSPC
  broken,   // EIO
  stopped   // the daemon is told to leave at once, and the call never ends by itself
};

struct SeamWords {
  std::string_view group;  // resolver, dial, wire, disk, clock, random
  std::string_view call;
  std::vector<Ill> ills;
};
[[nodiscard]] const SeamWords& words_of(Seam seam);
[[nodiscard]] std::string_view to_string(Ill ill);

/// The `call`th call of this seam, counted from 1.
struct Fault {
  Seam seam;
  int call;
  Ill ill;
};
[[nodiscard]] std::string to_string(const Fault& fault);

/// Concurrency: one thread.
class Faults {
 public:
  explicit Faults(std::optional<Fault> planned) : planned_{planned} {}

  /// Counts a call; what befalls it, if it is the one.
  std::optional<Ill> befalls(Seam seam);
  /// The fault has come; the disk counts its calls by itself.
  void strike();

  [[nodiscard]] const std::optional<Fault>& planned() const { return planned_; }
  [[nodiscard]] bool struck() const { return struck_; }
  [[nodiscard]] int calls(Seam seam) const { return calls_[static_cast<std::size_t>(seam)]; }
  void count(Seam seam, int calls) { calls_[static_cast<std::size_t>(seam)] = calls; }

  std::function<void()> on_strike;
  std::function<void()> stop;  // the daemon, at once

 private:
  std::optional<Fault> planned_;
  std::array<int, kSeams> calls_{};
  bool struck_ = false;
};

}  // namespace tenax::seams
