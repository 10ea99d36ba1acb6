// SPDX-License-Identifier: Apache-2.0
// Who sends, by the account and the command line.

#include "engine/submit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include "mail/ascii.h"
#include "mail/header.h"

#include "tests/sendmail/normalise.h"

namespace tenax::testing {
namespace {

using engine::Account;

engine::Config config_of(const std::string& domain) {
  engine::Config config;
  config.domain = domain;
  config.hostname = "out." + domain;
  return config;
}

engine::Outcome<queue::SubmissionRules> rules_of(std::optional<std::string> sender,
                                                 const std::optional<Account>& us,
                                                 const std::string& domain = "example.org") {
  engine::RawSubmission raw;
  raw.sender = std::move(sender);
  raw.operands = {"bob"};
  engine::Moment moment;
  moment.unique = "1a2b";
  return engine::submission_rules(
      raw, config_of(domain), [us] { return engine::Outcome<std::optional<Account>>{us}; }, moment);
}

/// "<ann@example.org>", or the exit code.
std::string sender_of(std::optional<std::string> sender, const std::optional<Account>& us) {
  const auto rules = rules_of(std::move(sender), us);
  return rules ? mail::to_path(rules->sender) : std::to_string(rules.error().exit_code);
}

TEST(SenderByAccount, IsTheLoginQuotedIfItNeedsIt) {
  const auto sender_is = [](const std::string& login) {
    return sender_of(std::nullopt, Account{login, ""});
  };
  EXPECT_EQ(sender_is("ann"), "<ann@example.org>");
  EXPECT_EQ(sender_is("CORP\\bob"), R"(<"CORP\\bob"@example.org>)");
  EXPECT_EQ(sender_is("jo smith"), R"(<"jo smith"@example.org>)");
  EXPECT_EQ(sender_is("svc."), R"(<"svc."@example.org>)");
  EXPECT_EQ(sender_is("jo@corp.example"), "<jo@corp.example>");
  EXPECT_EQ(sender_is(""), std::to_string(EX_NOUSER));
  EXPECT_EQ(sender_is("a\nb"), std::to_string(EX_NOUSER));
}

TEST(SenderByAccount, IsNotAskedForWhenAnotherIsNamed) {
  EXPECT_EQ(sender_of("ann@x.org", Account{"a\nb", ""}), "<ann@x.org>");
  EXPECT_EQ(sender_of("", Account{"a\nb", ""}), "<>");
  EXPECT_EQ(sender_of("ann@x.org", std::nullopt), "<ann@x.org>");
  EXPECT_EQ(sender_of(std::nullopt, std::nullopt), std::to_string(EX_NOUSER));
}

TEST(SenderByAccount, ThatCannotBeAskedForIsAskedForLater) {
  const engine::FindAccount nobody_to_ask = [] {
    return engine::Outcome<std::optional<Account>>{engine::Refusal{EX_TEMPFAIL, "no process"}};
  };
  engine::RawSubmission raw;
  raw.operands = {"bob"};
  const auto rules_for = [&](std::optional<std::string> sender) {
    raw.sender = std::move(sender);
    return engine::submission_rules(raw, config_of("example.org"), nobody_to_ask, engine::Moment{});
  };
  const auto refused = rules_for(std::nullopt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit_code, EX_TEMPFAIL);
  EXPECT_EQ(refused.error().text, "no process");

  // With -f it would only be for a name.
  EXPECT_TRUE(rules_for(""));
  const auto named = rules_for("ann@x.org");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->author_name(), "");
}

TEST(NamedSender, IsOneAddressAsPeopleWriteIt) {
  const Account us{"root", ""};
  for (const std::string text : {"ann@x.org", "<ann@x.org>", "Ann <ann@x.org>", "ann@x.org (Ann)",
                                 " ann@x.org ", "\"A, B\" <ann@x.org>"}) {
    EXPECT_EQ(sender_of(text, us), "<ann@x.org>") << text;
  }
  EXPECT_EQ(sender_of("ann", us), "<ann@example.org>");
  EXPECT_EQ(sender_of(" <> ", us), "<>");
  EXPECT_EQ(sender_of("a..b@docomo.example", us), R"(<"a..b"@docomo.example>)");
  for (const std::string text : {" ", "a@x.org, b@x.org", "g:;", "(Ann)", "a b", "ann@x.org\n",
                                 "Ann\r\nBcc: <ann@x.org>", "a@@b"}) {
    EXPECT_EQ(sender_of(text, us), std::to_string(EX_DATAERR)) << text;
  }
}

TEST(Operands, MayHoldSeveralInARow) {
  engine::RawSubmission raw;
  raw.sender = "ann@x.org";
  const auto rules = [&](std::vector<std::string> operands) {
    raw.operands = std::move(operands);
    return engine::submission_rules(
        raw, config_of("example.org"), [] { return std::optional<Account>{}; }, engine::Moment{});
  };
  EXPECT_EQ(rules({"a@b.example c@d.example", "e@f.example; g@h.example"})->recipients.size(), 4U);
  for (const std::string text : {"a@b.example c", "a; b", "a b", "<>"}) {
    EXPECT_EQ(rules({text}).error().exit_code, EX_DATAERR) << text;
  }
}

TEST(Operands, AreBoundedByHowManyDifferentOnesThereAre) {
  engine::Config config = config_of("example.org");
  config.max_recipients = 2;
  engine::RawSubmission raw;
  raw.sender = "ann@x.org";
  const auto rules = [&](std::vector<std::string> operands) {
    raw.operands = std::move(operands);
    return engine::submission_rules(
        raw, config, [] { return std::optional<Account>{}; }, engine::Moment{});
  };
  EXPECT_EQ(rules({"a, a@example.org, A", "a", "A,a"})->recipients.size(), 2U);
  for (const auto& refused : {rules({"a, b, c"}), rules({"a", "b, a", "c"})}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().exit_code, EX_DATAERR);
    EXPECT_EQ(refused.error().text, "more than 2 recipients");
  }
}

TEST(FieldsOfOurs, HoldALabels) {
  const Account us{"root", ""};
  for (const auto& rules : {rules_of(std::nullopt, us,
                                     "b\xc3\xbc"
                                     "cher.example"),
                            rules_of("root@B\xc3\xbc"
                                     "cher.example",
                                     us,
                                     "b\xc3\xbc"
                                     "cher.example")}) {
    ASSERT_TRUE(rules);
    const std::string text = normalised("Cc: bob\n\nhello\n", *rules);
    const mail::Header header = mail::Header::parse(text);
    EXPECT_EQ(header.find("From")->value, "root@xn--bcher-kva.example");
    EXPECT_EQ(header.find("Cc")->value, "bob@xn--bcher-kva.example");
    EXPECT_THAT(header.find("Message-ID")->value,
                ::testing::EndsWith(".1a2b@out.xn--bcher-kva.example>"));
    EXPECT_TRUE(mail::is_ascii(text));
  }
  EXPECT_EQ(rules_of("j\xc3\xb6@b\xc3\xbc"
                     "cher.example",
                     us)
                ->author.text(),
            "j\xc3\xb6@b\xc3\xbc"
            "cher.example");
}

}  // namespace
}  // namespace tenax::testing
