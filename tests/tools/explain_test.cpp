// SPDX-License-Identifier: Apache-2.0
// `tenax explain` by each of its doors.

#include "tools/tenax/explain.h"

#include <fcntl.h>
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

#include "io/file.h"

#include "tests/tools/queue_on_disk.h"
#include "tests/tools/rows.h"
#include "tools/tenax/program.h"
#include "tools/tenax/standard_streams.h"

namespace tenax::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kNotice =
    "From: MAILER-DAEMON@mx.example.net\nTo: ann@example.org\nSubject: failure notice\n\n"
    "I wasn't able to deliver your message to the following addresses.\n\n"
    "<bob@example.net>:\nRemote host said: 550 5.1.1 no such user\n";
const std::string kLetter = "From: bob@example.net\nTo: ann@example.org\nSubject: hi\n\nHi.\n";

class Explain : public ::testing::Test {
 protected:
  int tenax(std::vector<std::string> words, const std::string& in = {}) {
    words.insert(words.begin(), {"--config", queue_.directory() + "/tenax.toml", "--state",
                                 queue_.directory(), "explain"});
    out_.str({});
    error_.str({});
    std::istringstream input{in};
    Surroundings around{.out = out_,
                        .error = error_,
                        .now = queue_.now(),
                        .width = 0,
                        .terminal = false,
                        .operator_name = "uid 7",
                        .in = &input};
    return run(words, around);
  }
  std::vector<json> lines(std::vector<std::string> words, const std::string& in = {}) {
    words.push_back("--json");
    EXPECT_EQ(tenax(words, in), EX_OK) << error_.str();
    std::vector<json> objects;
    std::istringstream text{out_.str()};
    for (std::string line; std::getline(text, line);) objects.push_back(json::parse(line));
    return objects;
  }
  std::string path(const std::string& name) const { return queue_.directory() + "/" + name; }

  QueueOnDisk queue_;
  std::ostringstream out_;
  std::ostringstream error_;
};

TEST_F(Explain, AMailOnStandardInput) {
  const std::vector<json> told = lines({}, kNotice);

  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0]["recipient"], "bob@example.net");
  EXPECT_EQ(told[0]["action"], "failed");
  EXPECT_EQ(told[0]["status"], "5.1.1");
  EXPECT_EQ(told[0]["cause"], "no-such-user");
  EXPECT_EQ(told[0]["temporary"], false);
  EXPECT_EQ(told[0]["kind"], "bounce");
  EXPECT_EQ(told[0]["reply"], "550 5.1.1 no such user");
}

TEST_F(Explain, PeopleReadWhatHappenedAndWhatToDo) {
  EXPECT_EQ(tenax({"-"}, kNotice), EX_OK);

  EXPECT_THAT(out_.str(), HasSubstr("bob@example.net: failed 5.1.1, no-such-user\n"));
  EXPECT_THAT(out_.str(), HasSubstr("There is no such address"));
  EXPECT_THAT(out_.str(), HasSubstr("550 5.1.1 no such user"));
}

TEST_F(Explain, OnlyADelayedMailIsToldToWait) {
  const std::string head =
      "From: MAILER-DAEMON@mx.example.net\nTo: ann@example.org\nSubject: Undelivered\n\n"
      "Final-Recipient: rfc822; bob@example.net\nStatus: 4.7.1\n"
      "Diagnostic-Code: smtp; 451 4.7.1 greylisted, try again in 5 minutes\n";

  EXPECT_EQ(tenax({"-"}, head + "Action: delayed\n"), EX_OK);
  EXPECT_THAT(out_.str(), HasSubstr("wait       5 min"));
  EXPECT_THAT(out_.str(), HasSubstr("need not do anything"));

  EXPECT_EQ(tenax({"-"}, head + "Action: failed\n"), EX_OK);
  EXPECT_THAT(out_.str(), Not(HasSubstr("wait  ")));
  EXPECT_THAT(out_.str(), Not(HasSubstr("need not do anything")));
  EXPECT_EQ(lines({}, head + "Action: failed\n")[0]["hint_seconds"], 300);
}

TEST_F(Explain, EachMailOfAnMbox) {
  const std::string mbox = "From MAILER-DAEMON Tue Mar  3 10:00:00 2026\n" + kNotice +
                           "\nFrom bob@example.net Tue Mar  3 11:00:00 2026\n" + kLetter;
  std::ofstream{path("mbox")} << mbox;

  const std::vector<json> told = lines({path("mbox")});

  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0]["mail"], "1");
  EXPECT_EQ(told[0]["cause"], "no-such-user");
  EXPECT_EQ(told[1]["mail"], "2");
  EXPECT_EQ(told[1]["action"], "none");
  EXPECT_EQ(told[1]["cause"], "not-a-bounce");
}

TEST_F(Explain, EachMailOfAMaildir) {
  for (const char* folder : {"box/new", "box/cur", "box/tmp"}) {
    std::filesystem::create_directories(path(folder));
  }
  std::ofstream{path("box/cur/1.host:2,S")} << kNotice;
  std::ofstream{path("box/new/2.host")} << kLetter;
  std::ofstream{path("box/tmp/3.host")} << kNotice;  // not there yet

  const std::vector<json> told = lines({path("box")});

  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0]["mail"], "1.host:2,S");
  EXPECT_EQ(told[1]["mail"], "2.host");
}

TEST_F(Explain, NotesOfMailProgramsAreNoMails) {
  std::filesystem::create_directories(path("folder"));
  std::ofstream{path("folder/.mh_sequences")} << "cur: 1\n";
  std::ofstream{path("folder/1")} << kNotice;

  EXPECT_THAT(lines({path("folder")}), SizeIs(1));
}

TEST_F(Explain, AMailThatIsRemovedMeanwhileEndsNothing) {
  std::filesystem::create_directories(path("folder"));
  for (const char* name : {"folder/1", "folder/2", "folder/3"})
    std::ofstream{path(name)} << kNotice;
  std::vector<std::string> told;
  ExplainForm form{.json = false, .now = queue_.now(), .instead = {}};
  form.instead = [&](const engine::ExplainedMail& /*mail*/, const std::string& where) {
    told.push_back(where);
    std::filesystem::remove(path("folder/2"));
  };
  std::string wrong;

  EXPECT_EQ(explain_outside(path("folder"), nullptr, form, out_, wrong), EX_OK) << wrong;

  EXPECT_THAT(told, ElementsAre("1", "3"));
}

TEST_F(Explain, AFolderThatCannotBeReadIsNoInput) {
  std::filesystem::create_directories(path("box/new"));
  std::ofstream{path("box/cur")} << "no folder\n";

  EXPECT_EQ(tenax({path("box")}), EX_NOINPUT);
  EXPECT_THAT(error_.str(), HasSubstr("box/cur"));
}

TEST_F(Explain, AMailThatCannotBeReadEndsNothingAndIsSaid) {
  std::filesystem::create_directories(path("folder"));
  for (const char* name : {"folder/1", "folder/2", "folder/3"})
    std::ofstream{path(name)} << kNotice;
  std::filesystem::resize_file(path("folder/2"), std::uintmax_t{257} << 20);  // more than is read

  EXPECT_EQ(tenax({path("folder")}), EX_NOINPUT);

  EXPECT_THAT(out_.str(), AllOf(HasSubstr("1\n"), HasSubstr("3\n")));
  EXPECT_THAT(error_.str(), HasSubstr("folder/2"));
}

TEST_F(Explain, WhatWasToldBeforeItWentWrongIsWritten) {
  std::filesystem::create_directories(path("box/cur"));
  std::ofstream{path("box/new")} << "no folder\n";
  std::ofstream{path("box/cur/1")} << kNotice;
  const io::Fd file = io::open_file(path("told"), O_WRONLY | O_CREAT, 0600).value();
  DescriptorBuffer buffer{file.get()};
  std::ostream out{&buffer};
  Surroundings around{.out = out,
                      .error = error_,
                      .now = queue_.now(),
                      .width = 0,
                      .terminal = false,
                      .operator_name = "uid 7",
                      .in = nullptr};

  EXPECT_EQ(run({"--config", queue_.directory() + "/tenax.toml", "explain", path("box")}, around),
            EX_NOINPUT);

  EXPECT_THAT(io::read_file(path("told"), 10'000).value(), HasSubstr("bob@example.net"));
}

TEST_F(Explain, WhatIsNotAsciiIsEscapedInJson) {
  const mail::QueueId id = queue_.add("ann@example.org", {"j\xc3\xb6rg@example.net"});

  EXPECT_EQ(lines({id.text()})[0]["recipient"], "j\xc3\xb6rg@example.net");
  EXPECT_TRUE(mail::is_ascii(out_.str())) << out_.str();
}

TEST_F(Explain, TheBareWordsOfAServer) {
  EXPECT_EQ(lines({"552 5.2.2 mailbox full"})[0]["cause"], "mailbox-full");
  const json waits = lines({}, "450 4.7.1 greylisted, try again in 300 seconds\n")[0];
  EXPECT_EQ(waits["cause"], "greylisted");
  EXPECT_EQ(waits["hint_seconds"], 300);
  EXPECT_EQ(waits["temporary"], true);
}

TEST_F(Explain, AMessageOfTheQueue) {
  const mail::QueueId id = queue_.add("ann@example.org", {"bob@example.net"});

  const json told = lines({id.text()})[0];

  EXPECT_EQ(told["recipient"], "bob@example.net");
  EXPECT_EQ(told["action"], "waiting");
}

TEST_F(Explain, WhatIsNotThereIsNoInput) {
  EXPECT_EQ(tenax({path("nothing")}), EX_NOINPUT);
  EXPECT_THAT(error_.str(), HasSubstr("nothing"));
  EXPECT_EQ(tenax({mail::QueueId{12345}.text()}), EX_NOINPUT);
}

TEST_F(Explain, OfNothingNothingIsTold) {
  std::ofstream{path("empty")} << "\n";
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"-"}, {"   "}, {path("empty")}, {"--record"}}) {
    EXPECT_EQ(tenax(words, " \r\n"), EX_DATAERR);
    EXPECT_EQ(error_.str(), "tenax: there was nothing to read\n");
    EXPECT_EQ(out_.str(), "");
  }
}

TEST_F(Explain, StrangersCannotCommandTheTerminal) {
  std::string mail = kNotice;
  mail.insert(mail.find("no such"), "\x1b[2J\x9b\xff ");
  mail.insert(mail.find("To: "),
              "X-Failed-Recipients: <b\x1b"
              "ob\xe2\x80\xae@example.net>\n");

  EXPECT_EQ(tenax({}, mail), EX_OK);
  EXPECT_TRUE(tame(out_.str())) << out_.str();
  EXPECT_EQ(tenax({"--json"}, mail), EX_OK);
  EXPECT_TRUE(tame(out_.str())) << out_.str();
}

}  // namespace
}  // namespace tenax::cli
