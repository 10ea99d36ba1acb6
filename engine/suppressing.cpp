// SPDX-License-Identifier: Apache-2.0
#include "engine/suppressing.h"

#include <algorithm>
#include <utility>

#include "mail/printable.h"

#include "bounce/cause.h"

namespace tenax::engine {

namespace {

/// What servers said of it, if that is why; so the notice explains the same.
mail::EnhancedStatus status_of(const queue::Suppression& listed) {
  if (!listed.added && listed.cause == to_string(bounce::Cause::no_such_user)) return {5, 1, 1};
  if (!listed.added && listed.cause == to_string(bounce::Cause::mailbox_disabled)) return {5, 2, 1};
  return {5, 7, 1};
}

std::string day(mail::WallTime when) { return mail::to_rfc3339(when).substr(0, 10); }

std::string why(const queue::Suppression& listed) {
  if (listed.added) {
    return "since " + day(*listed.added) + (listed.note.empty() ? "" : ": " + listed.note);
  }
  const std::string times =
      listed.failures == 1 ? "one failure" : std::to_string(listed.failures) + " failures";
  return times + (listed.last ? ", the last on " + day(*listed.last) : "") + ": " + listed.cause;
}

}  // namespace

std::vector<std::string> counted_causes(const queue::SuppressionPolicy& policy) {
  if (policy.after == 0) return {};
  return {std::string{to_string(bounce::Cause::no_such_user)},
          std::string{to_string(bounce::Cause::mailbox_disabled)}, "complaint"};
}

std::optional<queue::AddressFault> address_fault(const mail::Verdict& verdict,
                                                 const queue::SuppressionPolicy& policy) {
  const bool refused = verdict.kind == mail::Kind::failed && verdict.fault == mail::Fault::theirs &&
                       verdict.reply && verdict.reply->permanent();
  if (policy.after == 0 || !refused) return std::nullopt;
  const bounce::Judgement judgement = bounce::judge(verdict);
  if (judgement.temporary) return std::nullopt;
  std::string cause{to_string(judgement.cause)};
  const std::vector<std::string> counted = counted_causes(policy);
  if (std::ranges::find(counted, cause) == counted.end()) return std::nullopt;
  return queue::AddressFault{std::move(cause), policy.expires};
}

mail::Verdict refusal_of(const queue::Suppression& listed) {
  mail::Verdict verdict;
  verdict.kind = mail::Kind::failed;
  verdict.scope = mail::Scope::recipient;
  verdict.fault = mail::Fault::ours;
  verdict.stage = mail::Stage::local;
  verdict.status = status_of(listed);
  verdict.text = mail::printable(
      "not tried: the address is on the suppression list of this server (" + why(listed) +
          "); whoever runs it takes it off with: tenax suppression remove " + listed.address,
      900);
  return verdict;
}

io::Async<std::vector<mail::RecipientVerdict>> take_suppressed(queue::Store& store,
                                                               mail::DeliveryRequest& request,
                                                               queue::SuppressionPolicy policy,
                                                               mail::WallTime now) {
  std::vector<mail::RecipientVerdict> refused;
  if (!policy.enforce || request.origin == mail::Origin::notice) co_return refused;
  std::vector<std::string> addresses;
  addresses.reserve(request.recipients.size());
  for (const mail::DueRecipient& recipient : request.recipients) {
    addresses.push_back(queue::suppression_key(recipient.address));
  }
  io::Async<io::Result<std::vector<queue::Suppression>>> looking =
      store.suppressions_of(std::move(addresses));
  const io::Result<std::vector<queue::Suppression>> found = co_await std::move(looking);
  if (!found) co_return refused;
  std::erase_if(request.recipients, [&](const mail::DueRecipient& recipient) {
    const std::string key = queue::suppression_key(recipient.address);
    const auto listed = std::ranges::find(*found, key, &queue::Suppression::address);
    if (listed == found->end() || !listed->in_force(policy, now)) return false;
    refused.push_back({recipient.id, refusal_of(*listed)});
    return true;
  });
  co_return refused;
}

}  // namespace tenax::engine
