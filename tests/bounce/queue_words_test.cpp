// SPDX-License-Identifier: Apache-2.0
// What queues, gateways and lists say themselves, without a server's reply.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "bounce/cause.h"

namespace tenax::bounce {
namespace {

struct QueueWord {
  std::string_view rule;
  std::string_view text;
  Cause cause;
};

void PrintTo(const QueueWord& given, std::ostream* out) { *out << given.rule; }

constexpr QueueWord kQueueWords[] = {
    {"ABrokenAnswerToANameIsNoBrokenMail",
     "Name service error for name=example.net type=MX: Malformed reply", Cause::unreachable},
    {"ARefusedConnectionIsNoTroubleOfTheServer",
     "Technical details of temporary failure: The server did not accept our requests to connect",
     Cause::unreachable},
    {"ADomainThatNobodyRegisteredIsNone",
     "the domain name (example.net) does not appear to be registered", Cause::no_such_domain},
    {"ADomainThatIsNotFoundIsNoUser",
     "It wasn't delivered to bob@example.net because the domain example.net couldn't be found",
     Cause::no_such_domain},
    {"ANameServerThatFailsMayAnswerLater",
     "Deferred: Name server: example.net.: host name lookup failure", Cause::unreachable},
    {"AnUnknownHostIsNoUnknownSender",
     "550 <bob@example.net>... Host unknown (Authoritative answer from the name server)",
     Cause::no_such_domain},
    {"ANameThatIsNotFoundIsNoUser",
     "error delivering your mail to <bob@example.net>: DNS lookup failure: host example.net not "
     "found",
     Cause::no_such_domain},
    {"ADirectoryThatIsAwayIsTheServersTrouble", "Unable to contact the LDAP server. (#4.4.3)",
     Cause::server_trouble},
    {"AProgramThatDiedIsTheServersTrouble", "Command died with status 17: \"/usr/bin/filter\"",
     Cause::server_trouble},
    {"AProgramThatTellsOfAQuotaIsBelieved",
     "Command died with status 75: \"deliver\". Command output: mail quota exceeded",
     Cause::mailbox_full},
    {"AGroupTakesNoMailFromAnybody",
     "Die Gruppe nimmt keine Beitr\xc3\xa4ge an. https://groups.google.com/support/",
     Cause::recipient_refuses},
    {"WhoIsNotOnTheGuestListIsRefused", "Sender not pre-approved: see the guest list",
     Cause::recipient_refuses},
    {"ASecondMailOfTheSameIdIsMalformed", "Duplicated Message-ID in <list@example.net>",
     Cause::malformed},
    {"AServersWordsWinOverThatTheTimeIsUp",
     "452 4.2.2 <bob@example.net> Mailbox full: retry timeout exceeded", Cause::mailbox_full},
    {"AServersWordsWinBehindThatTheTimeIsUp",
     "** bob@example.net R=mx T=smtp: retry timeout exceeded: 452 4.2.2 Mailbox full",
     Cause::mailbox_full},
    {"ThatTheTimeIsUpIsNoTimeoutOfAFilter",
     "451 4.7.1 Message looks like spam: retry timeout exceeded", Cause::content},
    {"ThatTheTimeIsUpIsAReasonWhereThereIsNoOther",
     "** bob@example.net R=mx T=smtp: retry timeout exceeded", Cause::expired},
    {"ANetworkThatFailsIsNoTroubleOfTheServer", "Network error on destination MXs",
     Cause::unreachable},
    {"MailThatNobodyFetchesLiesInADeadMailbox",
     "It failed because it has not been collected after 30 days", Cause::mailbox_disabled},
};

class QueueWords : public ::testing::TestWithParam<QueueWord> {};

TEST_P(QueueWords, AreUnderstood) {
  const Judgement judgement = judge(refusal_in(GetParam().text));

  EXPECT_EQ(judgement.cause, GetParam().cause) << judgement.rule;
}

INSTANTIATE_TEST_SUITE_P(Causes, QueueWords, ::testing::ValuesIn(kQueueWords),
                         [](const auto& test) { return std::string{test.param.rule}; });

}  // namespace
}  // namespace tenax::bounce
