// SPDX-License-Identifier: Apache-2.0
#include "mail/address_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "mail/printable.h"
#include "tests/mail/text.h"

namespace tenax::mail {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;
using testing::Not;

Parsed<std::vector<Address>> read(std::string_view value, std::size_t limit = 100'000) {
  return parse_address_list(value, Domain::parse("here").value(), limit);
}

/// "a@x b@y", or "!" when refused.
std::string read_to_line(std::string_view value) {
  const auto list = read(value);
  if (!list) return "!";
  std::string line;
  for (const Address& address : *list) line += (line.empty() ? "" : " ") + address.text();
  return line;
}

constexpr TextCase kLists[] = {
    // mailboxes
    {"OneIsAList", "ann@x", "ann@x"},
    {"CommasSeparate", "ann@x, bob@y,carl@z", "ann@x bob@y carl@z"},
    {"BracketsHoldTheAddress", "<ann@x>", "ann@x"},
    {"ADisplayNameIsDropped", "Ann B. Smith <ann@x>", "ann@x"},
    {"AQuotedDisplayNameIsDropped", R"("Smith, Ann" <ann@x>)", "ann@x"},
    {"QuotesMayHoldBrackets", R"("<evil@y>, \"" <ann@x>)", "ann@x"},
    {"AnAddressAsDisplayNameIsDropped", "ann@x <bob@y>", "bob@y"},
    {"ABracketedTopicIsDropped", "[list] Ann <ann@x>", "ann@x"},
    {"UnqualifiedOnesGetTheDefault", "ann, <bob>, Carl <carl>", "ann@here bob@here carl@here"},
    {"CaseIsKept", "Ann.B@X", "Ann.B@X"},
    {"LiteralsAreDomains", "a@[192.0.2.1], b@[IPv6:::1]", "a@[192.0.2.1] b@[IPv6:::1]"},
    {"AFinalDotOfTheDomainIsDropped", "a@x., b@y.", "a@x b@y"},
    {"DotsMayBePairedAndLast", "a..b@x, <c.@y>", R"("a..b"@x "c."@y)"},
    // quoted strings
    {"AQuotedLocalPartIsKept", R"("a, b"@x, c@y)", R"("a, b"@x c@y)"},
    {"AQuotedPairIsOneCharacter", R"("a\"\\b"@x)", R"("a\"\\b"@x)"},
    {"WordsMayBeMixed", R"(ann."b c".d@x)", R"("ann.b c.d"@x)"},
    {"AnEmptyQuotedStringIsALocalPart", R"(""@x)", R"(""@x)"},
    // comments
    {"ACommentIsDropped", "ann@x (Ann)", "ann@x"},
    {"CommentsNest", "(a (b (c) d)) ann@x (e(f)g)", "ann@x"},
    {"ACommentMayHoldAnAddress", "ann@x (, evil@y <evil@z>)", "ann@x"},
    {"AQuotedParenthesisEndsNoComment", R"((a \) b \( c) ann@x)", "ann@x"},
    {"AQuoteInACommentOpensNothing", R"((") ann@x, bob@y)", "ann@x bob@y"},
    {"AParenthesisInQuotesOpensNothing", R"("(" <ann@x>, bob@y)", "ann@x bob@y"},
    {"ACommentMayStandAnywhere", "(1)ann(2)@(3)x(4).(5)y(6)", "ann@x.y"},
    {"OnlyACommentIsAnEmptyList", "(nobody)", ""},
    // groups
    {"AGroupIsOpened", "Friends: ann@x, bob@y; carl@z", "ann@x bob@y carl@z"},
    {"GroupsAndMailboxesMix", "a@x, G: b@x, C <c@x>;, d@x, H:;", "a@x b@x c@x d@x"},
    {"AnEmptyGroupIsEmpty", "undisclosed-recipients:;", ""},
    {"AGroupMayLackItsEndAtTheEnd", "undisclosed-recipients:", ""},
    {"AGroupNameMayBeQuoted", R"("a: b": ann@x;)", "ann@x"},
    {"AGroupNameMayBePhrase", "The A. Team (x): ann@x;", "ann@x"},
    // obsolete syntax (RFC 5322 4.4)
    {"EmptyElementsAreSkipped", ",, ann@x,\t, ,bob@y,", "ann@x bob@y"},
    {"NothingIsAnEmptyList", "", ""},
    {"BlanksAreAnEmptyList", " \t\r\n ", ""},
    {"BlanksMayStandAroundDotsAndAt", "ann . b @ x . y", "ann.b@x.y"},
    {"ARouteIsDropped", "<@a,@b:ann@x>, Bob <@c:bob@y>", "ann@x bob@y"},
    {"ARouteMayHaveHoles", "<,@a,,@b:ann@x>", "ann@x"},
    {"ARouteNeedsNoBrackets", "@a,@b:ann@x, bob@y, @c:carl@z", "ann@x bob@y carl@z"},
    {"ARouteMayStandInAGroup", "g: @a,@b:ann@x;", "ann@x"},
    {"ANameMayBeginWithAnAt", "@ann <ann@x>, bob@y", "ann@x bob@y"},
    {"NoNameIsTakenForARoute", "@ann, Bob <bob@y>", "!"},
    {"ARouteThatLeadsToNobodyIsNone", "@a,@b:, ann@x", "!"},
    {"ABareRouteWithoutAnEndIsNone", "@a,ann@x", "!"},
    {"FoldingIsABlank", "ann@x,\r\n bob@y", "ann@x bob@y"},
    {"ADisplayNameMayHoldDots", "J. R. R. <ann@x>", "ann@x"},
    // as people write lists
    {"BlanksMaySeparateWholeOnes", "ann@x bob@y\r\n\tcarl@z", "ann@x bob@y carl@z"},
    {"BlanksMaySeparateBracketedOnes", "<ann@x> <@a:bob@y> carl@z", "ann@x bob@y carl@z"},
    {"BlanksMaySeparateQuotedOnes", R"("a b"@x "c"@[192.0.2.1])", R"("a b"@x c@[192.0.2.1])"},
    {"CommentsMayStandBetweenThem", "ann@x (Ann) bob@y(Bob)", "ann@x bob@y"},
    {"SoTheyMayInAGroup", "g: ann@x bob@y, <c@x> <d@x>;", "ann@x bob@y c@x d@x"},
    {"ASemicolonMaySeparateThem", "ann@x; bob@y;carl@z", "ann@x bob@y carl@z"},
    {"ASemicolonMayStandBehindNames", "Ann <ann@x>; \"B, b\" <bob@y>;", "ann@x bob@y"},
    {"SemicolonsMayStandByThemselves", "; ann@x;; g: b;; carl@z", "ann@x b@here carl@z"},
    {"EmptyBracketsAreNobody", "Ann <>", ""},
    {"NobodyMayStandBesideOthers", "\"nobody\" <>, ann@x; <>", "ann@x"},
    {"OneOfAnUnqualifiedRowIsNone", "ann@x bob", "!"},
    {"AnAddressThatMayBeANameIsNone", "ann@x <bob@y> carl@z", "!"},
    {"NamesInARowAreNone", "Ann <ann@x> Bob <bob@y>", "!"},
    {"ARowWithAnAddressApartIsNone", "a @x b@y", "!"},
    {"ARowWithEmptyBracketsIsNone", "<ann@x> <>", "!"},
    {"NoDomainBeforeASemicolonIsNone", "ann; bob@y", "!"},
    {"NoDomainBehindASemicolonIsNone", "ann@x; bob", "!"},
    // what is no ASCII
    {"AnEncodedDisplayNameIsDropped", "=?utf-8?Q?J=C3=B6rg?= <j@x>", "j@x"},
    {"AnEncodedWordMayHoldACommaAndAnAt", "=?utf-8?Q?a,b@c?= <j@x>, k@y", "j@x k@y"},
    {"AnEncodedWordMayHoldAParenthesis", "=?utf-8?Q?a(b?= <j@x>", "j@x"},
    {"ARawDisplayNameIsDropped", "Jörg <j@x>", "j@x"},
    {"ALatinOneDisplayNameIsDropped", "J\xf6rg <j@x>", "j@x"},
    {"AnInternationalAddressIsTaken", "jörg@müller.example", "jörg@müller.example"},
    // what is none
    {"TwoWordsAreNone", "ann bob", "!"},
    {"SomethingBehindTheBracketsIsNone", "<ann@x> bob", "!"},
    {"TwoAddressesInOneBracketAreNone", "<ann@x, bob@y>", "!"},
    {"ARouteToNobodyIsNone", "Ann <@a:>", "!"},
    {"BracketsInBracketsAreNone", "<<ann@x>>", "!"},
    {"AnOpenBracketIsNone", "Ann <ann@x", "!"},
    {"AnOpenBracketSwallowsNothing", "Ann <ann@x, bob@y", "!"},
    {"AClosingBracketIsNone", "ann@x>", "!"},
    {"AnOpenQuoteIsNone", R"("Ann <ann@x>, bob@y)", "!"},
    {"AnOpenQuoteAtTheEndIsNone", R"(bob@y, "ann\")", "!"},
    {"AnOpenCommentIsNone", "ann@x (Ann (B)", "!"},
    {"AClosingParenthesisIsNone", "ann@x )", "!"},
    {"AnOpenLiteralIsNone", "ann@[192.0.2.1", "!"},
    {"AGroupInAGroupIsNone", "a: b: c@x;;", "!"},
    {"AGroupWithoutANameIsNone", ": ann@x;", "!"},
    {"AnAddressIsNoGroupName", "ann@x: bob@y;", "!"},
    {"ABracketedGroupNameIsNone", "<ann@x>: bob@y;", "!"},
    {"NoDomainIsNone", "ann@", "!"},
    {"NoLocalPartIsNone", "@x", "!"},
    {"ADotIsNone", ".", "!"},
    {"TwoDotsInFrontAreNone", "..b@x", "!"},
    {"ADotInFrontIsNone", ".b@x", "!"},
    {"TwoDotsWithoutADomainAreNone", "a..b", "!"},
    {"ASentenceIsNone", "Hello.", "!"},
    {"TwoDotsInADomainAreNone", "a@x..y", "!"},
    {"TwoAtsAreNone", "a@b@c", "!"},
    {"ABareBackslashIsNone", R"(a\b@x)", "!"},
    {"AQuotedDomainIsNone", R"(a@"x")", "!"},
    {"ABadDomainIsNone", "a@-x", "!"},
    {"ALiteralBehindADotIsNone", "a@x.[192.0.2.1]", "!"},
    {"ARouteWithoutAnEndIsNone", "<@a ann@x>", "!"},
    {"OneBadElementSpoilsTheList", "ann@x, b b, carl@z", "!"},
    // hostile bytes
    {"ANulIsNone", "a\0b@x"sv, "!"},
    {"AnEscapeIsNone", "\x1b[2J@x", "!"},
    {"ANewlineInQuotesIsNone", "\"a\r\nb\"@x", "!"},
    {"ALatinOneAddressIsNone", "j\xf6rg@x", "!"},
    {"AControlInTheDomainIsNone", "a@x\x01", "!"},
    {"AnOverrideIsNone", "a\u202e@x", "!"},
};

class AddressList : public testing::TestWithParam<TextCase> {};

TEST_P(AddressList, IsReadSo) { EXPECT_EQ(read_to_line(GetParam().given), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(AddressList, AddressList, testing::ValuesIn(kLists), rule_of);

/// The list with "@" wherever a domain is missing; "!" when refused.
std::string completed(std::string_view value) {
  const auto ends = unqualified_ends(value);
  if (!ends) return "!";
  std::string text{value};
  for (auto end = ends->rbegin(); end != ends->rend(); ++end) text.insert(*end, "@");
  return text;
}

TEST(UnqualifiedEnds, AreThoseOfTheAddressesWithoutADomain) {
  EXPECT_EQ(completed("root (Cron Daemon)"), "root@ (Cron Daemon)");
  EXPECT_EQ(completed("Cron Daemon <root>"), "Cron Daemon <root@>");
  EXPECT_EQ(completed("a@x,b , \"c, d\"\r\n <e>,(f)g(h),<@x,@y:i>"),
            "a@x,b@ , \"c, d\"\r\n <e@>,(f)g@(h),<@x,@y:i@>");
  EXPECT_EQ(completed(R"("a b", j . k)"), R"("a b"@, j . k@)");
  EXPECT_EQ(completed("g: a, b@x;, undisclosed-recipients:;"),
            "g: a@, b@x;, undisclosed-recipients:;");
  EXPECT_EQ(completed("=?utf-8?Q?J=C3=B6rg?="), "=?utf-8?Q?J=C3=B6rg?=");
  EXPECT_EQ(completed(""), "");
  EXPECT_EQ(completed("a@x b@y, c; d@x"), "!");
  EXPECT_EQ(completed("a@x b@y, c, <>"), "a@x b@y, c@, <>");
  EXPECT_EQ(completed("a, b b"), "!");
  EXPECT_EQ(completed("a, <"), "!");
}

TEST(AddressListRefusal, NamesTheElementEscaped) {
  const auto list = read("ann@x, b\x1b]31m b@y, carl@z");

  ASSERT_FALSE(list);
  EXPECT_THAT(list.error().why, HasSubstr("\"b\\x1B]31m b@y\""));
  EXPECT_THAT(list.error().why, Not(HasSubstr("carl")));
  EXPECT_EQ(printable(list.error().why), list.error().why);
}

TEST(AddressListRefusal, IsShort) {
  const auto list = read("\"" + std::string(1'000'000, 'x'));

  ASSERT_FALSE(list);
  EXPECT_LT(list.error().why.size(), 300U);
}

TEST(AddressListLimit, HoldsForAddressesNotForEmptyElements) {
  EXPECT_TRUE(read("a@x,,,,,b@x", 2));
  EXPECT_FALSE(read("a@x, b@x, c@x", 2));
  EXPECT_FALSE(read("g: a@x, b@x, c@x;", 2));
  EXPECT_FALSE(read("a@x b@x c@x", 2));
  EXPECT_TRUE(read("a@x b@x; <>", 2));
  EXPECT_TRUE(read("", 0));
}

TEST(AddressListLimit, CountsARepeatedAddressOnceInASet) {
  const Domain here = Domain::parse("here").value();
  AddressSet all{2};
  EXPECT_EQ(read_address_list("a@x, A <a@X>, a@x, g: A@x;", here, all).value(), 4U);
  EXPECT_EQ(read_address_list("a@x,", here, all).value(), 1U);
  EXPECT_EQ(read_address_list("g:;", here, all).value(), 0U);
  EXPECT_FALSE(all.overflowed());
  EXPECT_TRUE(read_address_list("A@x, b, a@x, <", here, all));  // nothing is read behind the b
  EXPECT_TRUE(all.overflowed());
  EXPECT_THAT(all.all(),
              testing::ElementsAre(Address::parse("a@x").value(), Address::parse("A@x").value()));
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  text.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

// A quadratic reader needs minutes for each of these, a linear one far less than a second; the
// bound leaves room for sanitizers on a busy machine.
TEST(AddressListTime, IsLinearWhateverTheText) {
  for (const std::string_view part : {"ann@example.org, ",
                                      "Ann <ann@x>, ",
                                      "(",
                                      "()",
                                      "((a)b)",
                                      "\"",
                                      "\\",
                                      "<",
                                      "[",
                                      "=?",
                                      "=?u?q?",
                                      "=?u?q?a?=",
                                      "a:",
                                      "a:;",
                                      ",",
                                      ".",
                                      "@a,",
                                      "\"a\".",
                                      "a b ",
                                      "a@b ",
                                      "<a@b> ",
                                      ";",
                                      "a@b;",
                                      "\xff",
                                      "(\\"}) {
    const std::string text = repeated(part, 100'000);
    const auto start = std::chrono::steady_clock::now();
    (void)read(text);
    (void)read("<" + text);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20}) << part;
  }
}

TEST(AddressListTime, AHundredThousandAreTaken) {
  const auto list = read(repeated("Ann <ann@example.org>, ", 100'000));

  ASSERT_TRUE(list) << list.error().why;
  EXPECT_EQ(list->size(), 100'000U);
  EXPECT_FALSE(read(repeated("ann@example.org, ", 100'001)));
  AddressSet one{1};
  EXPECT_EQ(
      read_address_list(repeated("a@x,", 1'000'000), Domain::parse("here").value(), one).value(),
      1'000'000U);
}

TEST(AddressListTime, ADeepNestOfCommentsIsNoDeepStack) {
  EXPECT_EQ(read_to_line(std::string(1'000'000, '(') + std::string(1'000'000, ')') + "a@x"), "a@x");
}

}  // namespace
}  // namespace tenax::mail
