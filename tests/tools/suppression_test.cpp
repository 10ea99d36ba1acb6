// SPDX-License-Identifier: Apache-2.0
// `tenax suppression` and `tenax explain --record` on a queue whose daemon is down.

#include "tools/tenax/suppression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "mail/ascii.h"

#include "tests/tools/queue_on_disk.h"
#include "tests/tools/rows.h"
#include "tools/tenax/program.h"

namespace tenax::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string bounce(const std::string& recipient, const std::string& message_id,
                   const std::string& reply = "550 5.1.1 no such user",
                   const std::string& to = "ann@example.org") {
  return "From: MAILER-DAEMON@mx.example.net\nTo: " + to +
         "\nSubject: failure notice\nMIME-Version: 1.0\n"
         "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
         "--b\n\nIt could not be delivered.\n"
         "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
         "Final-Recipient: rfc822; " +
         recipient + "\nAction: failed\nStatus: " + reply.substr(4, 5) +
         "\nDiagnostic-Code: smtp; " + reply +
         "\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: " + message_id +
         "\nSubject: Hello\n\n--b--\n";
}

class SuppressionList : public ::testing::Test {
 protected:
  SuppressionList() { configure("[suppression]\nafter = 1\n"); }

  void configure(const std::string& text) {
    std::ofstream{queue_.directory() + "/tenax.toml"} << text;
  }
  int tenax(std::vector<std::string> words, const std::string& in = {}) {
    words.insert(words.begin(),
                 {"--config", queue_.directory() + "/tenax.toml", "--state", queue_.directory()});
    out_.str({});
    error_.str({});
    std::istringstream input{in};
    Surroundings around{.out = out_,
                        .error = error_,
                        .now = io::SystemClock{}.wall(),
                        .width = 0,
                        .terminal = false,
                        .operator_name = "uid 7",
                        .in = &input};
    return run(words, around);
  }
  json record(const std::string& mail) {
    EXPECT_EQ(tenax({"explain", "--record", "--json"}, mail), EX_OK) << error_.str();
    return json::parse(out_.str().substr(0, out_.str().find('\n')));
  }
  json list() {
    EXPECT_EQ(tenax({"suppression", "list", "--json"}), EX_OK) << error_.str();
    return json::parse(out_.str())["addresses"];
  }
  /// A message that was delivered.
  mail::QueueId sent(const std::vector<std::string>& to, const std::string& message_id,
                     const std::string& from = "ann@example.org") {
    const mail::QueueId id = queue_.add(from, to, "Subject: Hello\r\n\r\nhi\r\n", message_id);
    queue_.attempt(std::chrono::minutes{1}, mail::Kind::delivered);
    return id;
  }

  QueueOnDisk queue_;
  std::ostringstream out_;
  std::ostringstream error_;
};

TEST_F(SuppressionList, IsEditedAndShown) {
  queue_.add("ann@example.org", {"bob@example.net"});
  EXPECT_EQ(tenax({"suppression", "add", "Eve@Example.net", "--note", "asked"}), EX_OK)
      << error_.str();
  EXPECT_THAT(out_.str(), HasSubstr("1 address added\n"));
  EXPECT_THAT(out_.str(), HasSubstr("tenaxd is not running"));

  ASSERT_THAT(list(), SizeIs(1));
  EXPECT_EQ(list()[0]["address"], "eve@example.net");
  EXPECT_EQ(list()[0]["suppressed"], true);
  EXPECT_EQ(list()[0]["note"], "asked");
  EXPECT_EQ(list()[0]["by"], "uid 7");
  EXPECT_EQ(tenax({"suppression", "list"}), EX_OK);
  EXPECT_THAT(out_.str(), HasSubstr("added by uid 7: asked"));
  EXPECT_THAT(out_.str(), HasSubstr("suppression.enforce is off"));

  EXPECT_EQ(tenax({"suppression", "remove", "eve@example.net", "--json"}), EX_OK);
  EXPECT_EQ(json::parse(out_.str())["changed"], 1);
  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(SuppressionList, IsImportedWholeOrNotAtAll) {
  queue_.add("ann@example.org", {"bob@example.net"});
  EXPECT_EQ(tenax({"suppression", "import"}, "# old\n\na@example.net, left\r\nb@example.net\n"),
            EX_OK)
      << error_.str();
  EXPECT_THAT(list(), SizeIs(2));

  EXPECT_EQ(tenax({"suppression", "import"}, "c@example.net\nnobody\n"), EX_DATAERR);
  EXPECT_THAT(error_.str(), HasSubstr("line 2"));
  EXPECT_THAT(list(), SizeIs(2));
}

/// "a@x (note), b@x ()", or the refusal.
std::string imported(std::string_view text) {
  const auto listed = read_addresses(text);
  if (!listed) return listed.error().why;
  std::string line;
  for (const Listed& one : *listed) {
    line += (line.empty() ? "" : ", ") + one.address + " (" + one.note + ")";
  }
  return line;
}

TEST(ImportedAddresses, AreThoseOfASpreadsheetToo) {
  EXPECT_EQ(imported("\xef\xbb\xbf"
                     "a@x.example\r\n"),
            "a@x.example ()");
  EXPECT_EQ(imported("\xef\xbb\xbf# old\n"), "");
  EXPECT_EQ(imported("\"a@x.example\"\r\n\" b@x.example \";left\n"),
            "a@x.example (), b@x.example (left)");
  EXPECT_EQ(imported(R"("a@x.example","left, said ""bye""")"), R"(a@x.example (left, said "bye"))");
  EXPECT_EQ(imported(R"("a@x.example" , "left","2020")"), R"(a@x.example ("left","2020"))");
  EXPECT_EQ(imported(R"("""a b""@x.example",x)"), R"("a b"@x.example (x))");
}

TEST(ImportedAddresses, MayHaveQuotesOfTheirOwn) {
  EXPECT_EQ(imported(R"("a..b"@x.example "left")"), R"("a..b"@x.example ("left"))");
}

TEST(ImportedAddresses, ThatAreNoneAreNamedByTheirLine) {
  for (const std::string_view bad : {"\"a@x.example", "\"\"", "\"a@x.example\"b",
                                     "\xef\xbb\xbf"
                                     "b@x.example",
                                     "\"email\",\"why\""}) {
    EXPECT_THAT(imported("b@x.example\n" + std::string{bad} + "\n"),
                ::testing::StartsWith("line 2: "))
        << bad;
  }
}

TEST_F(SuppressionList, WantsADeedAndAddresses) {
  EXPECT_EQ(tenax({"suppression"}), EX_USAGE);
  EXPECT_EQ(tenax({"suppression", "add"}), EX_USAGE);
  EXPECT_EQ(tenax({"suppression", "add", "nobody"}), EX_USAGE);
  EXPECT_EQ(error_.str(), "tenax: \"nobody\" is no address: no \"@\" and domain\n");
}

TEST_F(SuppressionList, ABounceOfOurMailIsRecordedAndCounted) {
  const mail::QueueId id = sent({"bob@example.net"}, "<1@example.org>");

  const json told = record(bounce("bob@example.net", "<1@example.org>"));

  EXPECT_EQ(told["recorded"], true) << told;
  EXPECT_EQ(told["message"], id.text());
  ASSERT_THAT(list(), SizeIs(1));
  EXPECT_EQ(list()[0]["address"], "bob@example.net");
  EXPECT_EQ(list()[0]["cause"], "no-such-user");
  EXPECT_EQ(tenax({"show", id.text()}), EX_OK);
  EXPECT_THAT(out_.str(), HasSubstr("came back from bob@example.net: no-such-user"));
}

TEST_F(SuppressionList, WhatIsNotAsciiIsEscapedInJson) {
  const std::string folder = queue_.directory() + "/returned";
  std::filesystem::create_directory(folder);
  std::ofstream{folder + "/j\xc3\xb6rg"} << bounce("bob@example.net", "<1@example.org>");
  queue_.add("ann@example.org", {"bob@example.net"});

  EXPECT_EQ(tenax({"explain", "--record", "--json", folder}), EX_OK) << error_.str();

  EXPECT_EQ(json::parse(out_.str())["mail"], "j\xc3\xb6rg");
  EXPECT_TRUE(mail::is_ascii(out_.str())) << out_.str();
}

TEST_F(SuppressionList, AMailThatCannotBeReadKeepsNoOtherFromBeingRecorded) {
  const std::string folder = queue_.directory() + "/returned";
  std::filesystem::create_directory(folder);
  std::ofstream{folder + "/1"} << "too much";
  std::filesystem::resize_file(folder + "/1", std::uintmax_t{257} << 20);
  std::ofstream{folder + "/2"} << bounce("bob@example.net", "<1@example.org>");
  sent({"bob@example.net"}, "<1@example.org>");

  EXPECT_EQ(tenax({"explain", "--record", folder}), EX_NOINPUT);

  EXPECT_THAT(out_.str(), HasSubstr("2: bob@example.net: no-such-user: recorded"));
  EXPECT_THAT(error_.str(), HasSubstr("returned/1"));
  EXPECT_THAT(list(), SizeIs(1));
}

TEST_F(SuppressionList, TheSameBounceIsRecordedOnce) {
  sent({"bob@example.net"}, "<1@example.org>");
  record(bounce("bob@example.net", "<1@example.org>"));

  const json told = record(bounce("bob@example.net", "<1@example.org>"));

  EXPECT_EQ(told["recorded"], false);
  EXPECT_EQ(told["why"], "it was recorded before");
  EXPECT_EQ(list()[0]["failures"], 1);
}

TEST_F(SuppressionList, AForgedBounceSuppressesNobody) {
  sent({"bob@example.net"}, "<1@example.org>");
  for (const std::string& forged :
       {bounce("eve@example.net", "<1@example.org>"),  // whom that message did not go to
        bounce("bob@example.net", "<2@example.org>"),  // a message that is none of ours
        bounce("bob@example.net", ""),                 // none at all
        bounce("bob@example.net", "<1@example.org>", "421 4.4.1 come back later"),
        std::string{"From: a@example.net\nTo: ann@example.org\nSubject: hi\n\nHi.\n"}}) {
    EXPECT_EQ(record(forged)["recorded"], false) << forged;
  }
  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(SuppressionList, WhoStillWaitsCannotHaveBounced) {
  queue_.add("ann@example.org", {"bob@example.net"}, "Subject: a\r\n\r\n", "<1@example.org>");

  const json told = record(bounce("bob@example.net", "<1@example.org>"));

  EXPECT_EQ(told["recorded"], false);
  EXPECT_THAT(told["why"].get<std::string>(), HasSubstr("waiting"));
}

TEST_F(SuppressionList, AFailureOfAnotherCauseStandsInTheHistoryOnly) {
  sent({"bob@example.net"}, "<1@example.org>");

  const json told =
      record(bounce("bob@example.net", "<1@example.org>", "554 5.7.1 listed in a DNSBL"));

  EXPECT_EQ(told["recorded"], true) << told;
  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(SuppressionList, AVerpSenderNamesTheRecipientOfItsMail) {
  configure("[suppression]\nafter = 1\nverp = \"b+{local}={domain}@example.org\"\n");
  sent({"bob@example.net"}, "<1@example.org>", "b+bob=example.net@example.org");

  EXPECT_EQ(record(bounce("elsewhere@example.com", "", "550 5.1.1 no such user",
                          "b+bob=example.net@example.org"))["recorded"],
            true);
  EXPECT_EQ(record(bounce("eve@example.net", "", "550 5.1.1 no such user",
                          "b+eve=example.net@example.org"))["recorded"],
            false);
  ASSERT_THAT(list(), SizeIs(1));
  EXPECT_EQ(list()[0]["address"], "bob@example.net");
}

TEST_F(SuppressionList, NothingIsCountedByDefault) {
  configure("");
  sent({"bob@example.net"}, "<1@example.org>");

  EXPECT_EQ(record(bounce("bob@example.net", "<1@example.org>"))["recorded"], true);

  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(SuppressionList, StrangersCannotCommandTheTerminal) {
  sent({"bob@example.net"}, "<1@example.org>");
  record(bounce("bob@example.net", "<1@example.org>", "550 5.1.1 no such user \x1b[2J\x9b"));

  EXPECT_EQ(tenax({"suppression", "list"}), EX_OK);
  EXPECT_TRUE(tame(out_.str())) << out_.str();
  EXPECT_EQ(tenax({"explain", "--record"}, bounce("b\x1b[2Job@example.net", "<1@example.org>")),
            EX_OK);
  EXPECT_TRUE(tame(out_.str())) << out_.str();
}

}  // namespace
}  // namespace tenax::cli
