// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/classify.h"

#include <sysexits.h>

#include <chrono>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "mail/printable.h"

#include "engine/refusal_reading.h"

namespace tenax::cli {

namespace {

using Json = nlohmann::ordered_json;

/// A reply of a hundred lines has less.
constexpr std::size_t kLongestText = 64UL * 1024;

/// The next line; of a longer one the beginning.
bool next_line(std::istream& in, std::string& line) {
  line.clear();
  std::streambuf& source = *in.rdbuf();
  bool any = false;
  for (int c = source.sbumpc(); c != std::char_traits<char>::eof(); c = source.sbumpc()) {
    any = true;
    if (c == '\n') return true;
    if (line.size() < kLongestText) line += static_cast<char>(c);
  }
  return any;
}

std::string reading_as_json(const engine::RefusalReading& reading) {
  const bounce::Judgement& judgement = reading.judgement;
  Json json{{"cause", to_string(judgement.cause)}, {"temporary", judgement.temporary}};
  if (reading.wait) {
    json["hint_seconds"] = std::chrono::duration_cast<std::chrono::seconds>(*reading.wait).count();
  }
  if (reading.rate) json["hint_rate"] = to_string(*reading.rate);
  if (reading.refusal.code != 0) json["code"] = reading.refusal.code;
  if (reading.refusal.status) json["status"] = reading.refusal.status->text();
  json["evidence"] = {{"kind", to_string(judgement.evidence)}, {"rule", judgement.rule}};
  return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

/// "greylisted, temporary; come back in 5 minutes (wording: you are greylisted)"
std::string reading_in_words(const engine::RefusalReading& reading) {
  const bounce::Judgement& judgement = reading.judgement;
  std::string text{to_string(judgement.cause)};
  text += judgement.temporary ? ", temporary" : ", permanent";
  if (reading.wait) text += "; come back in " + mail::in_words(*reading.wait);
  if (reading.rate) text += "; at most " + to_string(*reading.rate);
  text += " (" + std::string{to_string(judgement.evidence)};
  if (!judgement.rule.empty()) text += ": " + mail::printable(judgement.rule, 200);
  return text + ")\n";
}

}  // namespace

int classify(std::istream& in, std::ostream& out, mail::WallTime now, bool json) {
  std::string line;
  while (out && next_line(in, line)) {
    const engine::RefusalReading reading = engine::read_refusal(line, now);
    out << (json ? reading_as_json(reading) : reading_in_words(reading));
    // Who asks one at a time waits for the answer.
    if (in.rdbuf()->in_avail() <= 0) out.flush();
  }
  return EX_OK;
}

}  // namespace tenax::cli
