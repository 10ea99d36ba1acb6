// SPDX-License-Identifier: Apache-2.0
#include "engine/refusal_reading.h"

#include <algorithm>
#include <vector>

#include "mail/reply.h"

#include "bounce/nearest_words.h"

#include "scheduler/hint.h"

namespace tenax::engine {

namespace {

using namespace std::chrono_literals;

/// The line without its code, which is no number of anything; and without what stands before it:
/// "host mx.example.net said: 550 ".
std::string_view without_code(std::string_view line, const std::string& code) {
  const std::size_t at = line.find(code);
  if (code == "0" || at == line.npos) return line;
  const std::size_t end = at + code.size();
  const bool begins = at == 0 || std::string_view{" :<(\"'=>"}.find(line[at - 1]) != line.npos;
  const bool ends = end == line.size() || line[end] == ' ' || line[end] == '-';
  return begins && ends ? line.substr(end) : line;
}

std::vector<std::string> lines_of(const bounce::Refusal& refusal) {
  constexpr std::size_t kMostLines = 200;  // as many as a session of ours would read
  const std::string code = std::to_string(refusal.code);
  std::vector<std::string> lines;
  std::string_view text = refusal.text;
  while (lines.size() < kMostLines) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(without_code(text.substr(0, end), code));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// As the grammar of hints wants it: whoever may come back is told when, whatever the code.
mail::Reply as_reply(const RefusalReading& reading) {
  const int code = reading.refusal.code;
  const bool come_back = reading.judgement.temporary || code == 0;
  return {come_back && code / 100 != 4 ? 450 : code, lines_of(reading.refusal)};
}

}  // namespace

RefusalReading read_refusal(std::string_view raw, mail::WallTime now) {
  RefusalReading reading;
  reading.refusal = bounce::refusal_in(raw);
  reading.judgement = bounce::judge_told(reading.refusal);
  const std::vector<scheduler::Hint> hints = scheduler::hints_in(as_reply(reading), now);
  // "Gave up after four days": what a queue did, nothing that a server asks for.
  const bool of_a_queue = reading.judgement.cause == bounce::Cause::expired;
  const auto wait = scheduler::stated_wait(hints);
  if (wait && !of_a_queue) reading.wait = wait->wait;
  const auto rate = std::ranges::find_if(hints, [](const scheduler::Hint& hint) {
    return hint.kind == scheduler::HintKind::rate && hint.count > 0 && hint.wait > 0ms;
  });
  if (rate != hints.end()) reading.rate = StatedRate{rate->count, rate->wait};
  return reading;
}

std::string to_string(const StatedRate& rate) {
  const std::string period = mail::in_short(rate.period);
  const bool one =
      rate.period == 1s || rate.period == 1min || rate.period == 1h || rate.period == 24h;
  return std::to_string(rate.count) + "/" + (one ? period.substr(period.size() - 1) : period);
}

}  // namespace tenax::engine
