// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small town of receivers that hold mail up, in virtual time, and the laboratory's scheduler that
// sends to them: how long it needs beyond what a sender that knew them would.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tenax::simulation {

/// What a receiver answers: 250, a refusal for now, or nothing at all (0).
struct Answer {
  int code = 250;
  std::string text;
  bool penalty = false;  // it counts against us
};

/// One site. Times are seconds. Concurrency: one user at a time.
class Habit {
 public:
  virtual ~Habit() = default;
  virtual Answer ask(double now, const std::string& pair) = 0;
  /// When it would take a message, at the earliest: asked in the order of submission, once each.
  virtual double earliest(double submitted, const std::string& pair) = 0;
};

enum class Early { ignored, starts_anew, doubles };  // what a knock before its time does

std::unique_ptr<Habit> greylister(double wait, Early early, std::string text);
enum class Counting { moving, fixed_all };  // in moving periods; in fixed ones, refusals as well
std::unique_ptr<Habit> limiter(int count, double period, Counting counting, std::string text);
std::unique_ptr<Habit> down(std::vector<std::pair<double, double>> outages);

struct Site {
  std::string kind;
  std::unique_ptr<Habit> receiver;
};

struct Mail {
  double at = 0;
  std::size_t site = 0;
  std::string pair;  // sender's name, '>', recipient's name
};

/// What came of it, all sites together.
struct Outcome {
  std::vector<double> extra;  // seconds beyond the earliest moment, sorted
  int attempts = 0;
  int penalties = 0;
  int lost = 0;
  [[nodiscard]] double mean() const;
  [[nodiscard]] double part(double share) const;  // 0.95: the 95th percentile
  [[nodiscard]] double attempts_each() const;
};

/// Hands in the mail and lets the scheduler deliver it. By kind of site.
std::map<std::string, Outcome> deliver(std::vector<Site>& sites, std::vector<Mail> mail,
                                       std::uint64_t seed);

}  // namespace tenax::simulation
