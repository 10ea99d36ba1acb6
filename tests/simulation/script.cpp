// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/script.h"

#include <algorithm>

namespace tenax::simulation {

namespace {

using namespace std::chrono_literals;

constexpr Span kDay = 24h;

class Author {
 public:
  explicit Author(std::uint64_t seed) : dice_{seed * 2 + 1} {}

  Script write() {
    found_the_town();
    write_letters();
    let_the_operator_act();
    let_the_world_act();
    std::stable_sort(script_.events.begin(), script_.events.end(),
                     [](const Event& a, const Event& b) { return a.when < b.when; });
    return std::move(script_);
  }

 private:
  Span within(Span length) {
    return Span{
        static_cast<std::int64_t>(below(dice_, static_cast<std::uint64_t>(length.count())))};
  }

  void found_the_town() {
    add_receiver(kHome, Temper::good);
    add_receiver("deaf.example", Temper::refuses);  // where some senders live
    const std::size_t more = 5 + below(dice_, 5);
    for (std::size_t i = 0; i < more; ++i) {
      const auto temper = static_cast<Temper>(below(dice_, 14));
      add_receiver("d" + std::to_string(i) + ".example", temper);
    }
  }

  void add_receiver(std::string domain, Temper temper) {
    Receiver receiver;
    receiver.domain = std::move(domain);
    receiver.address = "192.0.2." + std::to_string(script_.receivers.size() + 1);
    receiver.temper = temper;
    receiver.trouble_from = within(3 * kDay);
    receiver.trouble_until = receiver.trouble_from + within(6 * kDay);
    receiver.pipelining = chance(dice_, 0.7);
    receiver.dsn = chance(dice_, 0.3);
    const std::size_t which = script_.receivers.size();
    script_.receivers.push_back(receiver);
    if (temper < Temper::dead) return;
    script_.events.push_back({receiver.trouble_from, Event::Kind::receiver, which, {}});
    script_.events.push_back({receiver.trouble_until, Event::Kind::receiver, which, {}});
  }

  void write_letters() {
    const std::size_t count = 20 + below(dice_, 25);
    for (std::size_t n = 0; n < count; ++n) {
      Letter letter;
      letter.when = chance(dice_, 0.3) ? 1h : within(2 * kDay);
      const std::string number = std::to_string(n);
      if (!chance(dice_, 0.07)) {
        // Some write several: what fails of theirs within an hour comes in a digest.
        letter.sender =
            "s" + std::to_string(n % 7) + (chance(dice_, 0.1) ? "@deaf.example" : "@home.example");
      }
      const std::size_t recipients = 1 + below(dice_, 5);
      for (std::size_t i = 0; i < recipients; ++i) {
        const Receiver& at = script_.receivers[below(dice_, script_.receivers.size())];
        const char* kind = chance(dice_, 0.08) ? "nobody" : chance(dice_, 0.05) ? "busy" : "r";
        letter.to.push_back(kind + number + "x" + std::to_string(i) + "@" + at.domain);
      }
      if (chance(dice_, 0.1)) letter.notify.never = true;
      if (chance(dice_, 0.1) && !letter.notify.never) {
        letter.notify.success = letter.notify.failure = true;
      }
      if (chance(dice_, 0.3))
        letter.ret = chance(dice_, 0.5) ? mail::Ret::full : mail::Ret::headers;
      letter.automatic = chance(dice_, 0.1);
      letter.length = below(dice_, chance(dice_, 0.05) ? 150'000 : 2'000);
      script_.events.push_back({letter.when, Event::Kind::hand_over, n, {}});
      script_.letters.push_back(std::move(letter));
    }
  }

  void let_the_operator_act() {
    for (std::size_t n = 0; n < script_.letters.size(); ++n) {
      const Span later = script_.letters[n].when + within(kDay);
      if (chance(dice_, 0.08)) {
        script_.events.push_back({later, Event::Kind::hold, n, {}});
        script_.events.push_back({later + within(2 * kDay), Event::Kind::release, n, {}});
      }
      if (chance(dice_, 0.04)) script_.events.push_back({later, Event::Kind::remove, n, {}});
      if (chance(dice_, 0.06)) script_.events.push_back({later, Event::Kind::retry, n, {}});
      if (chance(dice_, 0.04)) script_.events.push_back({later, Event::Kind::expire, n, {}});
    }
    if (chance(dice_, 0.4)) script_.events.push_back({within(5 * kDay), Event::Kind::flush, 0, {}});
  }

  void let_the_world_act() {
    const std::size_t deaths = below(dice_, 6);
    for (std::size_t i = 0; i < deaths; ++i) {
      const auto kind = chance(dice_, 0.75) ? Event::Kind::kill : Event::Kind::stop;
      // Many soon after a letter came in, when much is under way.
      const Span when =
          chance(dice_, 0.7)
              ? script_.letters[below(dice_, script_.letters.size())].when + within(2s)
              : within(6 * kDay);
      script_.events.push_back(
          {when, kind, below(dice_, 400), chance(dice_, 0.5) ? 1s : within(6h)});
    }
    const std::size_t steps = chance(dice_, 0.4) ? 1 + below(dice_, 2) : 0;
    for (std::size_t i = 0; i < steps; ++i) {
      const Span by = within(chance(dice_, 0.5) ? 2min : 30h);
      script_.events.push_back(
          {within(6 * kDay), Event::Kind::step, 0, chance(dice_, 0.5) ? by : -by});
    }
  }

  testing::FakeRandom dice_;
  Script script_;
};

}  // namespace

std::uint64_t below(io::Random& dice, std::uint64_t end) {
  return end == 0 ? 0 : dice.bits() % end;
}

bool chance(io::Random& dice, double part) { return io::roll(dice) < part; }

Script write_script(std::uint64_t seed) { return Author{seed}.write(); }

}  // namespace tenax::simulation
