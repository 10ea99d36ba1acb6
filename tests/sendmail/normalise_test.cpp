// SPDX-License-Identifier: Apache-2.0
// What goes in and what comes out, octet for octet.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/ascii.h"
#include "mail/header.h"

#include "engine/intake.h"
#include "tests/sendmail/normalise.h"

namespace tenax::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

/// Four fields that need no help, `more` of them, and a body.
std::string whole(std::string_view more, std::string_view body) {
  return joined({kWhole, more, "\r\n", body});
}

struct NormaliseCase {
  std::string_view rule;
  std::string in;
  std::string out;
};

void PrintTo(const NormaliseCase& given, std::ostream* out) { *out << given.rule; }

template <class Case>
std::string rule_of(const ::testing::TestParamInfo<Case>& given) {
  return std::string{given.param.rule};
}

class Normalise : public ::testing::TestWithParam<NormaliseCase> {};

TEST_P(Normalise, Text) {
  EXPECT_EQ(normalised(GetParam().in), GetParam().out);
  for (const std::size_t piece : {1U, 2U, 3U, 7U}) {
    SCOPED_TRACE(piece);
    EXPECT_EQ(normalised(GetParam().in, usual_rules(), piece), GetParam().out);
  }
}

const std::string kLong(1200, 'x');
using namespace std::string_literals;

INSTANTIATE_TEST_SUITE_P(
    LineEnds, Normalise,
    ::testing::Values(
        NormaliseCase{"CrlfStays", whole("", "a\r\nb\r\n"), whole("", "a\r\nb\r\n")},
        NormaliseCase{"LfBecomesCrlf", whole("", "a\nb\n\nc\n"), whole("", "a\r\nb\r\n\r\nc\r\n")},
        NormaliseCase{"AStrayCrInTheBodyEndsALine", whole("", "10%\r20%\rdone\n"),
                      whole("", "10%\r\n20%\r\ndone\r\n")},
        NormaliseCase{"CrCrLfIsOneLineEnd", whole("", "a\r\r\nb\r\n"), whole("", "a\r\nb\r\n")},
        NormaliseCase{"NulIsDropped", whole("", "a\0b\r\0\nc\0\n"s), whole("", "ab\r\nc\r\n")},
        NormaliseCase{"TheLastLineIsEnded", whole("", "a"), whole("", "a\r\n")},
        NormaliseCase{"ACrAtTheEndIsALineEnd", whole("", "a\r"), whole("", "a\r\n")},
        NormaliseCase{"NothingIsEnclosedBetweenDots", whole("", "a\r\n.\nMAIL FROM:<x>\r\n.\r\r\n"),
                      whole("", "a\r\n.\r\nMAIL FROM:<x>\r\n.\r\n")},
        NormaliseCase{"AnEmptyBodyStaysEmpty", std::string{kWhole}, whole("", "")},
        NormaliseCase{"DotsStay", whole("", ".\n..\n.x\n"), whole("", ".\r\n..\r\n.x\r\n")}),
    rule_of<NormaliseCase>);

INSTANTIATE_TEST_SUITE_P(
    HeaderSection, Normalise,
    ::testing::Values(
        NormaliseCase{"NothingAtAllIsAMessage", "", joined({kFrom, kTo, kDate, kId, "\r\n"})},
        NormaliseCase{"WithoutAHeaderAllIsBody", "hello\nworld\n",
                      joined({kFrom, kTo, kDate, kId, "\r\nhello\r\nworld\r\n"})},
        NormaliseCase{"AnEmptyLineInFrontMeansNoHeader", "\nTo: x@example.net\n",
                      joined({kFrom, kTo, kDate, kId, "\r\nTo: x@example.net\r\n"})},
        NormaliseCase{"AMissingEmptyLineIsAdded", joined({kWhole, "no field here\nnor: there\n"}),
                      whole("", "no field here\r\nnor: there\r\n")},
        NormaliseCase{"AHeaderMayEndWithoutALineEnd", joined({kWhole, "Subject: x"}),
                      whole("Subject: x\r\n", "")},
        NormaliseCase{"AStrayCrInTheHeaderIsABlank",
                      joined({kWhole, "Subject: x\rBcc: eve@example.net\n\nb"}),
                      whole("Subject: x Bcc: eve@example.net\r\n", "b\r\n")},
        NormaliseCase{"AStrayCrAtAnEndOfAHeaderLineEndsIt", joined({kWhole, "Subject: x\r\r\n\nb"}),
                      whole("Subject: x\r\n", "b\r\n")},
        NormaliseCase{"TheFirstBodyLineKeepsItsStrayCrs", "no field\r10%\n",
                      joined({kFrom, kTo, kDate, kId, "\r\nno field\r\n10%\r\n"})},
        NormaliseCase{"FoldedFieldsStayFolded", joined({kWhole, "Subject: a\n b\n\tc\n\nx\n"}),
                      whole("Subject: a\r\n b\r\n\tc\r\n", "x\r\n")},
        NormaliseCase{"ALineOfBlanksDoesNotEndTheHeader",
                      joined({kWhole, "Subject: a\n \t \n b\n\nx\n"}),
                      whole("Subject: a\r\n b\r\n", "x\r\n")},
        NormaliseCase{"BlanksBeforeTheColonGo", joined({kWhole, "Subject : a\n\n"}),
                      whole("Subject: a\r\n", "")},
        NormaliseCase{"AnMboxLineGoes",
                      joined({"From ann@example.org Tue Nov 24 02:26:00 2026\n", kWhole, "\n"}),
                      whole("", "")},
        NormaliseCase{"ASentenceMayBeginWithFrom", "From now on, all is well\n",
                      joined({kFrom, kTo, kDate, kId, "\r\nFrom now on, all is well\r\n"})},
        NormaliseCase{
            "OrGoOnSo", "From 12:30 on we are closed\n.\nBye\n",
            joined({kFrom, kTo, kDate, kId, "\r\nFrom 12:30 on we are closed\r\n.\r\nBye\r\n"})},
        NormaliseCase{"AnMboxLineGoesWithoutATimeToo",
                      joined({"From ann@example.org\n", kWhole, "Bcc: eve@example.net\n\nb"}),
                      whole("", "b\r\n")},
        NormaliseCase{"ManyMboxLinesGo",
                      joined({"From ann Tue Nov 24 02:26:00 2026\n>From bob\n>>From 1\n", kWhole,
                              "Bcc: eve@example.net\n\n"}),
                      whole("", "")},
        NormaliseCase{"TheLastOfManyIsTheTexts", "From ann\n>From bob\nhello\n",
                      joined({kFrom, kTo, kDate, kId, "\r\n>From bob\r\nhello\r\n"})},
        NormaliseCase{"AnMboxLineBeforeAnEmptyLineGoes", "From ann\n\nhello\n",
                      joined({kFrom, kTo, kDate, kId, "\r\nhello\r\n"})},
        NormaliseCase{"AnMboxLineHoldsNoStrayCr", "From now\ron\nhello\n",
                      joined({kFrom, kTo, kDate, kId, "\r\nFrom now\r\non\r\nhello\r\n"})},
        NormaliseCase{"AFieldMayBeCalledFrom", joined({"From : ann@example.org\n\n"}),
                      joined({"From: ann@example.org\r\n", kTo, kDate, kId, "\r\n"})},
        NormaliseCase{"AFromLineInTheBodyStays", whole("", "From ann Tue Nov 24 02:26:00 2026\n"),
                      whole("", "From ann Tue Nov 24 02:26:00 2026\r\n")},
        NormaliseCase{"NulCannotHideAField", joined({kWhole, "B\0cc: eve@example.net\n\n"s}),
                      whole("", "")}),
    rule_of<NormaliseCase>);

INSTANTIATE_TEST_SUITE_P(
    Fields, Normalise,
    ::testing::Values(
        NormaliseCase{"BccGoes",
                      joined({kWhole, "Bcc: eve@example.net,\n mallory@example.net\n\n"}),
                      whole("", "")},
        NormaliseCase{"ResentBccGoes", joined({kWhole, "resent-bcc: eve@example.net\n\n"}),
                      whole("", "")},
        NormaliseCase{"ReturnPathAndContentLengthGo",
                      joined({kWhole, "Return-Path: <x@example.net>\nContent-Length: 12\n\n"}),
                      whole("", "")},
        NormaliseCase{"MissingFieldsFollowTheOthers", "Subject: x\n\n",
                      joined({"Subject: x\r\n", kFrom, kTo, kDate, kId, "\r\n"})},
        NormaliseCase{"EmptyFieldsAreMadeAnew", "To:\nDate: \nMessage-ID:\nFrom:\n\n",
                      joined({kFrom, kTo, kDate, kId, "\r\n"})},
        NormaliseCase{"CcAloneIsEnough", joined({"Cc: bob@example.net\n\n"}),
                      joined({"Cc: bob@example.net\r\n", kFrom, kDate, kId, "\r\n"})},
        NormaliseCase{"ResentFieldsStay", joined({kWhole, "Resent-To: c@example.net\n\n"}),
                      whole("Resent-To: c@example.net\r\n", "")},
        NormaliseCase{"ASubjectInUtf8IsEncoded",
                      joined({kWhole, "Subject: gr\xc3\xbc\xc3\x9f\n\n"}),
                      whole("Subject: =?UTF-8?B?Z3LDvMOf?=\r\n", "")},
        NormaliseCase{
            "ANameInUtf8IsEncoded",
            joined(
                {kWhole,
                 "Reply-To: \xc3\x84nn <ann@example.org>, \"B\xc3\xb6, b\" <b@example.net>\n\n"}),
            whole("Reply-To: =?UTF-8?B?w4Rubg==?= <ann@example.org>, =?UTF-8?B?QsO2LCBi?="
                  "\r\n <b@example.net>\r\n",
                  "")},
        NormaliseCase{"RawLatin1Stays", joined({kWhole, "Subject: gr\xfc\xdf\n\n"}),
                      whole("Subject: gr\xfc\xdf\r\n", "")}),
    rule_of<NormaliseCase>);

INSTANTIATE_TEST_SUITE_P(
    Mime, Normalise,
    ::testing::Values(
        NormaliseCase{"EightBitTextWithoutMimeIsUtf8", whole("", "gr\xc3\xbc\xc3\x9f\n"),
                      whole("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                            "Content-Transfer-Encoding: 8bit\r\n",
                            "gr\xc3\xbc\xc3\x9f\r\n")},
        NormaliseCase{
            "OrUnknown", whole("", "gr\xfc\xdf\n"),
            whole("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
                  "Content-Transfer-Encoding: 8bit\r\n",
                  "gr\xfc\xdf\r\n")},
        NormaliseCase{"ATypeWithoutAVersionIsCompleted",
                      whole("Content-Type: text/html; charset=utf-8\r\n", "gr\xc3\xbc\n"),
                      whole("Content-Type: text/html; charset=utf-8\r\nMIME-Version: 1.0\r\n"
                            "Content-Transfer-Encoding: 8bit\r\n",
                            "gr\xc3\xbc\r\n")},
        NormaliseCase{"AnEncodingThatIsNotTrueIsReplaced",
                      whole("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                            "Content-Transfer-Encoding: 7bit\r\n",
                            "gr\xc3\xbc\n"),
                      whole("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                            "Content-Transfer-Encoding: 8bit\r\n",
                            "gr\xc3\xbc\r\n")},
        NormaliseCase{"SevenBitTextNeedsNoMime", whole("", "plain\n"), whole("", "plain\r\n")},
        NormaliseCase{"PartsAreLeftAlone",
                      whole("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
                            "--b\n\nplain\n--b--\n"),
                      whole("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
                            "--b\r\n\r\nplain\r\n--b--\r\n")},
        NormaliseCase{"PartsInEightBitsSayItAtTheTop",
                      whole("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
                            "--b\n\ngr\xc3\xbc\n--b--\n"),
                      whole("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
                            "Content-Transfer-Encoding: 8bit\r\n",
                            "--b\r\n\r\ngr\xc3\xbc\r\n--b--\r\n")},
        NormaliseCase{"PartsThatSaySoAlreadyAreLeftAlone",
                      whole("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
                            "Content-Transfer-Encoding: binary\r\n",
                            "--b\n\ngr\xc3\xbc\n--b--\n"),
                      whole("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
                            "Content-Transfer-Encoding: binary\r\n",
                            "--b\r\n\r\ngr\xc3\xbc\r\n--b--\r\n")},
        NormaliseCase{"ALongLineInPartsIsBroken",
                      whole("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
                            kLong + "\n"),
                      whole("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
                            kLong.substr(0, 998) + "\r\n " + kLong.substr(998) + "\r\n")},
        NormaliseCase{
            "ALongLineInBase64IsBroken",
            whole("MIME-Version: 1.0\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n",
                  kLong + "\n"),
            whole("MIME-Version: 1.0\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n",
                  kLong.substr(0, 998) + "\r\n " + kLong.substr(998) + "\r\n")}),
    rule_of<NormaliseCase>);

/// What a body with a line that is too long becomes below these fields.
enum class LongLine { broken, quoted };

struct MimeWords {
  std::string_view rule;
  std::string_view fields;
  LongLine becomes;
};

class NormaliseMimeWords : public ::testing::TestWithParam<MimeWords> {};

TEST_P(NormaliseMimeWords, TellWhatABodyIs) {
  const std::string out = normalised(whole(GetParam().fields, kLong + "\n"));
  const std::string broken = kLong.substr(0, 998) + "\r\n " + kLong.substr(998) + "\r\n";
  if (GetParam().becomes == LongLine::broken) {
    EXPECT_EQ(out, whole(GetParam().fields, broken));
  } else {
    EXPECT_THAT(out, HasSubstr("Content-Transfer-Encoding: quoted-printable\r\n"));
  }
  EXPECT_EQ(normalised(out), out);
}

INSTANTIATE_TEST_SUITE_P(
    Comments, NormaliseMimeWords,
    ::testing::Values(
        MimeWords{"BeforeAnEncoding", "Content-Transfer-Encoding: (by foo) base64\r\n",
                  LongLine::broken},
        MimeWords{"InTheNextLine", "Content-Transfer-Encoding: (by\r\n foo)\r\n base64\r\n",
                  LongLine::broken},
        MimeWords{"ThatNestAndEscape", "Content-Transfer-Encoding:(a (b) \\) c) (d)base64(e)\r\n",
                  LongLine::broken},
        MimeWords{"BeforeAnIdentity", "Content-Transfer-Encoding: (as is) 7bit\r\n",
                  LongLine::quoted},
        MimeWords{"Alone", "Content-Transfer-Encoding: (none)\r\n", LongLine::quoted},
        MimeWords{"WithoutAnEnd", "Content-Transfer-Encoding: (by foo base64\r\n",
                  LongLine::broken},
        MimeWords{"BeforeAComposite", "Content-Type: (by foo) multipart/mixed; boundary=b\r\n",
                  LongLine::broken},
        MimeWords{"InAComposite", "Content-Type: Message (a) / (b) rfc822\r\n", LongLine::broken},
        MimeWords{"BeforeAText", "Content-Type: (multipart/mixed) text/plain\r\n",
                  LongLine::quoted}),
    rule_of<MimeWords>);

INSTANTIATE_TEST_SUITE_P(
    Encodings, NormaliseMimeWords,
    ::testing::Values(MimeWords{"NotKnownAreOpaque", "Content-Transfer-Encoding: x-uuencode\r\n",
                                LongLine::broken},
                      MimeWords{"NotUnderstoodAreOpaque", "Content-Transfer-Encoding: ;base64\r\n",
                                LongLine::broken},
                      MimeWords{"InQuotesAreOpaque", "Content-Transfer-Encoding: \"base64\"\r\n",
                                LongLine::broken},
                      MimeWords{"ThatSayNothingAreNone", "Content-Transfer-Encoding:\r\n",
                                LongLine::quoted}),
    rule_of<MimeWords>);

TEST(UnqualifiedAddresses, AreCompletedWhileThatAddsNoMoreThanAHeaderMayHave) {
  queue::SubmissionRules rules = usual_rules();
  const std::string label(50, 'd');
  rules.domain = mail::Domain::parse(label + "." + label + ".example").value();
  std::string crowd = "b";
  while (crowd.size() < 400'000) crowd += ",b";
  const std::string text = "To: ann\r\nCc: " + crowd + "\r\nReply-To: bob\r\n\r\nbody\r\n";

  const std::string contents = normalised(text, rules);

  EXPECT_THAT(contents, HasSubstr("To: ann@" + rules.domain.text() + "\r\n"));
  EXPECT_THAT(contents, HasSubstr("Reply-To: bob@" + rules.domain.text() + "\r\n"));
  EXPECT_LT(contents.size(), 2 * crowd.size());  // the others stay as they came
}

TEST(UnqualifiedAddresses, InTheHeaderGetTheDomain) {
  struct Pair {
    std::string in;
    std::string out;
  };
  for (const Pair& field :
       {Pair{"From: root (Cron Daemon)", "From: root@example.org (Cron Daemon)"},
        Pair{"From : root", "From: root@example.org"},
        Pair{"To: Cron Daemon <root>", "To: Cron Daemon <root@example.org>"},
        Pair{"To:a,b@x.example,\n c , \"d,e\" <f>",
             "To:a@example.org,b@x.example,\r\n c@example.org , \"d,e\" <f@example.org>"},
        Pair{"Cc: \"a b\"", "Cc: \"a b\"@example.org"},
        Pair{"Reply-To: g: a, b@x.example;", "Reply-To: g: a@example.org, b@x.example;"},
        Pair{"Sender: root", "Sender: root@example.org"},
        Pair{"Resent-From: root", "Resent-From: root@example.org"},
        Pair{"Resent-Reply-To: root", "Resent-Reply-To: root@example.org"},
        Pair{"Disposition-Notification-To: root", "Disposition-Notification-To: root@example.org"},
        Pair{"From: J\xc3\xb6rg <joerg>", "From: =?UTF-8?B?SsO2cmc=?= <joerg@example.org>"},
        Pair{"To: undisclosed-recipients:;", "To: undisclosed-recipients:;"},
        Pair{"To: a@x..example, b", "To: a@x..example, b"}, Pair{"To: not one", "To: not one"},
        Pair{"To: =?UTF-8?B?SsO2cmc=?=", "To: =?UTF-8?B?SsO2cmc=?="},
        Pair{"Subject: root", "Subject: root"}, Pair{"X-To: root", "X-To: root"}}) {
    const std::string out = normalised(field.in + "\n\n");
    EXPECT_EQ(out.substr(0, field.out.size() + 2), field.out + "\r\n");
    EXPECT_EQ(normalised(out), out);
  }
}

TEST(NormaliseLongLines, ATextGoesQuotedPrintableInsteadOfBeingTorn) {
  const std::string body = "caf\xc3\xa9 = " + std::string(1100, 'x') + " \n.dot\nend\t\n";

  const std::string out = normalised(whole("", body));

  EXPECT_THAT(out, HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\n"
                             "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
  EXPECT_THAT(out, HasSubstr("\r\n\r\ncaf=C3=A9 =3D xxx"));
  EXPECT_THAT(out, HasSubstr("x=20\r\n=2Edot\r\nend=09\r\n"));
  std::size_t longest = 0;
  for (std::size_t at = 0, end = 0; (end = out.find("\r\n", at)) != std::string::npos;
       at = end + 2) {
    longest = std::max(longest, end - at);
  }
  EXPECT_LE(longest, 76U);
}

TEST(NormaliseLongLines, ASingleHtmlPartGoesQuotedPrintableToo) {
  const std::string out = normalised(whole(
      "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: "
      "8bit\r\n",
      "<p>" + kLong + "</p>\n"));

  EXPECT_THAT(out,
              HasSubstr("text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"));
  EXPECT_THAT(out, Not(HasSubstr("8bit")));
}

TEST(NormaliseLongLines, ALineOf998OctetsIsNotLong) {
  const std::string line(998, 'y');
  EXPECT_EQ(normalised(whole("", line + "\n")), whole("", line + "\r\n"));
  EXPECT_THAT(normalised(whole("", line + "y\n")), HasSubstr("quoted-printable"));
}

TEST(NormaliseLongLines, ABrokenLineTearsNoCharacter) {
  const std::string line = std::string(997, 'z') + "\xe2\x82\xac" + "end";
  const std::string_view mime =
      "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n";
  EXPECT_THAT(normalised(whole(mime, line + "\n")), HasSubstr("zz\r\n \xe2\x82\xac"
                                                              "end\r\n"));
}

TEST(NormaliseLongLines, AHeaderFieldFoldsAtABlank) {
  const std::string words = std::string(600, 'a') + " " + std::string(600, 'b');
  EXPECT_EQ(
      normalised(joined({kWhole, "X-Long: " + words + "\n\n"})),
      whole("X-Long: " + std::string(600, 'a') + "\r\n " + std::string(600, 'b') + "\r\n", ""));
}

TEST(NormaliseLongLines, AHeaderFieldWithoutABlankIsCutHard) {
  const std::string out = normalised(joined({kWhole, "X-Long:" + std::string(2500, 'a') + "\n\n"}));
  EXPECT_EQ(out, whole("X-Long:" + std::string(991, 'a') + "\r\n " + std::string(997, 'a') +
                           "\r\n " + std::string(512, 'a') + "\r\n",
                       ""));
}

TEST(NormaliseLongLines, ALineOfBlanksAndALineWithManyInFrontStayWithinTheLimit) {
  EXPECT_EQ(normalised(joined({kWhole, "X-Blank: a" + std::string(3000, ' ') + "\n\n"})),
            whole("X-Blank: a" + std::string(988, ' ') + "\r\n", ""));
  EXPECT_EQ(normalised(joined({kWhole, "X-A: a\n" + std::string(3000, ' ') + "b\n\n"})),
            whole("X-A: a\r\n b\r\n", ""));
}

TEST(NormaliseLongLines, OctetsThatBelongToNoCharacterAreNotCutOffTheirName) {
  const std::string name(997, 'X');
  EXPECT_EQ(normalised(joined({name, ":\x80\x80\n", kWhole, "\n"})),
            joined({name, ":\r\n \x80\x80\r\n", kWhole, "\r\n"}));
}

TEST(NormaliseLongLines, AnAddressListWithoutBlanksFoldsBetweenItsAddresses) {
  std::string list = "\"a,b\"@example.net";
  while (list.size() < 3000) list += ",someone@example.net(x,y)";
  const std::string out = normalised(joined({"To:", list, "\n\n"}));

  std::string unfolded = out.substr(0, out.find("From:"));
  for (std::size_t at = 0; (at = unfolded.find("\r\n ")) != std::string::npos;) {
    EXPECT_EQ(unfolded.substr(at - 5, 5), "x,y),");
    unfolded.erase(at, 3);
  }
  EXPECT_EQ(unfolded, "To:" + list + "\r\n");
}

/// The longest line that holds an encoded word.
std::size_t longest_with_words(const std::string& text) {
  std::size_t longest = 0;
  for (std::size_t at = 0, end = 0; (end = text.find("\r\n", at)) != std::string::npos;
       at = end + 2) {
    const std::string line = text.substr(at, end - at);
    if (line.find("=?") != std::string::npos) longest = std::max(longest, line.size());
  }
  return longest;
}

std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

TEST(EncodedWords, StandOnLinesOfAtMost76Characters) {
  const std::string name = repeated("J\xc3\xb6rg", 30);
  for (const std::string& field :
       {"Subject: " + name, "Content-Description: " + name, "From: " + name + " <a@example.org>",
        "To: a@example.net, " + name + " <b@example.net>, \"" + name + "\" <c@example.net>",
        "Disposition-Notification-To: " + name + " <a@example.org>"}) {
    const std::string out = normalised(field + "\n\n");
    EXPECT_LE(longest_with_words(out), 76U) << out;
    EXPECT_THAT(out, Not(HasSubstr(":\r\n"))) << out;
    EXPECT_EQ(normalised(out), out);
  }
}

TEST(AddedFrom, FitsWhateverTheNameIs) {
  for (const std::string& name :
       {std::string(1200, 'x'), std::string(3000, ' ') + "x", "a" + std::string(3000, ' ') + "b",
        std::string(5000, '"'), repeated("\xc3\xa4", 2000), repeated("Ann ", 500)}) {
    queue::SubmissionRules rules = usual_rules();
    rules.author_name = [name] { return name; };
    const std::string out = normalised("Subject: x\n\n", rules);
    engine::CanonicalCheck check;
    EXPECT_TRUE(check.feed(out) && check.finish()) << check.why();
    EXPECT_LE(longest_with_words(out), 76U) << out;
    EXPECT_EQ(mail::decoded_for_people(mail::Header::parse(out).find("From")->value, 100'000),
              std::string{mail::trimmed(name)} + " <ann@example.org>");
  }
}

}  // namespace
}  // namespace tenax::testing
