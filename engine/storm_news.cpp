// SPDX-License-Identifier: Apache-2.0
#include "engine/storm_news.h"

#include <utility>

namespace tenax::engine {

std::optional<mail::Address> postmaster_of(const Terms& terms) {
  const auto postmaster = mail::Address::parse(terms.postmaster, terms.our_domain);
  if (!postmaster) return std::nullopt;
  return *postmaster;
}

bounce::StormMail storm_mail_of(const queue::StormDue& due, mail::Address postmaster,
                                const Terms& terms, mail::WallTime now) {
  using About = bounce::StormMail::About;
  bounce::StormMail mail{.about = due.over        ? About::over
                                  : due.mails > 0 ? About::goes_on
                                                  : About::begun,
                         .destination = due.destination,
                         .began = due.began,
                         .messages = due.messages,
                         .senders = due.senders,
                         .recipients = due.recipients,
                         .said = {},
                         .notice = {},
                         .told = std::move(postmaster),
                         .our_name = terms.our_name,
                         .from_domain = terms.our_domain,
                         .now = now,
                         .boundary_token = {}};
  for (const queue::StormDue::Said& said : due.said) {
    mail.said.push_back({said.text, said.recipients});
  }
  if (terms.wording != nullptr) {
    mail.phrases = terms.wording->phrases_for(mail.told, "");
    mail.html = terms.wording->html();
  }
  return mail;
}

}  // namespace tenax::engine
