// SPDX-License-Identifier: Apache-2.0
#include "io/account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "tests/io/no_descriptors.h"

namespace tenax::io {

namespace {

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "ann:x:1000:1000:Ann Example,Room 1,,:/home/ann:/bin/sh\n"
    "broken:x:10a1:5\n"
    ":x:1001:1001:nameless:/:\n"
    "bob:x:1001:1001::/home/bob:/bin/sh\n"
    "short:x:1002";

}  // namespace

TEST(Accounts, AreFoundByTheirUserId) {
  const std::optional<Account> ann = account_in(kPasswd, 1000);
  ASSERT_TRUE(ann);
  EXPECT_EQ(ann->name, "ann");
  EXPECT_EQ(ann->gecos, "Ann Example,Room 1,,");
  EXPECT_EQ(ann->home, "/home/ann");
}

TEST(Accounts, AreNotFoundInLinesThatAreNone) {
  EXPECT_EQ(account_in(kPasswd, 1001)->name, "bob");
  EXPECT_EQ(account_in(kPasswd, 1002)->name, "short");
  EXPECT_FALSE(account_in(kPasswd, 101));
  EXPECT_FALSE(account_in("", 0));
}

TEST(Accounts, OfThisMachineAreWhatItsNameServiceSays) {
  const passwd* const us = ::getpwuid(::getuid());
  const std::optional<Account> found = find_account(::getuid()).value();
  ASSERT_EQ(found.has_value(), us != nullptr);
  if (us == nullptr) return;
  EXPECT_EQ(found->name, us->pw_name);
  EXPECT_EQ(found->home, us->pw_dir);
}

TEST(Accounts, ThatNobodyHasAreNone) { EXPECT_FALSE(find_account(4'123'456'789U).value()); }

TEST(Accounts, ThatCannotBeAskedForAreNotNone) {
  const testing::NoDescriptors none;
  const Result<std::optional<Account>> found = find_account(4'123'456'789U);
  EXPECT_EQ(none.refused(), 1);
  ASSERT_FALSE(found.has_value());
  EXPECT_THAT(found.error().context, ::testing::HasSubstr("Too many open files"));
  EXPECT_TRUE(find_account(0).has_value()) << "/etc/passwd knows without asking";
}

}  // namespace tenax::io
