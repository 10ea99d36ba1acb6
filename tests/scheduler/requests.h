// SPDX-License-Identifier: Apache-2.0
#pragma once
// Requests and moments as these tests write them down.

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "mail/delivery_request.h"

#include "scheduler/scheduler.h"

namespace tenax::scheduler {

using namespace std::chrono_literals;

inline const mail::WallTime kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};

/// mx.example.net's neighbour `n`.
inline mail::Destination site(int n) {
  return mail::Destination::mx("site" + std::to_string(n) + ".example");
}

struct Given {
  std::int64_t id = 1;
  int site = 1;
  int attempts = 0;
  mail::WallTime due = kNoon;
  mail::WallTime accepted = kNoon;
  int recipients = 1;
  std::string from = {};  // the envelope sender; "" is the null path
};

/// Message `id`; its recipients are id * 1000, id * 1000 + 1, ...
inline mail::DeliveryRequest request(const Given& given) {
  mail::DeliveryRequest made{.message = mail::QueueId{given.id},
                             .envelope = {},
                             .origin = mail::Origin::submitted,
                             .accepted = given.accepted,
                             .destination = site(given.site),
                             .recipients = {}};
  if (!given.from.empty()) made.envelope.sender = mail::Address::parse(given.from).value();
  const mail::Domain domain = mail::Domain::parse("example.net").value();
  for (int i = 0; i < given.recipients; ++i) {
    made.recipients.push_back({.id = mail::RecipientId{given.id * 1000 + i},
                               .address = mail::Address{"user" + std::to_string(i), domain},
                               .notify = {},
                               .original = std::nullopt,
                               .attempts = given.attempts,
                               .due = given.due,
                               .in_doubt = false,
                               .last_host = {}});
  }
  return made;
}

inline std::vector<std::int64_t> ids_of(const std::vector<mail::DeliveryRequest>& requests) {
  std::vector<std::int64_t> ids;
  ids.reserve(requests.size());
  for (const mail::DeliveryRequest& one : requests) ids.push_back(one.message.value);
  return ids;
}

/// The view of that site's lane; a lane that is not known looks like a new one.
inline LaneView view_of(const Scheduler& scheduler, int n) {
  if (std::optional<LaneView> view = scheduler.lane(site(n))) return *view;
  return {site(n), 0, 0, 0, std::nullopt, 0};
}

}  // namespace tenax::scheduler
