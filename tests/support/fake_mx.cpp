// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_mx.h"

#include <algorithm>

#include "tests/support/fake_mx_session.h"

namespace tenax::testing {

MxRule& MxRule::drips(io::Span interval) {
  span_ = interval;
  return becomes(Act::drips);
}

MxRule& MxRule::waits(io::Span length) {
  span_ = length;
  return becomes(Act::waits);
}

MxRule& FakeMx::at(mail::Stage stage) {
  rules_.push_back(MxRule{stage});
  return rules_.back();
}

FakeHost::Server FakeMx::server() {
  return [this](std::unique_ptr<FakeStream> stream) { return serve(std::move(stream)); };
}

io::Async<> FakeMx::serve(std::unique_ptr<FakeStream> stream) {
  MxSession session{*this, std::move(stream)};
  co_await session.run();
}

std::optional<MxRule> FakeMx::rule_for(mail::Stage stage, std::string_view command) {
  for (MxRule& rule : rules_) {
    if (rule.stage_ != stage || rule.left_ == 0 || sessions_ < rule.after_) continue;
    if (!rule.only_.empty() && command.find(rule.only_) == std::string_view::npos) continue;
    if (rule.chance_ < 1.0 && (dice_ == nullptr || io::roll(*dice_) >= rule.chance_)) continue;
    if (rule.left_ > 0) --rule.left_;
    return rule;
  }
  return std::nullopt;
}

bool FakeMx::rate_limited() {
  if (manners.per_hour == 0) return false;
  const io::Instant now = clock_.now();
  while (!this_hour_.empty() && this_hour_.front() <= now - std::chrono::hours{1}) {
    this_hour_.pop_front();
  }
  return this_hour_.size() >= static_cast<std::size_t>(manners.per_hour);
}

bool FakeMx::greylisted(const std::string& sender, const std::string& recipient) {
  if (manners.greylisting == io::Span{0}) return false;
  const auto [seen, fresh] = first_seen_.try_emplace({sender, recipient}, clock_.now());
  return clock_.now() < seen->second + manners.greylisting;
}

int FakeMx::copies(std::string_view recipient) const {
  int count = 0;
  for (const TakenMail& mail : taken_) {
    count += static_cast<int>(std::ranges::count(mail.recipients, recipient));
  }
  return count;
}

int FakeMx::heard(std::string_view verb) const {
  return static_cast<int>(std::ranges::count_if(
      heard_, [verb](const std::string& line) { return line.starts_with(verb); }));
}

}  // namespace tenax::testing
