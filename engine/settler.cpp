// SPDX-License-Identifier: Apache-2.0
#include "engine/settler.h"

#include <algorithm>
#include <utility>

#include "engine/digest.h"
#include "engine/storm_news.h"

namespace tenax::engine {

namespace {

constexpr std::size_t kMostHeader = 64 * 1024;
// Recipients of one notice whose attempts are listed, and how many of each: a page, not a book.
constexpr std::size_t kHistories = 20;
constexpr std::size_t kMostTried = 10;
constexpr io::Span kFirstPause = std::chrono::seconds{2};
constexpr io::Span kLongestPause = std::chrono::seconds{10};

}  // namespace

Original original_from(std::string text, bool whole, bool give_body) {
  const std::size_t blank = text.starts_with("\r\n") ? 0 : text.find("\r\n\r\n");
  Original original;
  if (blank == std::string::npos) {
    // No empty line: all header, if it was read to the end or as far as we give back.
    if (text.size() > kMostHeader) text.resize(kMostHeader);
    if (!whole) text.erase(text.rfind("\r\n") == std::string::npos ? 0 : text.rfind("\r\n") + 2);
    original.header = std::move(text);
    if (give_body && whole) original.body.emplace();
    return original;
  }
  const std::size_t header_end = blank == 0 ? 0 : blank + 2;
  if (give_body && whole) original.body = text.substr(header_end + 2);
  text.resize(std::min(header_end, kMostHeader));
  original.header = std::move(text);
  return original;
}

io::Async<Original> Settler::read_original(const bounce::Order& order, std::int64_t full_limit) {
  const bool give_body =
      order.envelope.ret == mail::Ret::full && order.envelope.size <= full_limit &&
      order.kind == bounce::NoticeKind::failed;  // RFC 3461 4.3: RET is about failures only
  const std::size_t most =
      give_body ? static_cast<std::size_t>(std::max<std::int64_t>(order.envelope.size, 0)) + 1
                : kMostHeader;

  io::Result<std::unique_ptr<io::ByteSource>> opened =
      co_await world_.store.open_body(order.message);
  // A notice without its original is better than none.
  if (!opened) co_return Original{};
  std::string text;
  bool whole = false;
  while (text.size() < most && !whole) {
    const std::size_t before = text.size();
    text.resize(std::min(most, before + kMostHeader));
    const std::span<char> into{text.data() + before, text.size() - before};
    const io::Result<std::size_t> count = co_await (*opened)->read_some(into);
    text.resize(before + (count ? *count : 0));
    if (!count) break;
    whole = *count == 0;
    const bool header_is_in = !give_body && text.find("\r\n\r\n") != std::string::npos;
    if (header_is_in) break;
  }
  co_return original_from(std::move(text), whole, give_body);
}

/// What was tried before. A notice without that is better than none.
io::Async<> Settler::read_history(bounce::Order& order) {
  const bool tells =
      order.kind == bounce::NoticeKind::failed || order.kind == bounce::NoticeKind::delayed;
  if (!tells) co_return;
  std::vector<mail::RecipientId> recipients;
  for (const bounce::Subject& subject : order.subjects) {
    // Of a single attempt that just ended, all is known.
    const bool more = subject.attempts > (subject.last_attempt ? 1 : 0);
    if (more && recipients.size() < kHistories) recipients.push_back(subject.id);
  }
  if (recipients.empty()) co_return;
  const io::Result<std::vector<queue::PastAttempt>> past =
      co_await world_.store.past_attempts(std::move(recipients), kMostTried);
  if (!past) co_return;
  for (bounce::Subject& subject : order.subjects) {
    std::vector<bounce::Tried> tried;
    for (const queue::PastAttempt& attempt : *past) {
      if (attempt.recipient != subject.id) continue;
      tried.push_back({attempt.finished, attempt.host, attempt.text});
    }
    subject.tried.insert(subject.tried.begin(), tried.begin(), tried.end());
    if (!subject.last_attempt && !subject.tried.empty()) {
      subject.last_attempt = subject.tried.back().when;
    }
  }
}

io::Async<io::Result<Committed>> Settler::commit(Draft draft, const Routes& routes,
                                                 std::int64_t full_limit, mail::WallTime now) {
  std::vector<Noticed> facts;
  for (bounce::Order& order : draft.orders) {
    Original original = co_await read_original(order, full_limit);
    co_await read_history(order);
    std::optional<queue::NoticeCap> cap = cap_of(order, draft.notices_per_hour);
    const mail::QueueId id = world_.store.new_id(now);
    Noticed fact{order.message, id, order.kind, *order.envelope.sender, {}, {}};
    for (const bounce::Subject& subject : order.subjects) {
      fact.about.push_back(subject.address);
      if (subject.next_attempt) fact.promised.push_back(*subject.next_attempt);
    }
    facts.push_back(std::move(fact));
    queue::NewNotice notice = complete(std::move(order), id, std::move(original),
                                       io::hex(world_.random, 24), draft.wording.get());
    notice.cap = std::move(cap);
    draft.settlement.notices.push_back(std::move(notice));
  }
  const io::Result<queue::Settled> settled = co_await insist(draft.settlement, routes);
  if (!settled) co_return settled.error();
  Committed committed;
  committed.attempts = std::move(draft.settlement.attempts);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    Noticed& fact = facts[i];
    const bool later = i < settled->gathered.size() && settled->gathered[i];
    if (later) {
      committed.gathered.push_back({fact.message, fact.kind, std::move(fact.to),
                                    std::move(fact.about), *settled->gathered[i]});
    } else {
      committed.noticed.push_back(std::move(fact));
    }
  }
  co_return std::move(committed);
}

io::Async<io::Result<Digested>> Settler::tell_owed(queue::DigestDue due, Terms terms, Routes routes,
                                                   mail::WallTime now, Rehearse rehearse) {
  bounce::Digest digest = digest_of(due, terms, now, rehearse);
  digest.notice = world_.store.new_id(now);
  digest.boundary_token = io::hex(world_.random, 24);
  bounce::Notice written = bounce::compose(digest);
  queue::ToldOwed told{.about = about(due),
                       .unread = due.unread,
                       .digest = {std::move(written.message), std::move(written.contents)}};
  told.digest.destinations = routes.destinations_of(told.digest.message.recipients);
  const io::Result<> committed = co_await world_.store.tell_owed(std::move(told));
  if (!committed) co_return committed.error();
  Digested fact{digest.notice, due.sender, {}, due.unread.size()};
  for (const queue::DigestDue::Failure& failure : due.failures) {
    fact.about.push_back({failure.message, failure.address});
  }
  for (const queue::DigestDue::Delay& delay : due.delays) {
    fact.about.push_back(
        {delay.of.message, delay.of.recipients.at(0).address, bounce::NoticeKind::delayed});
  }
  co_return std::move(fact);
}

io::Async<io::Result<std::optional<StormTold>>> Settler::tell_storm(queue::StormDue due,
                                                                    Terms terms, Routes routes,
                                                                    mail::WallTime now) {
  queue::ToldStorm told{.destination = due.destination,
                        .over = due.over,
                        .mails = due.mails,
                        .next = now + kStormAgain,
                        .mail = {}};
  std::optional<StormTold> fact;
  // Of what nobody was told, nobody needs to hear the end.
  std::optional<mail::Address> postmaster = postmaster_of(terms);
  if (postmaster && (!due.over || due.mails > 0)) {
    bounce::StormMail mail = storm_mail_of(due, *postmaster, terms, now);
    mail.notice = world_.store.new_id(now);
    mail.boundary_token = io::hex(world_.random, 24);
    bounce::Notice written = bounce::compose(mail);
    told.mail = queue::NewNotice{std::move(written.message), std::move(written.contents)};
    told.mail->destinations = routes.destinations_of(told.mail->message.recipients);
    fact = StormTold{due.destination, due.over, mail.notice, std::move(*postmaster), due.messages};
  }
  const io::Result<> committed = co_await world_.store.tell_storm(std::move(told));
  if (!committed) co_return committed.error();
  co_return std::move(fact);
}

io::Async<io::Result<queue::Settled>> Settler::insist(const queue::Settlement& settlement,
                                                      const Routes& routes) {
  io::Span pause = kFirstPause;
  for (;;) {
    queue::Settlement copy = settlement;
    for (queue::NewNotice& notice : copy.notices) {
      notice.destinations = routes.destinations_of(notice.message.recipients);
    }
    io::Result<queue::Settled> settled = co_await world_.store.settle(std::move(copy));
    if (settled) co_return settled;
    observer_.trouble({"settling", io::to_string(settled.error()), settlement.message});
    const bool may_pass =
        settled.error().is(io::Errc::disk_full) || settled.error().is(io::Errc::busy);
    if (!may_pass) co_return settled;
    if (giving_up_) co_return settled;
    const io::Result<> slept = co_await world_.clock.sleep_until(world_.clock.now() + pause);
    if (!slept) co_return slept.error();
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace tenax::engine
