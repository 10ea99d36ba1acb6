// SPDX-License-Identifier: Apache-2.0
#include "tests/seams/faults.h"

namespace tenax::seams {

const SeamWords& words_of(Seam seam) {
  using enum Ill;
  static const std::array<SeamWords, kSeams> all{{
      {"resolver", "mx", {timed_out, servfail, bogus, unknown_name, no_records, null_mx, stopped}},
      {"resolver", "addresses", {timed_out, servfail, bogus, unknown_name, no_records, stopped}},
      {"dial", "connect", {timed_out, refused, unreachable, local_network, reset, stopped}},
      {"wire", "read", {timed_out, closed, reset, one_octet, garbage, stopped}},
      {"wire", "write", {timed_out, closed, reset, stopped}},
      {"wire", "handshake", {timed_out, reset, tls_failed, tls_unproven, stopped}},
      {"clock", "sleep", {an_hour_late, a_day_ahead, a_day_back, stopped}},
      {"random", "draw", {zero, all_ones}},
      {"disk", "open", {no_room, broken}},
      {"disk", "read", {broken}},
      {"disk", "write", {no_room, broken}},
      {"disk", "sync", {broken}},
  }};
  return all[static_cast<std::size_t>(seam)];
}

std::string_view to_string(Ill ill) {
  switch (ill) {
    case Ill::timed_out: return "timed out";
    case Ill::servfail: return "SERVFAIL";
    case Ill::bogus: return "bogus";
    case Ill::unknown_name: return "NXDOMAIN";
    case Ill::no_records: return "no records";
    case Ill::null_mx: return "null MX";
    case Ill::refused: return "refused";
    case Ill::unreachable: return "unreachable";
    case Ill::local_network: return "no network of ours";
    case Ill::reset: return "reset";
    case Ill::closed: return "closed";
    case Ill::one_octet: return "one octet only";
    case Ill::garbage: return "garbage";
    case Ill::tls_failed: return "TLS failed";
    case Ill::tls_unproven: return "TLS unproven";
    case Ill::an_hour_late: return "an hour late";
    case Ill::a_day_ahead: return "the calendar a day ahead";
    case Ill::a_day_back: return "the calendar a day back";
    case Ill::zero: return "zero";
    case Ill::all_ones: return "all ones";
    case Ill::no_room: return "no room";
    case Ill::broken: return "broken";
    case Ill::stopped: return "stopped meanwhile";
  }
  return "";
}

std::string to_string(const Fault& fault) {
  const SeamWords& words = words_of(fault.seam);
  return std::string{words.group} + " " + std::string{words.call} + " #" +
         std::to_string(fault.call) + ": " + std::string{to_string(fault.ill)};
}

std::optional<Ill> Faults::befalls(Seam seam) {
  const int call = ++calls_[static_cast<std::size_t>(seam)];
  if (!planned_ || planned_->seam != seam || planned_->call != call) return std::nullopt;
  strike();
  return planned_->ill;
}

void Faults::strike() {
  struck_ = true;
  if (on_strike) on_strike();
}

}  // namespace tenax::seams
