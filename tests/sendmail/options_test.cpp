// SPDX-License-Identifier: Apache-2.0
#include "tools/sendmail/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include "tools/sendmail/account.h"

namespace tenax::testing {
namespace {

using sendmail::Mode;
using sendmail::Options;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Words = std::vector<std::string_view>;

engine::Outcome<Options> read(const Words& words, std::string_view called = "sendmail") {
  return sendmail::read_options(called, words);
}

/// What was read, in one line: flags, sender, name, the operands in brackets, "!" for each warning.
std::string summary(const Words& words, std::string_view called = "/usr/sbin/sendmail") {
  const engine::Outcome<Options> options = read(words, called);
  if (!options) return "refused " + std::to_string(options.error().exit_code);
  static constexpr std::string_view kModes[] = {"",     "list",    "flush",   "nothing",
                                                "smtp", "refused", "version", "usage"};
  const engine::RawSubmission& message = options->message;
  std::string line{kModes[static_cast<std::size_t>(options->mode)]};
  if (message.recipients_from_header) line += "t";
  if (!message.dot_ends) line += "i";
  for (const std::string& filter : options->retry_only) line += " " + filter;
  if (options->verbose) line += "v";
  if (message.sender) line += " f=" + *message.sender;
  if (message.full_name) line += " F=" + *message.full_name;
  if (message.notify.given()) line += " N=" + message.notify.text();
  if (message.ret == mail::Ret::full) line += " R=full";
  if (message.ret == mail::Ret::headers) line += " R=hdrs";
  if (!message.envid.empty()) line += " V=" + message.envid;
  for (const std::string& operand : message.operands) line += " [" + operand + "]";
  return line + std::string(options->warnings.size(), '!');
}

struct OptionsCase {
  std::string_view rule;
  Words words;
  std::string_view result;
};

void PrintTo(const OptionsCase& given, std::ostream* out) { *out << given.rule; }

class CommandLine : public ::testing::TestWithParam<OptionsCase> {};

TEST_P(CommandLine, IsRead) { EXPECT_EQ(summary(GetParam().words), GetParam().result); }

std::string rule_of_case(const ::testing::TestParamInfo<OptionsCase>& given) {
  return std::string{given.param.rule};
}

INSTANTIATE_TEST_SUITE_P(
    Callers, CommandLine,
    ::testing::Values(
        OptionsCase{
            "Cron", {"-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"}, "i F=CronDaemon [root]"},
        OptionsCase{
            "CronOfVixie", {"-FCronDaemon", "-odi", "-oem", "-oi", "-t"}, "ti F=CronDaemon"},
        OptionsCase{"PhpMail", {"-t", "-i", "-fann@example.org"}, "ti f=ann@example.org"},
        OptionsCase{"Mutt",
                    {"-oem", "-oi", "-f", "ann@example.org", "--", "bob@example.net"},
                    "i f=ann@example.org [bob@example.net]"},
        OptionsCase{"GitSendEmail",
                    {"-f", "ann@example.org", "-i", "bob@example.net", "c@example.net"},
                    "i f=ann@example.org [bob@example.net] [c@example.net]"},
        OptionsCase{"Mailutils", {"-oi", "-f", "ann", "-t"}, "ti f=ann"},
        OptionsCase{"Snail", {"-i", "-m", "--", "bob"}, "i [bob]"},
        OptionsCase{"Mailx", {"-i", "-x", "bob"}, "i [bob]"}),
    rule_of_case);

INSTANTIATE_TEST_SUITE_P(
    Values, CommandLine,
    ::testing::Values(
        OptionsCase{"GluedOrSeparate", {"-fa@x", "-f", "b@x", "c"}, " f=b@x [c]"},
        OptionsCase{"RIsF", {"-r", "a@x", "b"}, " f=a@x [b]"},
        OptionsCase{"AnEmptySenderIsTheNullPath", {"-f", "", "b"}, " f= [b]"},
        OptionsCase{"BracketsAreTheNullPath", {"-f", "<>", "b"}, " f= [b]"},
        OptionsCase{"GluedBracketsToo", {"-f<>", "b"}, " f= [b]"},
        OptionsCase{"Groups", {"-ti", "b"}, "ti [b]"},
        OptionsCase{"AGroupMayEndWithAValue", {"-tif", "a@x", "b"}, "ti f=a@x [b]"},
        OptionsCase{"OrWithAGluedOne", {"-tivfa@x"}, "tiv f=a@x"},
        OptionsCase{"OptionsAfterOperands", {"b", "-i", "c", "-fa@x"}, "i f=a@x [b] [c]"},
        OptionsCase{"TwoHyphensEndThem", {"-i", "--", "-t", "b"}, "i [-t] [b]"},
        OptionsCase{"AHyphenAloneIsAnOperand", {"-"}, " [-]"},
        OptionsCase{"AnEmptyWordIsAnOperand", {""}, " []"},
        OptionsCase{"AListStaysOneOperand", {"a@x,b@x"}, " [a@x,b@x]"},
        OptionsCase{"BareDAndEEatNothing", {"-d", "a", "-e", "b"}, " [a] [b]"},
        OptionsCase{"GluedOnesAreTheirs", {"-d0-99.100", "-em", "a"}, " [a]"},
        OptionsCase{"ODecidesByItsLetter", {"-oi", "-om", "-oem", "-odb", "-o7", "a"}, "i [a]"},
        OptionsCase{
            "OverlongNamesToo", {"-O", "IgnoreDots=true", "-O", "DeliveryMode=b", "a"}, "i [a]"},
        OptionsCase{"IgnoreDotsFalse", {"-i", "-OIgnoreDots=false", "a"}, " [a]"},
        OptionsCase{"Notify", {"-N", "failure,delay", "a"}, " N=FAILURE,DELAY [a]"},
        OptionsCase{"NotifySkipsBlanks", {"-N", " failure, delay", "a"}, " N=FAILURE,DELAY [a]"},
        OptionsCase{"NotifyNever", {"-Nnever", "a"}, " N=NEVER [a]"},
        OptionsCase{"Return", {"-R", "hdrs", "-V", "QQ314159", "a"}, " R=hdrs V=QQ314159 [a]"},
        OptionsCase{"ReturnFull", {"-RFULL", "a"}, " R=full [a]"},
        OptionsCase{"TheEnvelopeIdMayHoldEncodedBlanks", {"-V", "id+2020", "a"}, " V=id 20 [a]"},
        OptionsCase{"TheEnvelopeIdIsXtext", {"-V", "a+2Bb", "a"}, " V=a+b [a]"},
        OptionsCase{"MacrosAreIgnored", {"-M", "x", "-Mrfoo", "a"}, " [a]"},
        OptionsCase{"WhereItCameFromToo",
                    {"-oMr", "smtp", "-oMs", "host", "-oMa", "192.0.2.1", "-oMi", "192.0.2.2",
                     "-oMt", "ann", "-o", "Mr", "uucp", "-oMrsmtp", "a"},
                    " [a]"},
        OptionsCase{"IgnoredOnes",
                    {"-G", "-n", "-U", "-m", "-x", "-s", "-c", "-h", "3", "-L", "tag", "-p",
                     "ESMTP:x", "-Ac", "-B", "7BIT", "a"},
                    " [a]"}),
    rule_of_case);

INSTANTIATE_TEST_SUITE_P(
    Modes, CommandLine,
    ::testing::Values(
        OptionsCase{"Submit", {"-bm", "a"}, " [a]"}, OptionsCase{"Mailq", {"-bp"}, "list"},
        OptionsCase{"SeparateValue", {"-b", "p"}, "list"}, OptionsCase{"Queue", {"-q"}, "flush"},
        OptionsCase{"QueueWithATime", {"-q30m"}, "flush"},
        OptionsCase{"QueueToADomain", {"-qRexample.net"}, "flush --recipient=@example.net"},
        OptionsCase{"QueueToOne", {"-qRb@example.net"}, "flush --recipient=b@example.net"},
        OptionsCase{"QueueFrom", {"-qSexample.net"}, "flush --sender=@example.net"},
        OptionsCase{"QueueOfOne", {"-qI38GK9EG420400"}, "flush 38GK9EG420400"},
        OptionsCase{"QueueOfAnOption", {"-qI--json"}, "refused 64"},
        OptionsCase{"QueueOfNobody", {"-qR"}, "flush"},
        OptionsCase{"QueueOfAllBut", {"-q!Rexample.net"}, "refused 64"},
        OptionsCase{"AQueueRunTakesNoRecipient", {"-q", "a"}, "refused 64"},
        OptionsCase{"NorWithATime", {"a", "-q30m"}, "refused 64"},
        OptionsCase{"NorThoseOfAHeader", {"-qRx", "-t"}, "refused 64"},
        OptionsCase{"AListTakesNone", {"-bp", "a"}, "refused 64"},
        OptionsCase{"NorDoAliases", {"-bi", "a"}, "refused 64"},
        OptionsCase{"NorDoAliasesByTheOtherLetter", {"-It"}, "refused 64"},
        OptionsCase{"Aliases", {"-bi"}, "nothing"}, OptionsCase{"AliasesToo", {"-I"}, "nothing"},
        OptionsCase{"Smtp", {"-bs"}, "smtp"},
        OptionsCase{"SmtpToSomebody", {"-bs", "a"}, "refused 64"},
        OptionsCase{"Daemon", {"-bd", "-q15m"}, "refused"},
        OptionsCase{"DaemonToo", {"-q15m", "-bd"}, "refused"},
        OptionsCase{"Verify", {"-bv", "a"}, "refused [a]"}, OptionsCase{"Test", {"-bt"}, "refused"},
        OptionsCase{"Version", {"--version"}, "version"}, OptionsCase{"Help", {"--help"}, "usage"}),
    rule_of_case);

INSTANTIATE_TEST_SUITE_P(
    Refusals, CommandLine,
    ::testing::Values(OptionsCase{"AValueThatIsMissing", {"a", "-f"}, "refused 64"},
                      OptionsCase{"InAGroup", {"-tif"}, "refused 64"},
                      OptionsCase{"OfAnOrigin", {"a", "-oMr"}, "refused 64"},
                      OptionsCase{"OfNotify", {"a", "-N"}, "refused 64"}),
    rule_of_case);

INSTANTIATE_TEST_SUITE_P(
    Warnings, CommandLine,
    ::testing::Values(
        OptionsCase{"Unknown", {"-k", "-Z", "a"}, " [a]!!"},
        OptionsCase{"UnknownInAGroupEndsIt", {"-tkif", "a"}, "t [a]!"},
        OptionsCase{"UnknownWithAValue", {"-Zfoo@x.org", "a"}, " [a]!"},
        OptionsCase{"LongOnes", {"--frobnicate", "a"}, " [a]!"},
        OptionsCase{"ConfigFile", {"-C", "/tmp/evil", "a"}, " [a]!"},
        OptionsCase{"GluedConfigFile", {"-C/tmp/evil", "a"}, " [a]!"},
        OptionsCase{"LoginsOfSsmtp", {"-au", "ann", "-ap", "secret", "-amPLAIN", "b"}, " [b]!!!"},
        OptionsCase{"LoginsOfSsmtpInOneWord", {"-auann", "-apsecret", "b"}, " [b]!!"},
        OptionsCase{"ServersOfBusybox", {"-S", "mail:1025", "-w", "5", "-H", "x y", "-t"}, "t!!!"},
        OptionsCase{"AnAccountOfMsmtp", {"-a", "work", "-t"}, "t!"},
        OptionsCase{"PostfixesVerp", {"-XV", "-XV+=", "a"}, " [a]!!"},
        OptionsCase{"LogFiles", {"-D/tmp/x", "-X", "/tmp/y", "a"}, " [a]!!"},
        OptionsCase{"QueueDirectory", {"-oQ/tmp", "-OQueueDirectory=/tmp", "a"}, " [a]!!"},
        OptionsCase{"QueueDirectoryInTheNextWord", {"-oQ", "/tmp", "-oA", "/x", "a"}, " [a]!!"},
        OptionsCase{"WithoutADirectoryTheNextWordIsARecipient", {"-oQ", "a"}, " [a]!"},
        OptionsCase{"OtherBodies", {"-B", "BINARYMIME", "a"}, " [a]!"},
        OptionsCase{"Notify", {"-N", "often", "a"}, " [a]!"},
        OptionsCase{"NotifyNeverAndMore", {"-N", "never,failure", "a"}, " [a]!"},
        OptionsCase{"NotifyWithTwoWords", {"-N", "failure delay", "a"}, " [a]!"},
        OptionsCase{"NotifyBesideAnother", {"-Ndelay", "-N", "often", "a"}, " N=DELAY [a]!"},
        OptionsCase{"Return", {"-R", "half", "a"}, " [a]!"},
        OptionsCase{"EnvelopeId", {"-V", "a b", "a"}, " [a]!"},
        OptionsCase{"EnvelopeIdOfBlanks", {"-V", "+20", "a"}, " [a]!"},
        OptionsCase{"EnvelopeIdWithALineEnd", {"-V", "a+0Ab", "a"}, " [a]!"},
        OptionsCase{"NameWithALineEndBehindIt", {"-F", "Ann\n", "a"}, " F=Ann [a]!"},
        OptionsCase{"NameWithALineEnd", {"-F", "Ann\r\nBcc: eve", "a"}, " F=Ann  Bcc: eve [a]!"},
        OptionsCase{"NameWithAnEscape", {"-F\x1b[2J", "a"}, " F=[2J [a]!"},
        OptionsCase{"NameOfALineEnd", {"-F\n", "a"}, " F= [a]!"},
        OptionsCase{"NameWithAnEscapeInNoUtf8", {"-F\xff\x1b", "a"}, " [a]!"},
        OptionsCase{"NameInNoUtf8", {"-F", "J\xf6rg", "a"}, " [a]!"},
        OptionsCase{"NameInNoUtf8BesideAnother", {"-FAnn", "-F", "\xff", "a"}, " F=Ann [a]!"}),
    rule_of_case);

TEST(CommandLine, KnowsTheNamesItIsCalledBy) {
  EXPECT_EQ(summary({}, "/usr/bin/mailq"), "list");
  EXPECT_EQ(summary({"-v"}, "newaliases"), "nothingv");
  EXPECT_EQ(summary({"a"}, "newaliases"), "refused 64");
  EXPECT_EQ(summary({"-t"}, "mailq"), "refused 64");
  EXPECT_EQ(summary({"a"}, ""), " [a]");
  EXPECT_EQ(summary({"a"}, "mailq/sendmail"), " [a]");
}

TEST(CommandLine, WhatPostfixCallsXvIsNoFile) {
  for (const std::string_view word : {"-XV", "-XV+="}) {
    EXPECT_THAT(read({word, "a"})->warnings, ElementsAre(HasSubstr("VERP"))) << word;
  }
  EXPECT_THAT(read({"-X/tmp/V", "a"})->warnings, ElementsAre(HasSubstr("file")));
}

TEST(CommandLine, WarningsAreFewAndSafeToPrint) {
  Words words(1000, "-\x1b");
  words.emplace_back("a");
  const auto options = read(words);
  ASSERT_TRUE(options);
  EXPECT_THAT(options->warnings, SizeIs(10));
  for (const std::string& warning : options->warnings) {
    EXPECT_EQ(warning.find('\x1b'), std::string::npos);
  }
}

TEST(Gecos, HoldsAName) {
  EXPECT_EQ(sendmail::name_in_gecos("Ann Example,Room 1,,", "ann"), "Ann Example");
  EXPECT_EQ(sendmail::name_in_gecos("& Example", "ann"), "Ann Example");
  EXPECT_EQ(sendmail::name_in_gecos("", "ann"), "");
  EXPECT_EQ(sendmail::name_in_gecos("\xc3\x84nn", "ann"), "\xc3\x84nn");
  EXPECT_EQ(sendmail::name_in_gecos("a\nBcc: eve", "ann"), "");
  EXPECT_EQ(sendmail::name_in_gecos("\xff", "ann"), "");
}

}  // namespace
}  // namespace tenax::testing
