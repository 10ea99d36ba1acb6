// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/receivers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <numeric>
#include <optional>
#include <queue>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/laboratory.h"

namespace tenax::simulation {

namespace {

class Greylister : public Habit {
 public:
  Greylister(double wait, Early early, std::string text)
      : wait_{wait}, early_{early}, text_{std::move(text)} {}
  Answer ask(double now, const std::string& pair) override {
    const auto [found, fresh] = due_.try_emplace(pair, now + wait_, 0.0);
    auto& [due, more] = found->second;
    if (fresh) return {451, text_, false};
    if (now >= due) {
      due = 0;
      return {};
    }
    if (early_ == Early::starts_anew) due = now + wait_;
    if (early_ == Early::doubles) {
      due += more + 300;
      more = 2 * more + 300;
    }
    return {451, text_, early_ != Early::ignored};
  }
  double earliest(double submitted, const std::string& pair) override {
    const auto [found, fresh] = known_.try_emplace(pair, submitted + wait_);
    return std::max(submitted, found->second);
  }

 private:
  double wait_;
  Early early_;
  std::string text_;
  std::map<std::string, std::pair<double, double>> due_;
  std::map<std::string, double> known_;
};

class Limiter : public Habit {
 public:
  Limiter(int count, double period, Counting counting, std::string text)
      : count_{static_cast<std::size_t>(count)},
        period_{period},
        counting_{counting},
        text_{std::move(text)} {}
  Answer ask(double now, const std::string&) override {
    if (counting_ == Counting::moving) {
      std::erase_if(counted_, [&](double when) { return when <= now - period_; });
    } else if (counted_.empty() || now > counted_.front() + period_) {
      counted_.clear();
    }
    const bool takes = counted_.size() < count_;
    if (takes || counting_ == Counting::fixed_all) counted_.push_back(now);
    return takes ? Answer{} : Answer{450, text_, true};
  }
  double earliest(double submitted, const std::string&) override {
    double when = submitted;
    if (ideal_.size() >= count_) when = std::max(when, ideal_[ideal_.size() - count_] + period_);
    ideal_.push_back(when);
    return when;
  }

 private:
  std::size_t count_;
  double period_;
  Counting counting_;
  std::string text_;
  std::vector<double> counted_;
  std::vector<double> ideal_;
};

class Down : public Habit {
 public:
  explicit Down(std::vector<std::pair<double, double>> outages) : outages_{std::move(outages)} {}
  Answer ask(double now, const std::string&) override {
    return earliest(now, {}) > now ? Answer{0, "", false} : Answer{};
  }
  double earliest(double submitted, const std::string&) override {
    for (const auto& [from, to] : outages_) {
      if (submitted >= from && submitted < to) submitted = to;
    }
    return submitted;
  }

 private:
  std::vector<std::pair<double, double>> outages_;
};

/// The value of "name" in a line of the protocol: a number, or the text between quotes.
std::string_view value_of(std::string_view line, std::string_view name) {
  const std::string key = fmt::format("\"{}\":", name);
  const std::size_t found = line.find(key);
  if (found == std::string_view::npos) throw std::runtime_error{"no " + key};
  line.remove_prefix(found + key.size());
  if (line.front() == '"') {
    line.remove_prefix(1);
    return line.substr(0, line.find('"'));
  }
  return line.substr(0, line.find_first_of(",}"));
}

scheduler::SchedulerPolicy learning() {
  scheduler::SchedulerPolicy policy;
  policy.learning.emplace();
  return policy;
}

/// The world's side of one run.
class Run {
 public:
  Run(std::vector<Site>& sites, std::vector<Mail> mail, std::uint64_t seed)
      : sites_{sites}, mail_{std::move(mail)}, laboratory_{learning()} {
    std::ranges::stable_sort(mail_, {}, &Mail::at);
    delivered_.resize(mail_.size());
    for (std::size_t i = 0; i < mail_.size(); ++i) {
      bounds_.push_back(sites_[mail_[i].site].receiver->earliest(mail_[i].at, mail_[i].pair));
    }
    hear(fmt::format(R"({{"event":"config","at":0,"protocol":1,"seed":{},"queue_lifetime":432000,)"
                     R"("max_connections":500}})",
                     seed));
  }

  std::map<std::string, Outcome> go() {
    constexpr int kMostTurns = 2'000'000;
    std::size_t submitted = 0;
    for (int turn = 0; turn < kMostTurns; ++turn) {
      while (submitted < mail_.size() && mail_[submitted].at <= now_) submit(submitted++);
      while (!results_.empty() && results_.top().first <= now_) {
        hear(fmt::format(R"({{"event":"result","at":{:.3f},{})", now_, results_.top().second));
        results_.pop();
      }
      answers_.clear();
      hear(fmt::format(R"({{"event":"go","at":{:.3f}}})", now_));
      const auto wakes = act();
      double next = wakes.value_or(1e12);
      if (submitted < mail_.size()) next = std::min(next, mail_[submitted].at);
      if (!results_.empty()) next = std::min(next, results_.top().first);
      if (next >= 1e12) return outcome();
      now_ = std::max(next, now_ + 0.001);
    }
    throw std::runtime_error{"the run has no end"};
  }

 private:
  using Result = std::pair<double, std::string>;
  struct Later {
    bool operator()(const Result& one, const Result& other) const {
      return one.first > other.first;
    }
  };

  void hear(const std::string& line) {
    const auto heard = laboratory_.hear(line, answers_);
    if (!heard) throw std::runtime_error{heard.error().why};
  }
  [[nodiscard]] std::string domain_of(const Mail& mail) const {
    return fmt::format("d{}.example", mail.site);
  }
  [[nodiscard]] std::string recipient_of(const Mail& mail) const {
    return mail.pair.substr(mail.pair.find('>') + 1) + "@" + domain_of(mail);
  }
  void submit(std::size_t i) {
    const Mail& mail = mail_[i];
    hear(fmt::format(R"({{"event":"submit","at":{:.3f},"id":"m{}","sender":"{}@sender.example",)"
                     R"("recipients":["{}"],"size":1000}})",
                     now_, i, mail.pair.substr(0, mail.pair.find('>')), recipient_of(mail)));
  }
  std::optional<double> act() {
    std::optional<double> wakes;
    std::string_view rest = answers_;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const std::string_view event = value_of(line, "event");
      if (event == "attempt") attempt(line);
      if (event == "wait" && value_of(line, "until") != "null") {
        wakes = std::stod(std::string{value_of(line, "until")});
      }
    }
    return wakes;
  }
  void attempt(std::string_view line) {
    const std::size_t i = std::stoul(std::string{value_of(line, "id").substr(1)});
    const Mail& mail = mail_[i];
    const Answer answer = sites_[mail.site].receiver->ask(now_, mail.pair);
    Outcome& outcome = outcomes_[sites_[mail.site].kind];
    ++outcome.attempts;
    outcome.penalties += answer.penalty ? 1 : 0;
    if (answer.code == 250) delivered_[i] = now_;
    const double took = answer.code == 0 ? 10 : 0.3;
    const char* const at_host = answer.code == 0 ? "timeout" : "session";
    const std::string ending =
        answer.code == 0
            ? std::string{R"("stage":"connect","code":0,"enhanced":"","text":"","error":"timeout")"}
            : fmt::format(R"("stage":"rcpt","code":{},"enhanced":"{}","text":"{}")", answer.code,
                          answer.code == 250 ? "2.0.0" : "4.7.1", answer.text);
    const std::string domain = domain_of(mail);
    results_.emplace(
        now_ + took,
        fmt::format(R"("attempt":{},"id":"m{}","destination":"{}",)"
                    R"("mx":[["mx.{}",10]],"hosts":[{{"host":"mx.{}","outcome":"{}"}}],)"
                    R"("recipients":[{{"recipient":"{}",{}}}]}})",
                    value_of(line, "attempt"), i, domain, domain, domain, at_host,
                    recipient_of(mail), ending));
  }
  std::map<std::string, Outcome> outcome() {
    // Which message goes first through a limit is arbitrary: the k-th is compared with the k-th.
    std::map<std::size_t, std::vector<double>> came;
    std::map<std::size_t, std::vector<double>> could;
    for (std::size_t i = 0; i < mail_.size(); ++i) {
      Outcome& outcome = outcomes_[sites_[mail_[i].site].kind];
      if (!delivered_[i]) {
        ++outcome.lost;
        continue;
      }
      came[mail_[i].site].push_back(*delivered_[i]);
      could[mail_[i].site].push_back(bounds_[i]);
    }
    for (auto& [site, times] : came) {
      std::ranges::sort(times);
      std::ranges::sort(could[site]);
      for (std::size_t k = 0; k < times.size(); ++k) {
        outcomes_[sites_[site].kind].extra.push_back(times[k] - could[site][k]);
      }
    }
    for (auto& [kind, one] : outcomes_) std::ranges::sort(one.extra);
    return outcomes_;
  }

  std::vector<Site>& sites_;
  std::vector<Mail> mail_;
  std::vector<double> bounds_;
  std::vector<std::optional<double>> delivered_;
  engine::Laboratory laboratory_;
  std::priority_queue<Result, std::vector<Result>, Later> results_;
  std::string answers_;
  double now_ = 0;
  std::map<std::string, Outcome> outcomes_;
};

}  // namespace

std::unique_ptr<Habit> greylister(double wait, Early early, std::string text) {
  return std::make_unique<Greylister>(wait, early, std::move(text));
}
std::unique_ptr<Habit> limiter(int count, double period, Counting counting, std::string text) {
  return std::make_unique<Limiter>(count, period, counting, std::move(text));
}
std::unique_ptr<Habit> down(std::vector<std::pair<double, double>> outages) {
  return std::make_unique<Down>(std::move(outages));
}

double Outcome::mean() const {
  const double sum = std::accumulate(extra.begin(), extra.end(), 0.0);
  return extra.empty() ? 0 : sum / static_cast<double>(extra.size());
}

double Outcome::part(double share) const {
  if (extra.empty()) return 0;
  return extra[static_cast<std::size_t>(share * static_cast<double>(extra.size() - 1))];
}

double Outcome::attempts_each() const {
  return extra.empty() ? 0 : attempts / static_cast<double>(extra.size());
}

std::map<std::string, Outcome> deliver(std::vector<Site>& sites, std::vector<Mail> mail,
                                       std::uint64_t seed) {
  return Run{sites, std::move(mail), seed}.go();
}

}  // namespace tenax::simulation
