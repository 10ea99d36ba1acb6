// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/remarks.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "tools/tenax/present.h"
#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

constexpr std::size_t kMostRemarks = 200;

Remark of_the_list(const queue::RecipientRow& row, const queue::Suppression& listed) {
  Remark remark{.about = Remark::About::suppressed, .recipients = {row}};
  remark.when = listed.added ? listed.added : listed.last;
  remark.times = listed.added ? 0 : listed.failures;
  remark.said = listed.added ? listed.note : listed.cause;
  if (!listed.added && !listed.text.empty()) remark.said += ", " + listed.text;
  return remark;
}

std::string since(const Remark& remark) {
  const std::string date = remark.when ? moment(*remark.when) : "";
  const std::string said = remark.said.empty() ? "" : ": " + mail::printable(remark.said, 500);
  if (remark.times == 0) return "put there by the operator on " + date + said;
  return counted(remark.times, "failure") + ", the last on " + date + said;
}

}  // namespace

std::vector<Remark> remarks_of(const queue::MessageDetails& message,
                               const queue::SuppressionPolicy& policy, mail::WallTime now) {
  using About = Remark::About;
  std::vector<Remark> remarks;
  std::unordered_map<mail::RecipientId, const queue::RecipientRow*> rows;
  // Tenax's own notices are tried in any case.
  const bool refuses = policy.enforce && message.origin != mail::Origin::notice;
  for (const queue::RecipientRow& row : message.recipients) {
    rows.emplace(row.id, &row);
    if (mail::is_final(row.state) || !refuses || remarks.size() >= kMostRemarks) continue;
    const std::string key = queue::suppression_key(row.address);
    const auto listed = std::ranges::find(message.listed, key, &queue::Suppression::address);
    const bool forced = listed != message.listed.end() && listed->in_force(policy, now);
    if (forced) remarks.push_back(of_the_list(row, *listed));
  }
  for (const queue::OwedRow& owed : message.owed) {
    const auto row = rows.find(owed.recipient);
    if (row == rows.end()) continue;
    // A delay that is over is told to nobody.
    if (owed.of_delay && (!owed.due || mail::is_final(row->second->state))) continue;
    const About about = owed.of_delay ? About::owed_delay
                        : owed.due    ? About::owed
                                      : About::owed_unread;
    const auto like = std::ranges::find_if(
        remarks, [&](const Remark& one) { return one.about == about && one.when == owed.due; });
    if (like != remarks.end()) {
      like->recipients.push_back(*row->second);
    } else if (remarks.size() < kMostRemarks) {
      remarks.push_back({.about = about, .recipients = {*row->second}, .when = owed.due});
    }
  }
  return remarks;
}

std::string_view to_string(Remark::About about) {
  switch (about) {
    case Remark::About::suppressed: return "suppressed";
    case Remark::About::owed: return "owed";
    case Remark::About::owed_delay: return "owed-delay";
    case Remark::About::owed_unread: return "owed-unread";
  }
  std::abort();
}

std::string in_words(const Remark& remark, mail::WallTime now) {
  switch (remark.about) {
    case Remark::About::suppressed:
      return "on the suppression list (" + since(remark) +
             "): refused at its next attempt without asking a server, and its sender is told; "
             "tenax "
             "suppression remove '" +
             mail::printable(remark.recipients.front().address.text(), 300) + "' takes it off";
    case Remark::About::owed:
      return "failed, and not told yet: its sender has had many notices, and is told in a "
             "digest, " +
             moment(*remark.when) + ", " + relative(*remark.when, now);
    case Remark::About::owed_delay:
      return "late, and not told yet: its sender has had many notices, and is told in a digest, " +
             moment(*remark.when) + ", " + relative(*remark.when, now) + ", if it is late then";
    case Remark::About::owed_unread:
      return "failed, and its sender is not going to be told: what is noted of that cannot be read "
             "(tenax check)";
  }
  std::abort();
}

std::string lines(const std::vector<Remark>& remarks, mail::WallTime now) {
  std::string text;
  for (const Remark& remark : remarks) {
    text += "\n" + people(remark.recipients) + ": " + in_words(remark, now) + "\n";
  }
  return text;
}

nlohmann::ordered_json remarks_as_json(const std::vector<Remark>& remarks, mail::WallTime now) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Remark& remark : remarks) {
    Json names = Json::array();
    for (const queue::RecipientRow& row : remark.recipients) names.push_back(row.address.text());
    list.push_back({{"about", to_string(remark.about)},
                    {"recipients", std::move(names)},
                    {"when", remark.when ? Json(mail::to_rfc3339(*remark.when)) : Json{}},
                    {"says", in_words(remark, now)}});
  }
  return list;
}

}  // namespace tenax::cli
