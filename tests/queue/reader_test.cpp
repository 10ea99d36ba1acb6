// SPDX-License-Identifier: Apache-2.0
// The queue as people see it, and the check that finds broken promises.

#include "queue/reader.h"

#include <filesystem>
#include <fstream>

#include "queue/histories.h"
#include "queue/migrations.h"
#include "queue/sqlite.h"
#include "tests/queue/store_world.h"

namespace tenax::queue {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

class ReaderTest : public ::testing::Test {
 protected:
  ReaderTest() { EXPECT_TRUE(world.open()); }

  std::unique_ptr<Reader> reader() { return Reader::open(world.options.directory).value(); }

  std::vector<std::string> list(const Selection& selection, std::size_t limit = 100) {
    std::vector<std::string> found;
    for (const RecipientRow& row : reader()->list(selection, limit).value()) {
      found.push_back(row.address.text());
    }
    return found;
  }

  // Another hand in the file: no triggers, no CHECKs.
  void plant(const std::string& sql) {
    world.store.reset();
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((world.options.directory + "/queue.db").c_str(), &db), SQLITE_OK);
    const std::string all =
        "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;"
        "DROP TRIGGER recipient_moves; DROP TRIGGER recipient_final;"
        "DROP TRIGGER recipient_closes; DROP TRIGGER recipient_stays_while_open;"
        "DROP TRIGGER message_stays_while_open;" +
        sql;
    char* why = nullptr;
    EXPECT_EQ(sqlite3_exec(db, all.c_str(), nullptr, nullptr, &why), SQLITE_OK) << why;
    sqlite3_free(why);
    sqlite3_close(db);
  }

  [[nodiscard]] std::int64_t rows_of(const std::string& table) const {
    auto db =
        Connection::open(world.options.directory + "/queue.db", Access::read_only, "").value();
    return db->number(("SELECT count(*) FROM " + table).c_str()).value();
  }

  std::vector<std::string> violations() {
    std::vector<std::string> promises;
    for (const Violation& one : reader()->check(kNoon + 1h).value()) {
      promises.push_back(one.promise + ": " + one.where);
    }
    return promises;
  }

  StoreWorld world;
};

}  // namespace

TEST_F(ReaderTest, FiltersByEachCondition) {
  world.enqueue({.to = {"bob@example.net", "eve@Sub.example.net"}, .accepted = kNoon - 2h});
  world.enqueue({.to = {"dan@two.example"}, .accepted = kNoon - 1h, .from = "<>"});
  const mail::QueueId held = world.enqueue({.to = {"joe@three.example"}, .held = true});
  const auto requests = world.claim(kNoon, 1);
  ASSERT_TRUE(world.settle(requests[0], {deferred(requests[0].recipients[0].id, kNoon + 1h)}));

  EXPECT_THAT(list({}), SizeIs(4));
  Selection by;
  by.sender = "<>";
  EXPECT_THAT(list(by), ElementsAre("dan@two.example"));
  by = {};
  by.sender = "@EXAMPLE.org";
  EXPECT_THAT(list(by), SizeIs(3));
  by = {};
  by.recipient = "@example.net";
  EXPECT_THAT(list(by), ElementsAre("bob@example.net"));
  by = {};
  by.recipient = "BOB@example.net";
  EXPECT_THAT(list(by), ElementsAre("bob@example.net"));
  by = {};
  by.destination = "two.example";
  EXPECT_THAT(list(by), ElementsAre("dan@two.example"));
  by = {};
  by.messages = {held};
  EXPECT_THAT(list(by), ElementsAre("joe@three.example"));
  by = {};
  by.states = {mail::RecipientState::held};
  EXPECT_THAT(list(by), ElementsAre("joe@three.example"));
  by = {};
  by.accepted_before = kNoon - 1h;
  by.accepted_after = kNoon - 3h;
  EXPECT_THAT(list(by), ElementsAre("bob@example.net", "eve@Sub.example.net"));
  by = {};
  by.reply = "TRY AGAIN";
  EXPECT_THAT(list(by), ElementsAre("bob@example.net"));
  EXPECT_THAT(list({}, 2), SizeIs(2));
}

TEST_F(ReaderTest, CountsWhoGoesBeforeARecipientAtItsDestination) {
  const auto id_of = [this](const std::string& to) {
    Selection by;
    by.recipient = to;
    return reader()->list(by, 1).value().at(0).id;
  };
  world.enqueue({.to = {"retried@example.net"}, .accepted = kNoon - 3h});
  const auto requests = world.claim(kNoon - 3h, 1);
  ASSERT_TRUE(world.settle(requests[0], {deferred(requests[0].recipients[0].id, kNoon - 2h)}));
  world.enqueue({.to = {"first@example.net"}, .accepted = kNoon - 1h});
  world.enqueue({.to = {"second@example.net"}, .accepted = kNoon - 30min});
  world.enqueue({.to = {"else@two.example"}, .accepted = kNoon - 2h});
  const RecipientRow late = reader()->list({}, 1).value().at(0);

  EXPECT_EQ(reader()->before(id_of("first@example.net"), kNoon)->waiting, 0);
  EXPECT_EQ(reader()->before(id_of("second@example.net"), kNoon)->waiting, 1);
  EXPECT_EQ(reader()->before(id_of("retried@example.net"), kNoon)->waiting, 2)
      << "first attempts go before later ones, however old those are";
  EXPECT_EQ(reader()->before(late.id, kNoon - 40min)->waiting, 1) << "the other is not due yet";

  world.claim(kNoon, 2);  // the oldest fresh ones: the other destination's, and the first
  const Before before = reader()->before(id_of("second@example.net"), kNoon).value();
  EXPECT_EQ(before.waiting, 0);
  EXPECT_EQ(before.leased, 1);
  EXPECT_FALSE(before.more);
  EXPECT_EQ(reader()->before(mail::RecipientId{12345}, kNoon)->waiting, 0) << "no such recipient";
}

TEST_F(ReaderTest, HistoriesComeOneRecipientAtATimeInOrder) {
  world.enqueue({.to = {"old@example.net"}, .accepted = kNoon - 48h});
  world.enqueue({.to = {"bob@example.net", "joe@two.example"}, .accepted = kNoon - 3h});
  for (int hours = 3; hours > 0; --hours) {
    const mail::WallTime now = kNoon - std::chrono::hours{hours};
    for (const auto& request : world.claim(now)) {
      std::vector<RecipientOutcome> outcomes;
      for (const auto& recipient : request.recipients) {
        outcomes.push_back(hours == 1 ? delivered(recipient.id) : deferred(recipient.id, now + 1h));
      }
      ASSERT_TRUE(world.settle(request, outcomes, now));
    }
  }
  world.enqueue({.to = {"never@tried.example"}, .accepted = kNoon - 1h});

  std::vector<RecipientHistory> found;
  const io::Result<> read = reader()->histories(
      kNoon - 24h, [&found](const RecipientHistory& history) { found.push_back(history); });

  ASSERT_TRUE(read) << io::to_string(read.error());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].destination, "example.net");
  EXPECT_EQ(found[1].destination, "two.example");
  for (const RecipientHistory& history : found) {
    EXPECT_EQ(history.accepted, kNoon - 3h);
    EXPECT_EQ(history.attempts, 3);
    EXPECT_EQ(history.state, mail::RecipientState::delivered);
    EXPECT_EQ(history.ended, kNoon - 1h);
    ASSERT_THAT(history.tries, SizeIs(3));
    EXPECT_EQ(history.tries[0].started, kNoon - 3h);
    EXPECT_EQ(history.tries[0].kind, mail::Kind::deferred);
    EXPECT_TRUE(history.tries[0].transient);
    EXPECT_EQ(history.tries[2].kind, mail::Kind::delivered);
  }
}

TEST_F(ReaderTest, NothingIsSortedForTheHistories) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((world.options.directory + "/queue.db").c_str(), &db), SQLITE_OK);
  const std::string question = std::string{"EXPLAIN QUERY PLAN "} + kHistoriesWalk;
  sqlite3_stmt* plan = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(db, question.c_str(), -1, &plan, nullptr), SQLITE_OK);
  while (sqlite3_step(plan) == SQLITE_ROW) {
    const std::string step{reinterpret_cast<const char*>(sqlite3_column_text(plan, 3))};
    EXPECT_THAT(step, ::testing::Not(HasSubstr("TEMP B-TREE")));
  }
  sqlite3_finalize(plan);
  sqlite3_close(db);
}

TEST_F(ReaderTest, WhatAnOperatorWritesIsNeverSql) {
  world.enqueue();
  Selection by;
  by.reply = "' OR 1=1 --";
  by.sender = "@'); DROP TABLE message; --";
  by.recipient = "%";
  EXPECT_THAT(list(by), IsEmpty());
  EXPECT_THAT(list({}), SizeIs(1));
}

TEST_F(ReaderTest, TheSummaryCountsByAge) {
  world.enqueue({.to = {"a@old.example"}, .accepted = kNoon - 100h});
  world.enqueue({.to = {"b@new.example", "c@new.example"}, .accepted = kNoon - 1min});
  const auto requests = world.claim(kNoon - 50h);
  ASSERT_TRUE(world.settle(requests[0], {deferred(requests[0].recipients[0].id, kNoon + 1h)}));

  const Summary summary = reader()->summary(kNoon, 10).value();

  EXPECT_EQ(summary.messages, 2);
  EXPECT_EQ(summary.recipients, 3);
  EXPECT_EQ(summary.waiting, 3);
  EXPECT_EQ(summary.deferred, 1);
  EXPECT_EQ(summary.oldest, kNoon - 100h);
  EXPECT_EQ(summary.next_attempt, kNoon - 1min);
  ASSERT_THAT(summary.destinations, SizeIs(2));
  EXPECT_EQ(summary.destinations[0].destination, "new.example");
  EXPECT_THAT(summary.destinations[0].by_age, ElementsAre(2, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(summary.destinations[1].by_age, ElementsAre(0, 0, 0, 0, 0, 0, 0, 1));
  EXPECT_EQ(summary.destinations[1].last_text, "try again later");
  EXPECT_THAT(reader()->summary(kNoon, 1).value().destinations, SizeIs(1));
}

TEST_F(ReaderTest, ShowsEveryAttemptWithItsReply) {
  const mail::QueueId id = world.enqueue();
  auto requests = world.claim();
  const mail::RecipientId bob = requests[0].recipients[0].id;
  RecipientOutcome later = deferred(bob, kNoon + 1h);
  later.knocks = {kNoon, kNoon + 1s, 2};
  ASSERT_TRUE(world.settle(requests[0], {later}));
  EXPECT_EQ(reader()->show(id).value().recipients.at(0).knocks, later.knocks);
  requests = world.claim(kNoon + 1h);
  ASSERT_TRUE(world.settle(requests[0], {failed(bob)}, kNoon + 1h));

  const MessageDetails details = reader()->show(id).value();

  EXPECT_EQ(details.submitter.uid, 1000);
  EXPECT_EQ(details.subject, "hello");
  EXPECT_FALSE(details.contents_kept);
  ASSERT_THAT(details.recipients, SizeIs(1));
  EXPECT_EQ(details.recipients[0].state, mail::RecipientState::failed);
  EXPECT_EQ(details.recipients[0].attempts, 2);
  EXPECT_EQ(details.recipients[0].ended, kNoon + 1h);
  ASSERT_THAT(details.attempts, SizeIs(2));
  const mail::Verdict said = verdict(mail::Kind::deferred, "try again later");
  EXPECT_EQ(details.attempts[0].verdict.reply, said.reply);
  EXPECT_EQ(details.attempts[0].verdict.status, said.status);
  EXPECT_EQ(details.attempts[0].verdict.host, said.host);
  EXPECT_EQ(details.attempts[0].verdict.stage, mail::Stage::rcpt);
  ASSERT_THAT(details.attempts[1].tries, SizeIs(1));
  EXPECT_EQ(details.attempts[1].tries[0].took, 250ms);
  EXPECT_EQ(details.attempts[1].started, kNoon + 1h);
}

TEST_F(ReaderTest, TheOnlyHostIsToldOfOnce) {
  const mail::QueueId id = world.enqueue({.to = {"a@example.net", "b@example.net"}});
  const auto request = world.claim().at(0);
  std::vector<RecipientOutcome> outcomes;
  for (const mail::DueRecipient& one : request.recipients) {
    outcomes.push_back(delivered(one.id));
    outcomes.back().verdict.stage = mail::Stage::dot;
  }
  const mail::HostTry only{outcomes[0].verdict.host, mail::Stage::dot, "", kNoon, 40ms};
  ASSERT_TRUE(world.settle(request, outcomes, kNoon + 40ms, only));
  EXPECT_EQ(rows_of("host_try"), 0) << "the answers tell";
  EXPECT_EQ(rows_of("attempt"), 0) << "of all of it";

  const MessageDetails details = reader()->show(id).value();

  ASSERT_THAT(details.attempts, SizeIs(2));
  for (const AttemptRow& attempt : details.attempts) {
    ASSERT_THAT(attempt.tries, SizeIs(1));
    EXPECT_EQ(attempt.tries[0].host, only.host);
    EXPECT_EQ(attempt.tries[0].stage, only.stage);
    EXPECT_EQ(attempt.tries[0].text, "");
    EXPECT_EQ(attempt.tries[0].started, only.started);
    EXPECT_EQ(attempt.tries[0].took, only.took);
    EXPECT_EQ(attempt.started, kNoon);
    EXPECT_EQ(attempt.finished, kNoon + 40ms);
  }
}

TEST_F(ReaderTest, AHostThatDidNotTakeAllIsToldOfApart) {
  world.enqueue({.to = {"a@example.net", "b@example.net"}});
  const auto request = world.claim().at(0);
  std::vector<RecipientOutcome> outcomes{delivered(request.recipients[0].id),
                                         failed(request.recipients[1].id)};
  const mail::HostTry only{outcomes[0].verdict.host, outcomes[0].verdict.stage, "", kNoon, 40ms};
  ASSERT_TRUE(world.settle(request, outcomes, kNoon + 40ms, only));
  EXPECT_EQ(rows_of("host_try"), 1);
  EXPECT_EQ(rows_of("attempt"), 1);
}

TEST_F(ReaderTest, EventsNameWhoDidIt) {
  const mail::QueueId id = world.enqueue({.to = {"a@example.net", "b@example.net"}});
  world.operate(Verb::hold);
  const auto events = reader()->show(id).value().events;
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].what, "held by uid 0: 2 recipients");
}

TEST_F(ReaderTest, ContentsAreCutInTheBodyOnly) {
  for (const std::size_t size : {2000U, 200'000U}) {
    const mail::QueueId id = world.enqueue({.bytes = large(size)});
    const std::string header = "Subject: large\r\n\r\n";
    EXPECT_EQ(reader()->contents(id, 10).value().bytes, large(size).substr(0, header.size() + 10));
    EXPECT_EQ(reader()->contents(id, 1'000'000).value().bytes, large(size));
  }
}

TEST_F(ReaderTest, ReadsWhileTheDaemonIsDown) {
  world.enqueue();
  world.store->close();
  world.store.reset();
  EXPECT_THAT(list({}), SizeIs(1));
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(ReaderTest, NoQueueIsNotFound) {
  const auto none = Reader::open(world.directory / "elsewhere");
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().is(io::Errc::not_found)) << io::to_string(none.error());
}

struct Planted {
  const char* rule;
  const char* sql;
  const char* found;
};

constexpr Planted kPlanted[] = {
    {"ALostRecipient", "DELETE FROM recipient", "every message has a recipient"},
    {"AMiscountedMessage", "UPDATE message SET open = 7", "counts its open recipients"},
    {"AWaitingRecipientWithoutATime", "UPDATE recipient SET next_attempt = NULL", "next_attempt"},
    {"AFinalRecipientThatHasNotEnded",
     "UPDATE recipient SET state = 'delivered', next_attempt = NULL", "promise 2"},
    {"AnOwnerWithoutALease", "UPDATE recipient SET lease_owner = 'x'", "a lease has an owner"},
    {"AStrangeState", "UPDATE recipient SET state = 'lost'", "one of six"},
    {"ShortContents", "UPDATE contents SET bytes = x'00'", "are there, and whole"},
    {"LostContents", "DELETE FROM contents", "are there, and whole"},
    {"AFailureWithoutAReason",
     "UPDATE recipient SET state = 'failed', next_attempt = NULL, ended = 1;"
     "UPDATE message SET open = 0, ended = 1, place = 'gone'; DELETE FROM contents",
     "promise 3"},
    {"ANoticeWithASender", "UPDATE message SET origin = 'notice'", "promise 7"},
    {"AnAddressThatIsNone", "UPDATE recipient SET forward_path = '<<'", "every row can be read"},
    {"ALessonWithoutAName", "INSERT INTO lesson (key, written, text) VALUES ('', 1, x'00')",
     "a lesson has a name"},
    {"ALessonWithoutEnd",
     "INSERT INTO lesson (key, written, text) VALUES ('site a', 1, zeroblob(20000))",
     "a bounded text"},
    {"TooManyLessons",
     "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12001) "
     "INSERT INTO lesson (key, written, text) SELECT 'site ' || i, i, x'00' FROM n",
     "no more lessons"},
    {"AFailureOwedOfWhoWaits",
     "INSERT INTO owed SELECT id, message_id, 'ann@example.org', 1, 'by-answer', 0, 'failed' FROM "
     "recipient",
     "what is owed is a failure, or a delay"},
    {"SomethingOwedToAStranger",
     "INSERT INTO owed SELECT id, message_id, 'eve@example.org', 1, 'by-answer', 0, 'failed' FROM "
     "recipient",
     "of that sender's message"},
    {"SomethingOwedWithoutADate",
     "INSERT INTO owed SELECT id, message_id, 'ann@example.org', NULL, '', 0, 'failed' FROM "
     "recipient",
     "has a date"},
    {"SomethingOwedForEver",
     "INSERT INTO owed SELECT id, message_id, 'ann@example.org', 9e15, '', 0, 'failed' FROM "
     "recipient",
     "told within an hour"},
    {"AStormThatNobodyIsToldOf",
     "UPDATE recipient SET state = 'held', next_attempt = NULL, stormed = 1",
     "to be told of every storm"},
    {"AMessageThatIsWrittenOutAndInShort",
     "INSERT INTO passing SELECT id, sender, ret, envid, body, smtputf8, automatic, uid, pid, "
     "door, "
     "accepted, message_id, subject, 1000, 'a@b', 'b', '', NULL, NULL, 'x', x'' FROM message LIMIT "
     "1",
     "what is kept in short is nowhere else"},
    {"WhatPassedAndNeverCame",
     "INSERT INTO passed VALUES (7, 1, 1, 1, 'delivered', 'recipient', 'theirs', 'dot', '', "
     "NULL, NULL, '', '', '', 0, '', 0, 0)",
     "what passed had come"},
    {"AStormThatIsToldOfInYears", "INSERT INTO storm VALUES ('example.net', 1, 9e15, NULL, 1)",
     "told of a storm once a day"},
    {"AMissingMark", "DROP TRIGGER mark_stays; DELETE FROM mark", "last id that was given out"},
    {"AnIdThatWasNeverGivenOut",
     "UPDATE mark SET last_id = last_id; UPDATE message SET id = "
     "9000000000000000000; UPDATE recipient SET message_id = 9000000000000000000;"
     "UPDATE contents SET message_id = 9000000000000000000",
     "queue ids"},
};

class PlantedTest : public ReaderTest, public ::testing::WithParamInterface<Planted> {};

TEST_P(PlantedTest, IsFound) {
  world.enqueue();
  EXPECT_THAT(violations(), IsEmpty());
  plant(GetParam().sql);
  EXPECT_THAT(violations(), Contains(HasSubstr(GetParam().found)));
}

INSTANTIATE_TEST_SUITE_P(Check, PlantedTest, ::testing::ValuesIn(kPlanted),
                         [](const auto& planted) { return std::string{planted.param.rule}; });

TEST_F(ReaderTest, CheckNamesMessagesAsEveryVerbDoes) {
  const mail::QueueId id = world.enqueue();
  plant("UPDATE recipient SET lease_owner = 'x'");
  EXPECT_THAT(violations(), Contains(HasSubstr("message " + id.text() + ": recipient 1: waiting")));
}

TEST_F(ReaderTest, ADestinationIsShownWithItsLastDeferralWhateverCameAfter) {
  world.enqueue({.to = {"a@example.net"}});
  auto requests = world.claim();
  ASSERT_TRUE(world.settle(requests[0], {deferred(requests[0].recipients[0].id, kNoon + 1h)}));
  world.enqueue({.to = {"b@example.net"}});
  requests = world.claim();
  ASSERT_TRUE(world.settle(requests[0], {delivered(requests[0].recipients[0].id)}));

  EXPECT_EQ(reader()->summary(kNoon, 10).value().destinations.at(0).last_text, "try again later");
}

TEST_F(ReaderTest, WhatWasSaidBeforeAnyOfItsMailCameDoesNotSayWhyItWaits) {
  world.enqueue({.to = {"a@example.net"}});
  auto requests = world.claim();
  ASSERT_TRUE(world.settle(requests[0], {deferred(requests[0].recipients[0].id, kNoon + 1h)}));
  requests = world.claim(kNoon + 1h);
  ASSERT_TRUE(world.settle(requests[0], {delivered(requests[0].recipients[0].id)}));
  world.enqueue({.to = {"b@example.net"}, .accepted = kNoon + 24h});

  EXPECT_EQ(reader()->summary(kNoon + 24h, 10).value().destinations.at(0).last_text, "");
}

TEST_F(ReaderTest, AnEmptiedDatabaseIsNoNewQueue) {
  world.enqueue({.bytes = large(30'000)});
  world.store->close();
  world.store.reset();
  std::filesystem::resize_file(world.options.directory + "/queue.db", 0);

  const auto read = Reader::open(world.options.directory);
  ASSERT_FALSE(read);
  EXPECT_THAT(io::to_string(read.error()), HasSubstr("is empty"));
  EXPECT_FALSE(refuse_emptied(world.options.directory));
  std::filesystem::remove_all(world.options.directory + "/contents");
  std::filesystem::remove(world.options.directory + "/queue.db-wal");
  EXPECT_TRUE(refuse_emptied(world.options.directory));
  const auto fresh = Reader::open(world.options.directory);
  ASSERT_FALSE(fresh);
  EXPECT_TRUE(fresh.error().is(io::Errc::not_found));
}

TEST_F(ReaderTest, ADatabaseThatWasMovedAwayIsNoNewQueue) {
  world.enqueue({.bytes = large(30'000)});
  world.store->close();
  world.store.reset();
  std::filesystem::remove(world.options.directory + "/queue.db");

  const auto read = Reader::open(world.options.directory);
  ASSERT_FALSE(read);
  EXPECT_THAT(io::to_string(read.error()), HasSubstr("is missing"));
  EXPECT_FALSE(refuse_emptied(world.options.directory));
  std::filesystem::remove_all(world.options.directory + "/contents");
  std::filesystem::remove(world.options.directory + "/queue.db-wal");
  EXPECT_TRUE(refuse_emptied(world.options.directory));
}

TEST_F(ReaderTest, ACutContentsFileIsFound) {
  world.enqueue({.bytes = large(30'000)});
  const std::string folder = world.options.directory + "/contents";
  const auto file = std::filesystem::directory_iterator { folder } -> path();
  std::filesystem::resize_file(file, 20'000);
  EXPECT_THAT(violations(), ElementsAre(HasSubstr("20000 bytes of 30000")));
  std::filesystem::remove(file);
  EXPECT_THAT(violations(), Contains(HasSubstr("contents files are there")));
}

TEST_F(ReaderTest, AScrambledDatabaseIsFoundAndCrashesNothing) {
  for (int i = 0; i < 30; ++i) world.enqueue({.bytes = large(3000)});
  world.store.reset();
  const std::string path = world.options.directory + "/queue.db";
  testing::FakeRandom dice{5};
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  const auto size = std::filesystem::file_size(path);
  for (int i = 0; i < 200; ++i) {
    file.seekp(static_cast<std::streamoff>(4096 + dice.bits() % (size - 4096)));
    file.put(static_cast<char>(dice.bits()));
  }
  file.close();
  auto opened = Reader::open(world.options.directory);
  if (!opened) return;
  const auto found = (*opened)->check(kNoon);
  EXPECT_TRUE(!found || !found->empty());
  (void)(*opened)->list({}, 100);
  (void)(*opened)->summary(kNoon, 10);
}

}  // namespace tenax::queue
