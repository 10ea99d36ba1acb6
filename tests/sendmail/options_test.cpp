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

struct Case {
  std::string_view rule;
  Words words;
  std::string_view result;
};

void PrintTo(const Case& given, std::ostream* out) { *out << given.rule; }

class CommandLine : public ::testing::TestWithParam<Case> {};

TEST_P(CommandLine, IsRead) { EXPECT_EQ(summary(GetParam().words), GetParam().result); }

std::string rule_of(const ::testing::TestParamInfo<Case>& given) {
  return std::string{given.param.rule};
}

INSTANTIATE_TEST_SUITE_P(
    Callers, CommandLine,
    ::testing::Values(
        Case{"Cron", {"-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"}, "i F=CronDaemon [root]"},
        Case{"CronOfVixie", {"-FCronDaemon", "-odi", "-oem", "-oi", "-t"}, "ti F=CronDaemon"},
        Case{"PhpMail", {"-t", "-i", "-fann@example.org"}, "ti f=ann@example.org"},
        Case{"Mutt",
             {"-oem", "-oi", "-f", "ann@example.org", "--", "bob@example.net"},
             "i f=ann@example.org [bob@example.net]"},
        Case{"GitSendEmail",
             {"-f", "ann@example.org", "-i", "bob@example.net", "c@example.net"},
             "i f=ann@example.org [bob@example.net] [c@example.net]"},
        Case{"Mailutils", {"-oi", "-f", "ann", "-t"}, "ti f=ann"},
        Case{"Snail", {"-i", "-m", "--", "bob"}, "i [bob]"},
        Case{"Mailx", {"-i", "-x", "bob"}, "i [bob]"}),
    rule_of);

INSTANTIATE_TEST_SUITE_P(
    Values, CommandLine,
    ::testing::Values(
        Case{"GluedOrSeparate", {"-fa@x", "-f", "b@x", "c"}, " f=b@x [c]"},
        Case{"RIsF", {"-r", "a@x", "b"}, " f=a@x [b]"},
        Case{"AnEmptySenderIsTheNullPath", {"-f", "", "b"}, " f= [b]"},
        Case{"BracketsAreTheNullPath", {"-f", "<>", "b"}, " f= [b]"},
        Case{"GluedBracketsToo", {"-f<>", "b"}, " f= [b]"}, Case{"Groups", {"-ti", "b"}, "ti [b]"},
        Case{"AGroupMayEndWithAValue", {"-tif", "a@x", "b"}, "ti f=a@x [b]"},
        Case{"OrWithAGluedOne", {"-tivfa@x"}, "tiv f=a@x"},
        Case{"OptionsAfterOperands", {"b", "-i", "c", "-fa@x"}, "i f=a@x [b] [c]"},
        Case{"TwoHyphensEndThem", {"-i", "--", "-t", "b"}, "i [-t] [b]"},
        Case{"AHyphenAloneIsAnOperand", {"-"}, " [-]"}, Case{"AnEmptyWordIsAnOperand", {""}, " []"},
        Case{"AListStaysOneOperand", {"a@x,b@x"}, " [a@x,b@x]"},
        Case{"BareDAndEEatNothing", {"-d", "a", "-e", "b"}, " [a] [b]"},
        Case{"GluedOnesAreTheirs", {"-d0-99.100", "-em", "a"}, " [a]"},
        Case{"ODecidesByItsLetter", {"-oi", "-om", "-oem", "-odb", "-o7", "a"}, "i [a]"},
        Case{"OverlongNamesToo", {"-O", "IgnoreDots=true", "-O", "DeliveryMode=b", "a"}, "i [a]"},
        Case{"IgnoreDotsFalse", {"-i", "-OIgnoreDots=false", "a"}, " [a]"},
        Case{"Notify", {"-N", "failure,delay", "a"}, " N=FAILURE,DELAY [a]"},
        Case{"NotifySkipsBlanks", {"-N", " failure, delay", "a"}, " N=FAILURE,DELAY [a]"},
        Case{"NotifyNever", {"-Nnever", "a"}, " N=NEVER [a]"},
        Case{"Return", {"-R", "hdrs", "-V", "QQ314159", "a"}, " R=hdrs V=QQ314159 [a]"},
        Case{"ReturnFull", {"-RFULL", "a"}, " R=full [a]"},
        Case{"TheEnvelopeIdMayHoldEncodedBlanks", {"-V", "id+2020", "a"}, " V=id 20 [a]"},
        Case{"TheEnvelopeIdIsXtext", {"-V", "a+2Bb", "a"}, " V=a+b [a]"},
        Case{"MacrosAreIgnored", {"-M", "x", "-Mrfoo", "a"}, " [a]"},
        Case{"WhereItCameFromToo",
             {"-oMr", "smtp", "-oMs", "host", "-oMa", "192.0.2.1", "-oMi", "192.0.2.2", "-oMt",
              "ann", "-o", "Mr", "uucp", "-oMrsmtp", "a"},
             " [a]"},
        Case{"IgnoredOnes",
             {"-G", "-n", "-U", "-m", "-x", "-s", "-c", "-h", "3", "-L", "tag", "-p", "ESMTP:x",
              "-Ac", "-B", "7BIT", "a"},
             " [a]"}),
    rule_of);

INSTANTIATE_TEST_SUITE_P(
    Modes, CommandLine,
    ::testing::Values(Case{"Submit", {"-bm", "a"}, " [a]"}, Case{"Mailq", {"-bp"}, "list"},
                      Case{"SeparateValue", {"-b", "p"}, "list"}, Case{"Queue", {"-q"}, "flush"},
                      Case{"QueueWithATime", {"-q30m"}, "flush"},
                      Case{"QueueToADomain", {"-qRexample.net"}, "flush --recipient=@example.net"},
                      Case{"QueueToOne", {"-qRb@example.net"}, "flush --recipient=b@example.net"},
                      Case{"QueueFrom", {"-qSexample.net"}, "flush --sender=@example.net"},
                      Case{"QueueOfOne", {"-qI38GK9EG420400"}, "flush 38GK9EG420400"},
                      Case{"QueueOfAnOption", {"-qI--json"}, "refused 64"},
                      Case{"QueueOfNobody", {"-qR"}, "flush"},
                      Case{"QueueOfAllBut", {"-q!Rexample.net"}, "refused 64"},
                      Case{"AQueueRunTakesNoRecipient", {"-q", "a"}, "refused 64"},
                      Case{"NorWithATime", {"a", "-q30m"}, "refused 64"},
                      Case{"NorThoseOfAHeader", {"-qRx", "-t"}, "refused 64"},
                      Case{"AListTakesNone", {"-bp", "a"}, "refused 64"},
                      Case{"NorDoAliases", {"-bi", "a"}, "refused 64"},
                      Case{"NorDoAliasesByTheOtherLetter", {"-It"}, "refused 64"},
                      Case{"Aliases", {"-bi"}, "nothing"}, Case{"AliasesToo", {"-I"}, "nothing"},
                      Case{"Smtp", {"-bs"}, "smtp"},
                      Case{"SmtpToSomebody", {"-bs", "a"}, "refused 64"},
                      Case{"Daemon", {"-bd", "-q15m"}, "refused"},
                      Case{"DaemonToo", {"-q15m", "-bd"}, "refused"},
                      Case{"Verify", {"-bv", "a"}, "refused [a]"}, Case{"Test", {"-bt"}, "refused"},
                      Case{"Version", {"--version"}, "version"}, Case{"Help", {"--help"}, "usage"}),
    rule_of);

INSTANTIATE_TEST_SUITE_P(
    Refusals, CommandLine,
    ::testing::Values(Case{"AValueThatIsMissing", {"a", "-f"}, "refused 64"},
                      Case{"InAGroup", {"-tif"}, "refused 64"},
                      Case{"OfAnOrigin", {"a", "-oMr"}, "refused 64"},
                      Case{"Notify", {"-N", "often", "a"}, "refused 64"},
                      Case{"Return", {"-R", "half", "a"}, "refused 64"},
                      Case{"EnvelopeId", {"-V", "a b", "a"}, "refused 64"},
                      Case{"EnvelopeIdOfBlanks", {"-V", "+20", "a"}, "refused 64"},
                      Case{"EnvelopeIdWithALineEnd", {"-V", "a+0Ab", "a"}, "refused 64"},
                      Case{"NotifyWithTwoWords", {"-N", "failure delay", "a"}, "refused 64"},
                      Case{"NameWithALineEnd", {"-F", "Ann\r\nBcc: eve", "a"}, "refused 64"},
                      Case{"NameWithAnEscape", {"-F\x1b[2J", "a"}, "refused 64"},
                      Case{"NameInNoUtf8", {"-F", "\xff", "a"}, "refused 64"}),
    rule_of);

INSTANTIATE_TEST_SUITE_P(
    Warnings, CommandLine,
    ::testing::Values(Case{"Unknown", {"-k", "-Z", "a"}, " [a]!!"},
                      Case{"UnknownInAGroupEndsIt", {"-tkif", "a"}, "t [a]!"},
                      Case{"UnknownWithAValue", {"-Zfoo@x.org", "a"}, " [a]!"},
                      Case{"LongOnes", {"--frobnicate", "a"}, " [a]!"},
                      Case{"ConfigFile", {"-C", "/tmp/evil", "a"}, " [a]!"},
                      Case{"GluedConfigFile", {"-C/tmp/evil", "a"}, " [a]!"},
                      Case{"LogFiles", {"-D/tmp/x", "-X", "/tmp/y", "a"}, " [a]!!"},
                      Case{"QueueDirectory", {"-oQ/tmp", "-OQueueDirectory=/tmp", "a"}, " [a]!!"},
                      Case{"OtherBodies", {"-B", "BINARYMIME", "a"}, " [a]!"}),
    rule_of);

TEST(CommandLine, KnowsTheNamesItIsCalledBy) {
  EXPECT_EQ(summary({}, "/usr/bin/mailq"), "list");
  EXPECT_EQ(summary({"-v"}, "newaliases"), "nothingv");
  EXPECT_EQ(summary({"a"}, "newaliases"), "refused 64");
  EXPECT_EQ(summary({"-t"}, "mailq"), "refused 64");
  EXPECT_EQ(summary({"a"}, ""), " [a]");
  EXPECT_EQ(summary({"a"}, "mailq/sendmail"), " [a]");
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
