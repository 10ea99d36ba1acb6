// SPDX-License-Identifier: Apache-2.0
#pragma once
// The whole engine for a virtual week, with the real store on a real file, against receivers of
// every temper; killed between any two steps, started again, and held to its promises.

#include <cstdint>
#include <string>
#include <vector>

namespace tenax::simulation {

struct Verdict {
  std::vector<std::string> violations;  // "promise 6: ..."; at most 20
  std::size_t attempts = 0;             // how much happened: a simulation of nothing proves nothing
  std::size_t dates_kept = 0;
  std::size_t deaths = 0;
  std::size_t lessons_used = 0;
  std::size_t digests = 0;
  std::size_t storms = 0;  // mails about them
  std::size_t late = 0;    // delays told in digests
};

enum class Patience { by_schedule, that_learns };

/// The same seed gives the same week. `directory` is empty and may be written to.
[[nodiscard]] Verdict simulate(std::uint64_t seed, const std::string& directory,
                               Patience patience = Patience::by_schedule);

}  // namespace tenax::simulation
