// SPDX-License-Identifier: Apache-2.0
#include "delivery/ledger.h"

#include <utility>

#include "delivery/classify.h"

namespace tenax::delivery {

using mail::Fault;
using mail::Health;
using mail::Kind;
using mail::Scope;
using mail::Stage;
using mail::Verdict;

namespace {

constexpr std::size_t kMostTries = 20;
// Of all replies of an attempt together, and of each one that comes when these are reached: what is
// kept for each recipient, attempt after attempt, is not to grow with the words of a stranger.
constexpr std::size_t kOctetsAtLength = 64 * 1024;
constexpr std::size_t kOctetsInShort = 512;

/// Of two answers for the same mail by two hosts: hope over refusal, words over silence, theirs
/// over ours; else the later.
bool outranks(const Verdict& later, const Verdict& earlier) {
  if (later.kind != earlier.kind) return later.kind == Kind::deferred;
  if (later.fault != earlier.fault) return later.fault == Fault::theirs;
  return later.reply.has_value() || !earlier.reply.has_value();
}

int rank(Health health) {
  switch (health) {
    case Health::well: return 5;
    case Health::broke_off: return 4;
    case Health::refused_by_host: return 3;
    case Health::unreachable: return 2;
    case Health::unresolved: return 1;
    case Health::ours: break;
  }
  return 0;
}

std::size_t octets_of(const mail::Reply& reply) {
  std::size_t octets = 0;
  for (const std::string& line : reply.lines) octets += line.size();
  return octets;
}

bool continues_character(char octet) { return (static_cast<unsigned char>(octet) & 0xC0U) == 0x80; }

/// Whole lines first, then the beginning of one.
void shorten(mail::Reply& reply) {
  std::size_t room = kOctetsInShort;
  std::size_t whole = 0;
  while (whole < reply.lines.size() && reply.lines[whole].size() <= room) {
    room -= reply.lines[whole++].size();
  }
  if (whole == reply.lines.size()) return;
  std::string& cut = reply.lines[whole];
  while (room > 0 && continues_character(cut[room])) --room;
  cut.resize(room);
  reply.lines.resize(room > 0 || whole == 0 ? whole + 1 : whole);
}

void keep_in_bounds(std::vector<mail::RecipientVerdict>& verdicts) {
  std::size_t octets = 0;
  for (auto& [recipient, verdict] : verdicts) {
    if (!verdict.reply) continue;
    if (octets > kOctetsAtLength) shorten(*verdict.reply);
    octets += octets_of(*verdict.reply);
  }
}

}  // namespace

Ledger::Ledger(const mail::DeliveryRequest& request, mail::WallTime started)
    : verdicts_(request.recipients.size()),
      open_{request.recipients.size()},
      report_{.message = request.message,
              .destination = request.destination,
              .verdicts = {},
              .tries = {},
              .started = started,
              .finished = started} {
  for (const mail::DueRecipient& recipient : request.recipients) ids_.push_back(recipient.id);
}

std::vector<std::size_t> Ledger::open() const {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < verdicts_.size(); ++at) {
    if (!verdicts_[at]) places.push_back(at);
  }
  return places;
}

void Ledger::answer(std::size_t recipient, Verdict verdict) {
  if (verdicts_[recipient]) return;
  verdicts_[recipient] = std::move(verdict);
  --open_;
}

void Ledger::answer_for_now(std::size_t recipient, Verdict verdict) {
  for_now_.insert_or_assign(recipient, std::move(verdict));
}

void Ledger::answer_open(const Verdict& verdict) {
  if (verdict.scope == Scope::host) {
    if (!provisional_ || outranks(verdict, *provisional_)) provisional_ = verdict;
    return;
  }
  for (const std::size_t recipient : open()) answer(recipient, verdict);
}

void Ledger::hosts_are_left() {
  if (!provisional_ || provisional_->kind != Kind::failed) return;
  provisional_->kind = Kind::deferred;
  provisional_->status.klass = 4;
}

void Ledger::note(mail::HostTry attempt) {
  if (report_.tries.size() < kMostTries) report_.tries.push_back(std::move(attempt));
}

void Ledger::note(Health health) {
  if (rank(health) > rank(report_.health)) report_.health = health;
}

mail::DeliveryReport Ledger::close(mail::WallTime finished) && {
  const Verdict rest =
      provisional_ ? *provisional_ : classify(Finding::out_of_time, Stage::connect, {});
  for (auto& [recipient, verdict] : for_now_) answer(recipient, std::move(verdict));
  for (const std::size_t recipient : open()) answer(recipient, rest);
  for (std::size_t at = 0; at < verdicts_.size(); ++at) {
    report_.verdicts.push_back({ids_[at], std::move(*verdicts_[at])});
  }
  keep_in_bounds(report_.verdicts);
  report_.finished = finished;
  return std::move(report_);
}

}  // namespace tenax::delivery
