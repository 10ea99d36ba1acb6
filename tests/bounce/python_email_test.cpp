// SPDX-License-Identifier: Apache-2.0
// A stranger reads our notices: Python's email package, over orders in which every word that others
// choose is hostile.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "bounce/status_fields.h"

#include "tests/bounce/orders.h"
#include "tests/bounce/strangers.h"

namespace tenax::bounce {
namespace {

using nlohmann::json;

std::vector<json> read_by_python(const std::vector<Notice>& notices) {
  return read_by("python3 " TENAX_SOURCE_DIR "/tests/bounce/read_notice.py", notices);
}

/// Orders as an enemy would place them.
class Enemy {
 public:
  explicit Enemy(std::uint64_t seed) : dice_{seed} {}

  Order order() {
    const std::array kinds = {NoticeKind::delayed, NoticeKind::failed, NoticeKind::delivered,
                              NoticeKind::cleared};
    Order made = bounce::order(kinds[below(kinds.size())]);
    made.envelope.sender = sender();
    made.envelope.envid = chance(30) ? words() : "";
    made.envelope.ret = chance(50) ? mail::Ret::full : mail::Ret::headers;
    made.envelope.smtputf8 = chance(20);
    made.our_name = chance(20) ? words() : made.our_name;
    made.postmaster = chance(20) ? words() : made.postmaster;
    made.boundary_token = chance(50) ? "tok" : words();
    made.header = header();
    if (chance(60)) made.body = body();
    for (std::size_t i = 0, count = 1 + below(5); i < count; ++i) {
      made.subjects.push_back(subject(made.kind));
    }
    for (std::size_t i = below(8); i > 0; --i) made.coming_attempts.push_back(kNoon + 1h * i);
    if (chance(60)) made.phrases = built_in(languages()[below(languages().size())]);
    made.html = chance(80);
    return made;
  }

 private:
  std::size_t below(std::size_t n) { return dice_() % n; }
  bool chance(std::size_t percent) { return below(100) < percent; }

  std::string words() {
    static const std::array<std::string, 24> kPieces = {"\r\n",
                                                        "\n\n",
                                                        "\r",
                                                        "--=_tok_0",
                                                        "\r\n--=_tok_0\r\n",
                                                        "\r\n\r\n--=_tok_0--\r\n",
                                                        "\r\nBcc: eve@example.com",
                                                        "Action: delivered",
                                                        "\r\nAction: delivered\r\n",
                                                        " ",
                                                        "   ",
                                                        "\t",
                                                        "\x1b[2J",
                                                        std::string("\0", 1),
                                                        "\xff\xfe",
                                                        "gr\xc3\xbc\xc3\x9f"
                                                        "e",
                                                        "\xe2\x80\xae",
                                                        "=?UTF-8?Q?=0D=0ABcc:?=",
                                                        "\"",
                                                        "(",
                                                        "a word",
                                                        std::string(1200, 'x'),
                                                        std::string(200, ' '),
                                                        "\xf0\x9f\x8d\xb0"};
    std::string out;
    for (std::size_t i = below(8); i > 0; --i) out += kPieces[below(kPieces.size())];
    return out;
  }

  mail::Address any_address(bool beyond_ascii) {
    static const std::array<std::string, 8> kLocal = {
        "bob", "a  b", "x\"y", "semi;colon", "(comment)", "back\\slash", "a@b", "a=?b?="};
    std::string local = kLocal[below(kLocal.size())];
    if (beyond_ascii) local += "\xc3\xb6";
    return {local, mail::Domain::parse("example.net").value()};
  }

  mail::Address sender() { return chance(80) ? address("ann@example.org") : any_address(false); }

  std::string header() {
    if (chance(10)) return words();
    std::string out = "Subject: " + words() + "\r\nMessage-ID: ";
    return out + (chance(50) ? "<1@example.org>" : words()) + "\r\nX: " + words();
  }

  std::string body() {
    std::string out;
    for (std::size_t i = below(6); i > 0; --i) {
      out += chance(50) ? "--=_tok_" + std::to_string(below(3)) + "\r\n" : "text \xc3\xbc\r\n";
    }
    return chance(20) ? out + words() : out;
  }

  mail::Verdict verdict(NoticeKind kind) {
    const std::array<mail::Stage, 5> stages = {mail::Stage::connect, mail::Stage::mail,
                                               mail::Stage::rcpt, mail::Stage::dot,
                                               mail::Stage::local};
    mail::Verdict made;
    made.stage = stages[below(stages.size())];
    const bool arrived = kind == NoticeKind::delivered || kind == NoticeKind::cleared;
    const int klass = arrived ? 2 : chance(50) ? 4 : 5;
    made.status = {klass, static_cast<int>(below(8)), static_cast<int>(below(1000))};
    if (chance(70)) {
      made.reply = mail::Reply{klass * 100 + 50, {}};
      for (std::size_t i = 1 + below(3); i > 0; --i) made.reply->lines.push_back(words());
    }
    made.text = words();
    made.host.name = chance(50) ? words() : "mx1.example.net";
    made.host.address = chance(50) ? "192.0.2.1" : "";
    made.in_doubt = chance(10);
    made.notify_passed_on = chance(10);
    return made;
  }

  Subject subject(NoticeKind kind) {
    Subject made = bounce::subject("x@example.net", std::nullopt);
    made.address = any_address(chance(15));
    if (chance(90)) made.verdict = verdict(kind);
    if (chance(30)) made.original = mail::OriginalRecipient{words(), words()};
    made.ended = static_cast<Ended>(below(5));
    made.given = std::chrono::hours{below(400)};
    for (std::size_t i = below(4) * below(8); i > 0; --i) {
      made.tried.push_back(
          {kNoon - 1h * i, {.name = words(), .address = "", .port = 25, .tls = {}}, words()});
    }
    if (chance(50)) made.next_attempt = kNoon + 1h;
    if (chance(50)) made.retry_until = kNoon + 96h;
    return made;
  }

  std::mt19937_64 dice_;
};

std::string value_of(const json& group, const std::string& name) {
  std::string found = "(none)";
  for (const json& field : group) {
    if (field[0] != name) continue;
    if (found != "(none)") return "(twice)";
    found = field[1];
  }
  return found;
}

/// Without blanks and line ends, and without what escapes for text and stays as it is in HTML.
std::string letters(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\r' || c == '\n'; });
  return text;
}

void expect_the_same_words(const Order& order, const json& read) {
  EXPECT_EQ(read["language"], std::string{order.phrases ? order.phrases->tag() : "en"});
  if (!order.html) {
    EXPECT_EQ(read["forms"], json::array({"text/plain"}));
    return;
  }
  ASSERT_EQ(read["forms"], json::array({"text/plain", "text/html"}));
  EXPECT_EQ(read["html"]["wrong"], json::array());
  EXPECT_EQ(letters(read["html"]["text"]), letters(read["words"]));
}

void expect_same(const Order& order, const json& read) {
  EXPECT_EQ(read["defects"], json::array());
  EXPECT_EQ(read["type"], "multipart/report");
  EXPECT_EQ(read["report_type"], "delivery-status");
  EXPECT_EQ(read["from"], "MAILER-DAEMON@example.org");
  EXPECT_EQ(read["auto_submitted"], "auto-replied");
  expect_the_same_words(order, read);
  for (const json& name : read["names"]) {
    EXPECT_THAT((std::vector<std::string>{
                    "date", "from", "to", "subject", "message-id", "in-reply-to", "references",
                    "auto-submitted", "mime-version", "content-type", "content-transfer-encoding"}),
                ::testing::Contains(name.get<std::string>()));
  }
  const json& report = read["report"];
  ASSERT_EQ(report.size(), order.subjects.size() + 1);
  EXPECT_EQ(value_of(report[0], "X-Tenax-Queue-Id"), order.message.text());
  EXPECT_NE(value_of(report[0], "Reporting-MTA"), "(twice)");
  for (std::size_t i = 0; i < order.subjects.size(); ++i) {
    const Subject& subject = order.subjects[i];
    const std::string type = subject.address.is_ascii() ? "rfc822; " : "utf-8; ";
    EXPECT_EQ(value_of(report[i + 1], "Final-Recipient"), type + subject.address.text());
    EXPECT_EQ(value_of(report[i + 1], "Action"), action_of(order.kind, subject));
    EXPECT_EQ(value_of(report[i + 1], "Status"), status_of(order.kind, subject).text());
  }
}

TEST(PythonEmail, ReadsAFailureWithTheMessageAsWeMeantIt) {
  Order order = bounce::order(
      NoticeKind::failed,
      subject("bob@example.net", answered(mail::Stage::rcpt, "550 5.1.1 no such user")));
  order.envelope.ret = mail::Ret::full;
  order.header = "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\nMessage-ID: <1@example.org>\r\n";
  order.body = "Hello\r\n\r\n--=_8f3a91c2_0--\r\n";

  const std::vector<json> read = read_by_python({compose(order)});

  ASSERT_EQ(read.size(), 1U);
  expect_same(order, read[0]);
  EXPECT_EQ(read[0]["parts"],
            (json{"multipart/alternative", "message/delivery-status", "message/rfc822"}));
  EXPECT_EQ(read[0]["subject"], "Delivery failed: Gr\u00fc\u00dfe");
  EXPECT_EQ(read[0]["to"], "ann@example.org");
  EXPECT_EQ(read[0]["original"], order.header + "\r\n" + *order.body);
  EXPECT_THAT(read[0]["words"].get<std::string>(),
              ::testing::HasSubstr("There is no such address at that domain."));
  EXPECT_EQ(value_of(read[0]["report"][1], "Diagnostic-Code"), "smtp; 550 5.1.1 no such user");
}

TEST(PythonEmail, ReadsTheSameRecipientsActionsAndStatusFromHostileOrders) {
  constexpr std::uint64_t kSeeds = 300;
  std::vector<Order> orders;
  std::vector<Notice> notices;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    orders.push_back(Enemy{seed}.order());
    notices.push_back(compose(orders.back()));
  }

  const std::vector<json> read = read_by_python(notices);

  ASSERT_EQ(read.size(), notices.size()) << "Python gave up on seed " << read.size() + 1;
  for (std::size_t i = 0; i < read.size(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(i + 1));
    expect_same(orders[i], read[i]);
    if (HasFailure()) {
      ADD_FAILURE() << notices[i].contents;
      return;
    }
  }
}

}  // namespace
}  // namespace tenax::bounce
