// SPDX-License-Identifier: Apache-2.0
// What a person reads, for each cause, in each language: tests/bounce/notices/*.txt, whole. After a
// wanted change TENAX_SNAPSHOTS=write writes them anew; read the difference as a person would.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "bounce/digest.h"
#include "bounce/person_text.h"
#include "bounce/storm_mail.h"

#include "tests/bounce/orders.h"

namespace tenax::bounce {
namespace {

using mail::Stage;

struct Example {
  Cause cause;
  mail::Verdict failed;
  mail::Verdict delayed;
};

/// An answer of each cause that leaves no doubt.
std::vector<Example> examples() {
  const auto said = [](Cause cause, Stage stage, std::string_view status, std::string_view words) {
    const auto reply_of = [&](int klass) {
      return std::to_string(klass) + "50 " + std::to_string(klass) + std::string{status} + " " +
             std::string{words};
    };
    return Example{cause, answered(stage, reply_of(5)), answered(stage, reply_of(4))};
  };
  const auto silent = [](Cause cause, Stage stage, int subject, int detail,
                         std::string_view words) {
    return Example{cause, unanswered(stage, {5, subject, detail}, words),
                   unanswered(stage, {4, subject, detail}, words)};
  };
  const auto of_our_list = [] {
    mail::Verdict listed =
        unanswered(Stage::local, {5, 7, 1},
                   "not tried: the address is on the suppression list of this server");
    listed.fault = mail::Fault::ours;
    return Example{Cause::suppressed, listed, listed};
  };
  return {
      said(Cause::no_such_user, Stage::rcpt, ".1.1", "User unknown"),
      silent(Cause::no_such_domain, Stage::resolve, 1, 2, "example.net: no such domain"),
      said(Cause::mailbox_full, Stage::rcpt, ".2.2", "Mailbox full"),
      said(Cause::mailbox_disabled, Stage::rcpt, ".2.1", "Account disabled"),
      said(Cause::recipient_refuses, Stage::rcpt, ".7.2", "Members only"),
      said(Cause::greylisted, Stage::rcpt, ".7.1", "Greylisted, please come back later"),
      said(Cause::rate_limited, Stage::mail, ".7.28", "Too many messages in this hour"),
      said(Cause::blocked, Stage::mail, ".7.1", "Client host listed in a DNSBL"),
      said(Cause::sender_auth, Stage::dot, ".7.26", "DMARC check failed"),
      said(Cause::sender_host, Stage::mail, ".7.25", "Reverse DNS does not exist"),
      said(Cause::sender_rejected, Stage::mail, ".1.8", "Sender address rejected"),
      said(Cause::content, Stage::dot, ".7.1", "This message looks like spam"),
      said(Cause::policy, Stage::dot, ".7.0", "Local policy"),
      said(Cause::too_large, Stage::mail, ".3.4", "Message too big"),
      said(Cause::relay_denied, Stage::rcpt, ".7.1", "Relaying denied"),
      said(Cause::tls, Stage::mail, ".7.10", "Encryption needed"),
      silent(Cause::unreachable, Stage::connect, 4, 1, "connect: deadline passed"),
      said(Cause::server_trouble, Stage::dot, ".3.0", "Internal error"),
      silent(Cause::expired, Stage::local, 4, 7, ""),
      said(Cause::loop, Stage::dot, ".4.6", "Too many hops"),
      said(Cause::malformed, Stage::dot, ".5.2", "Syntax error"),
      of_our_list(),
      silent(Cause::other, Stage::local, 0, 0, ""),
  };
}

std::string text_of(const Example& example, NoticeKind kind, std::string_view tag) {
  const bool failing = kind == NoticeKind::failed;
  Subject bob = subject("bob@example.net", failing ? example.failed : example.delayed);
  bob.attempts = 7;
  if (!failing) {
    bob.next_attempt = kNoon + 2h + 50min;
    bob.retry_until = kNoon + 96h;
  }
  Order given = order(kind, std::move(bob));
  if (!failing) given.coming_attempts = {kNoon + 2h + 50min, kNoon + 6h};
  given.phrases = built_in(tag);
  std::string text = as_text(person_page(given, "header"));
  std::erase(text, '\r');
  return text;
}

std::string without_returns(std::string text) {
  std::erase(text, '\r');
  return text;
}

/// What the sender of mail that is held hears.
std::string text_of_a_hold(std::string_view tag, bool paused = false) {
  Subject bob =
      subject("bob@example.net", answered(Stage::mail, "554 5.7.1 Client host listed in a DNSBL"));
  bob.attempts = 2;
  Order given = order(NoticeKind::delayed, std::move(bob));
  given.held = true;
  given.paused = paused;
  given.phrases = built_in(tag);
  return without_returns(as_text(person_page(given, "header")));
}

std::string text_of_a_storm(StormMail::About about, std::string_view tag) {
  const StormMail mail{
      .about = about,
      .destination = "[relay.example.com]:587",
      .began = kNoon - 3h,
      .messages = 120,
      .senders = 14,
      .recipients = 131,
      .said = {{"554 5.7.1 Client host listed in a DNSBL", 100}, {"550 5.7.26 no SPF", 31}},
      .notice = mail::QueueId{1'000'000},
      .told = address("root@example.org"),
      .our_name = "out.example.org",
      .from_domain = mail::Domain::parse("example.org").value(),
      .now = kNoon,
      .boundary_token = "8f3a91c2",
      .phrases = built_in(tag)};
  return "Subject: " + compose(mail).message.subject + "\n\n" +
         without_returns(as_text(storm_page(mail)));
}

std::string text_of_a_digest(std::string_view tag, bool with_failures) {
  using Item = Digest::Item;
  const auto item = [](Item::Of of, std::string_view recipient, std::string_view answer) {
    return Item{.of = of,
                .message = mail::QueueId{999'999},
                .accepted = kNoon - 24h,
                .title = "Lunch on Friday",
                .subject = subject(recipient, answered(Stage::rcpt, answer))};
  };
  Item late = item(Item::Of::delay, "joe@example.net", "450 4.2.2 Mailbox full");
  late.subject.next_attempt = kNoon + 2h + 50min;
  late.subject.retry_until = kNoon + 96h;
  Digest digest{.notice = mail::QueueId{1'000'000},
                .told = address("ann@example.org"),
                .failures = {},
                .delays = {late, item(Item::Of::hold, "eve@example.net", "554 5.7.1 listed")},
                .unread = with_failures ? 2u : 0u,
                .our_name = "out.example.org",
                .from_domain = mail::Domain::parse("example.org").value(),
                .postmaster = "postmaster@example.org",
                .now = kNoon,
                .boundary_token = "8f3a91c2",
                .phrases = built_in(tag),
                .html = false};
  if (with_failures) {
    digest.failures = {item(Item::Of::failure, "bob@example.net", "550 5.1.1 User unknown")};
  }
  return "Subject: " + compose(digest).message.subject + "\n\n" +
         without_returns(as_text(digest_page(digest)));
}

std::string all_of(std::string_view tag) {
  std::string all;
  for (const Example& example : examples()) {
    for (const NoticeKind kind : {NoticeKind::failed, NoticeKind::delayed}) {
      all += "==== " + std::string{to_string(example.cause)} + ", " + std::string{to_string(kind)} +
             "\n" + text_of(example, kind, tag) + "\n";
    }
  }
  all += "==== held in a storm, delayed\n" + text_of_a_hold(tag) + "\n";
  all += "==== held in a pause, delayed\n" + text_of_a_hold(tag, true) + "\n";
  all += "==== a digest of failures and delays\n" + text_of_a_digest(tag, true) + "\n";
  all += "==== a digest of delays\n" + text_of_a_digest(tag, false) + "\n";
  using About = StormMail::About;
  all += "==== a storm, to the operator\n" + text_of_a_storm(About::begun, tag) + "\n";
  all += "==== a storm that goes on\n" + text_of_a_storm(About::goes_on, tag) + "\n";
  all += "==== a storm that is over\n" + text_of_a_storm(About::over, tag) + "\n";
  return all;
}

class Snapshot : public ::testing::TestWithParam<std::string_view> {};

TEST_P(Snapshot, OfEachCauseIsWhatAPersonRead) {
  const std::string path =
      TENAX_SOURCE_DIR "/tests/bounce/notices/" + std::string{GetParam()} + ".txt";
  const std::string now = all_of(GetParam());
  const char* const write = std::getenv("TENAX_SNAPSHOTS");
  if (write != nullptr && std::string_view{write} == "write") std::ofstream{path} << now;

  std::ifstream file{path};
  std::istringstream then{std::string{std::istreambuf_iterator<char>{file}, {}}};
  std::istringstream lines{now};
  std::string was;
  std::string is;
  for (int line = 1; std::getline(lines, is); ++line) {
    ASSERT_TRUE(std::getline(then, was)) << path << " ends at line " << line;
    ASSERT_EQ(is, was) << path << ":" << line;
  }
  EXPECT_FALSE(std::getline(then, was)) << path << " goes on with: " << was;
}

INSTANTIATE_TEST_SUITE_P(Languages, Snapshot, ::testing::Values("en", "de", "fr", "es", "ja"),
                         [](const auto& given) { return std::string{given.param}; });

TEST(Snapshots, ShowEveryCause) {
  std::set<Cause> shown;
  for (const Example& example : examples()) {
    EXPECT_EQ(to_string(cause_of(example.failed)), to_string(example.cause));
    EXPECT_EQ(to_string(cause_of(example.delayed)), to_string(example.cause));
    shown.insert(example.cause);
  }
  EXPECT_EQ(shown.size(), static_cast<std::size_t>(Cause::other) + 1);
}

/// The dates of an English notice, as they are written.
std::set<std::string> dates_in(std::string text) {
  std::erase(text, '\r');
  std::set<std::string> dates;
  for (std::size_t at = 0; (at = text.find(" +0000", at)) != std::string::npos; ++at) {
    std::string date = text.substr(at - 25, 31);
    for (char& c : date) c = c == '\n' ? ' ' : c;
    dates.insert(date);
  }
  return dates;
}

TEST(Snapshots, EveryDateIsOneOfTheOrders) {
  const std::set<std::string> given = {mail::to_rfc5322(kNoon - 24h), mail::to_rfc5322(kNoon),
                                       mail::to_rfc5322(kNoon + 2h + 50min),
                                       mail::to_rfc5322(kNoon + 6h), mail::to_rfc5322(kNoon + 96h)};
  for (const Example& example : examples()) {
    std::string text = text_of(example, NoticeKind::delayed, "en");
    // Wrapped text breaks dates at their blanks; indents are no part of them.
    for (std::size_t at = 0; (at = text.find("\n  ", at)) != std::string::npos;) {
      text.replace(at, 3, " ");
    }
    EXPECT_EQ(dates_in(text), given) << text;
  }
}

}  // namespace
}  // namespace tenax::bounce
