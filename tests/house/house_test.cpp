// SPDX-License-Identifier: Apache-2.0
// The picture of docs/architecture.md holds: no room includes what it may not know, no includes go
// in a circle. And the check can fail: each kind of fault, added to a copy of the checkout, is
// found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

#include "tests/house/check.h"

namespace tenax::house {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

const std::vector<SourceFile>& this_checkout() {
  static const std::vector<SourceFile> files = checkout(TENAX_SOURCE_DIR);
  return files;
}

TEST(House, Stands) {
  std::string lines;
  for (const std::string& fault : check(this_checkout())) lines += "  " + fault + "\n";

  EXPECT_EQ(lines, "")
      << "Either the file is in the wrong room, or the plan has changed: then say so "
         "in docs/architecture.md and tests/house/law.h first.";
}

TEST(House, EveryRoomIsLookedAt) {
  for (const RoomLaw& law : room_laws()) {
    const auto files =
        std::count_if(this_checkout().begin(), this_checkout().end(),
                      [&](const SourceFile& file) { return room_of(file.path) == law.room; });
    EXPECT_GT(files, 0) << law.room;
  }
}

TEST(House, TheSubmissionProgramIsLookedAt) {
  EXPECT_THAT(submission_sources(this_checkout()),
              IsSupersetOf({"tools/sendmail/main.cpp", "queue/submission.cpp",
                            "queue/drop_folder.cpp", "engine/intake.cpp", "engine/hand_over.cpp"}));
}

struct Fault {
  std::string_view rule;
  std::string_view path;  // of the file that is changed, or made
  std::string_view line;  // added to it
  std::string_view said;  // in the complaint
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.rule; }

constexpr Fault kFaults[] = {
    // one room in another
    {"TheSchedulerKnowsNoDelivery", "scheduler/scheduler.h", "#include \"delivery/agent.h\"",
     "scheduler may not include delivery/agent.h"},
    {"TheSchedulerKnowsNoClock", "scheduler/scheduler.h", "#include \"io/clock.h\"",
     "scheduler may not include io/clock.h"},
    {"DeliveryKnowsNoQueue", "delivery/agent.h", "#include \"queue/store.h\"",
     "delivery may not include queue/store.h"},
    {"DeliveryKnowsNoBounce", "delivery/agent.h", "#include \"bounce/notice.h\"",
     "delivery may not include bounce/notice.h"},
    {"TheQueueKnowsNoScheduler", "queue/store.h", "#include \"scheduler/scheduler.h\"",
     "queue may not include scheduler/scheduler.h"},
    {"TheBounceRoomKnowsNoIo", "bounce/notice.h", "#include \"io/file.h\"",
     "bounce may not include io/file.h"},
    {"IoKnowsNoMail", "io/stream.h", "#include \"mail/domain.h\"",
     "io may not include mail/domain.h"},
    {"MailKnowsNobody", "mail/domain.h", "#include \"io/result.h\"",
     "mail may not include io/result.h"},
    {"NoRoomKnowsTheEngine", "queue/store.h", "#include \"engine/observer.h\"",
     "queue may not include engine/observer.h"},
    {"TheEngineKnowsNoProgram", "engine/engine.cpp", "#include \"tools/tenax/words.h\"",
     "engine may not include tools/tenax/words.h"},
    {"ProgramsDoNotReachIntoRooms", "tools/tenax/main.cpp", "#include \"queue/sqlite_store.h\"",
     "tools may not include queue/sqlite_store.h"},
    {"ProgramsDoNotDeliver", "tools/tenaxd/main.cpp", "#include \"delivery/agent.h\"",
     "tools may not include delivery/agent.h"},
    {"ProgramsDoNotKnowEachOther", "tools/tenaxd/main.cpp", "#include \"tools/tenax/words.h\"",
     "a program does not include another"},
    {"NobodyIncludesTests", "engine/engine.cpp", "#include \"tests/support/fake_clock.h\"",
     "nobody includes tests"},
    // packages
    {"OnlyTheQueueKnowsSqlite", "engine/engine.cpp", "#include <sqlite3.h>",
     "engine may not include sqlite3.h"},
    {"OnlyIoKnowsOpenssl", "delivery/agent.h", "#include <openssl/ssl.h>",
     "delivery may not include openssl/ssl.h"},
    {"OnlyIoKnowsUnbound", "engine/engine.cpp", "#include <unbound.h>",
     "engine may not include unbound.h"},
    {"OnlyIoKnowsIdn", "mail/domain.cpp", "#include <idn2.h>", "mail may not include idn2.h"},
    {"OnlyDeliveryKnowsGsasl", "io/wire.cpp", "#include <gsasl.h>", "io may not include gsasl.h"},
    {"RoomsDoNotLog", "delivery/agent.h", "#include <spdlog/spdlog.h>",
     "delivery may not include spdlog/spdlog.h"},
    {"RoomsReadNoConfig", "scheduler/scheduler.h", "#include <toml++/toml.h>",
     "scheduler may not include toml++/toml.h"},
    {"TheQueueSpeaksNoJson", "queue/store.h", "#include <nlohmann/json.hpp>",
     "queue may not include nlohmann/json.hpp"},
    {"OnlyProgramsParseFlags", "engine/engine.cpp", "#include <CLI/CLI.hpp>",
     "engine may not include CLI/CLI.hpp"},
    {"PureRoomsDoNotWait", "bounce/notice.h", "#include <boost/asio/steady_timer.hpp>",
     "bounce may not include boost/asio/steady_timer.hpp"},
    {"ANewPackageNeedsARoom", "engine/engine.cpp", "#include <curl/curl.hpp>",
     "no room is named for that package"},
    {"ANewPartOfBoostNeedsARoom", "engine/engine.cpp", "#include <boost/regex.h>",
     "no room is named for that package"},
    // purity
    {"PureRoomsHaveNoDice", "scheduler/scheduler.h", "#include <random>",
     "scheduler may not include random"},
    {"PureRoomsHaveNoThreads", "mail/domain.h", "#include <mutex>", "mail may not include mutex"},
    {"PureRoomsReadNoFiles", "bounce/notice.h", "#include <fstream>",
     "bounce may not include fstream"},
    {"PureRoomsDoNotSpeakWithTheKernel", "scheduler/scheduler.h", "#include <unistd.h>",
     "this room does not speak with the kernel"},
    {"PureRoomsDoNotAskForTheTime", "scheduler/scheduler.h",
     "const auto now = std::chrono::steady_clock::now();", "_clock::now in a pure room"},
    // form
    {"OursStandInQuotes", "queue/store.h", "#include <mail/domain.h>", "in quotes"},
    {"OursAreNamedFromTheRoot", "queue/store.h", "#include \"selection.h\"", "from the root"},
    {"BlanksHideNothing", "queue/store.h", "  #  include\t\"delivery/agent.h\" // why not",
     "queue may not include delivery/agent.h"},
    {"ComputedIncludesHideNothing", "queue/store.h", "#include DELIVERY",
     "an include names its file"},
    // circles
    {"TwoFilesMakeACircle", "mail/domain.h", "#include \"mail/address.h\"",
     "mail/address.h -> mail/domain.h -> mail/address.h"},
    {"AFileIncludingItselfIsOne", "queue/store.h", "#include \"queue/store.h\"",
     "a circle: queue/store.h -> queue/store.h"},
    {"ALongWayRoundIsOne", "mail/parsed.h", "#include \"mail/delivery_report.h\"", "a circle: "},
    // the submission program
    {"SubmissionWaitsForNoWire", "queue/submission.h", "#include \"io/async.h\"",
     "the submission program may not reach io/async.h"},
    {"SubmissionOpensNoDatabase", "queue/drop_folder.cpp", "#include <sqlite3.h>",
     "the submission program may not reach sqlite3.h"},
    {"HandOverNeedsNoAsio", "engine/hand_over.cpp", "#include <boost/asio/io_context.hpp>",
     "the submission program may not reach boost/asio/io_context.hpp"},
    {"AHeaderItReachesCountsToo", "engine/config.h", "#include \"io/stream.h\"",
     "the submission program may not reach io/stream.h"},
    {"TheProgramItselfCounts", "tools/sendmail/main.cpp", "#include \"io/clock.h\"",
     "the submission program may not reach io/clock.h"},
    // names
    {"AFolderNamedAfterNothing", "engine/utils/text.h", "#pragma once", "\"utils\" is a folder"},
    {"ARoomNamedAfterNothing", "common/text.h", "#pragma once", "\"common\" is a folder"},
    {"ARoomNobodyPlanned", "plugins/text.h", "#pragma once", "no room of that name"},
    {"AWordThatFitsAnything", "queue/queue_manager.h", "#pragma once", "\"manager\" fits anything"},
    {"AnotherOne", "delivery/mx_info.cpp", "", "\"info\" fits anything"},
};

std::vector<SourceFile> with(const Fault& fault) {
  std::vector<SourceFile> files = this_checkout();
  auto file = std::find_if(files.begin(), files.end(),
                           [&](const SourceFile& f) { return f.path == fault.path; });
  if (file == files.end()) file = files.insert(files.end(), {std::string{fault.path}, ""});
  file->text += "\n" + std::string{fault.line} + "\n";
  return files;
}

class HouseWithAFault : public testing::TestWithParam<Fault> {};

TEST_P(HouseWithAFault, DoesNotStand) {
  const std::vector<SourceFile> files = with(GetParam());

  const Faults before = check(this_checkout());
  Faults found;
  for (const std::string& fault : check(files)) {
    if (std::find(before.begin(), before.end(), fault) == before.end()) found.push_back(fault);
  }

  EXPECT_THAT(found, Contains(HasSubstr(GetParam().said)));
}

INSTANTIATE_TEST_SUITE_P(House, HouseWithAFault, testing::ValuesIn(kFaults),
                         [](const auto& test) { return std::string{test.param.rule}; });

TEST(HouseCheck, NamesFileLineAndRule) {
  EXPECT_THAT(check({{"queue/a.h", "// one\n\n#include \"delivery/b.h\"\n"}}),
              ElementsAre("queue/a.h:3: queue may not include delivery/b.h: rooms do not know each "
                          "other"));
}

TEST(HouseCheck, IsContentWithWhatIsAllowed) {
  EXPECT_THAT(
      check({{"queue/a.h", "#include <vector>\n#include \"mail/b.h\"\n#include <fcntl.h>\n"},
             {"mail/b.h", "#include <string>\n"},
             {"delivery/data_writer.h", "#include \"mail/b.h\"\n"}}),
      IsEmpty());
}

TEST(HouseCheck, AWayThroughTwoHeadersIsNoCircle) {
  EXPECT_THAT(check({{"mail/a.h", "#include \"mail/b.h\"\n#include \"mail/c.h\"\n"},
                     {"mail/b.h", "#include \"mail/c.h\"\n"},
                     {"mail/c.h", ""}}),
              IsEmpty());
}

}  // namespace
}  // namespace tenax::house
