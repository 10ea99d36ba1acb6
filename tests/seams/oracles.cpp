// SPDX-License-Identifier: Apache-2.0
// What must hold at the end of a life, whatever befell it.

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "tests/seams/whole_life.h"
#include "tests/support/run.h"

namespace tenax::seams {

using mail::RecipientState;

/// An answer that ends the matter, right or wrong: the names are believed.
bool WholeLife::may_fail() const {
  if (!faults_.planned()) return false;
  const Ill ill = faults_.planned()->ill;
  return ill == Ill::unknown_name || ill == Ill::no_records || ill == Ill::null_mx;
}

void WholeLife::check_recipients() {
  std::set<std::string> seen;
  const std::vector<queue::RecipientRow> all = rows();
  const bool a_notice_failed = std::ranges::any_of(all, [](const queue::RecipientRow& row) {
    return row.origin == mail::Origin::notice && row.state == RecipientState::failed;
  });
  for (const queue::RecipientRow& row : all) {
    const std::string address = row.address.text();
    if (told_.ends[row.message.text() + address] > 1) wrong(address + " ended twice");
    if (row.origin == mail::Origin::notice) {
      check_notice(row);
      continue;
    }
    const bool known = std::ranges::any_of(
        acknowledged_, [&row](const auto& letter) { return letter.second == row.message; });
    if (!known) wrong(address + " has another id than was acknowledged");
    if (!seen.insert(address).second) wrong(address + " was queued twice");
    check_recipient(row, a_notice_failed);
  }
  for (const Letter& letter : letters()) {
    for (const std::string_view to : letter.to) {
      if (!seen.contains(std::string{to})) lost(std::string{to} + " was acknowledged and is gone");
    }
  }
}

void WholeLife::check_recipient(const queue::RecipientRow& row, bool a_notice_failed) {
  const std::string address = row.address.text();
  int copies = 0;
  for (const auto& [host, mx] : receivers_) copies += mx->copies(address);
  const bool delivered = row.state == RecipientState::delivered;
  const bool unknown = address.starts_with("nobody");
  if (!delivered && row.state != RecipientState::failed) wrong(address + " ended up neither way");
  if (!delivered && !unknown && !may_fail())
    lost(address + " failed: " + (row.last ? row.last->text : ""));
  if (delivered && copies == 0) lost(address + " is called delivered");
  if (!delivered && copies > 0) wrong(address + " failed and was delivered");
  check_copies(address, copies, address);
  if (!delivered && row.sender) check_told(address, a_notice_failed);
}

/// The sender of what failed has one notice about it, unless there is no way to them.
void WholeLife::check_told(const std::string& address, bool a_notice_failed) {
  std::map<std::string, int> notices;  // by Message-ID
  for (const auto& [host, mx] : receivers_) {
    for (const testing::TakenMail& mail : mx->taken()) {
      const std::string about = "Final-Recipient: rfc822; " + address + "\r\nAction: failed";
      if (!mail.sender.empty() || mail.contents.find(about) == std::string::npos) continue;
      const std::size_t at = mail.contents.find("Message-ID:");
      ++notices[mail.contents.substr(at, mail.contents.find('\r', at) - at)];
    }
  }
  const bool told = notices.size() == 1 || (notices.empty() && a_notice_failed);
  if (!told) {
    wrong(address + " failed, and its sender has " + std::to_string(notices.size()) + " notices");
  }
  for (const auto& [id, count] : notices) check_copies("a notice", count, "ann@example.org");
}

void WholeLife::check_notice(const queue::RecipientRow& row) {
  if (row.state == RecipientState::delivered) return;
  if (!may_fail()) lost("a notice: " + (row.last ? row.last->text : ""));
  if (!told_.double_bounces.contains(row.message)) wrong("a notice failed, and nobody was told");
}

void WholeLife::check_copies(const std::string& what, int copies, const std::string& recipient) {
  if (copies <= 1) return;
  account_.copies += copies - 1;
  if (copies > 2) wrong(what + " arrived " + std::to_string(copies) + " times");
  if (!told_.excused.contains(recipient)) wrong(what + " arrived twice for no reason");
}

void WholeLife::check_queue() {
  const std::unique_ptr<queue::Reader> reader = queue::Reader::open(directory_).value();
  const std::vector<queue::Violation> violations = reader->check(time_.wall()).value();
  for (const queue::Violation& one : violations) wrong(one.promise + " - " + one.where);
  const std::filesystem::directory_iterator contents{directory_ + "/contents"};
  for (const auto& file : contents) wrong("left behind: " + file.path().filename().string());
}

/// No more files than open messages that lie in one. After EIO they stay for the next start-up.
void WholeLife::check_files() {
  if (faults_.planned() && faults_.planned()->ill == Ill::broken) return;
  std::set<mail::QueueId> large;
  for (const queue::RecipientRow& row : rows()) {
    if (!row.ended && row.size > kInlineLimit) large.insert(row.message);
  }
  const std::filesystem::directory_iterator contents{directory_ + "/contents"};
  const auto files = static_cast<std::size_t>(std::distance(contents, {}));
  if (files > large.size()) wrong(std::to_string(files) + " files of contents");
}

void WholeLife::check_nothing_is_left() {
  for (int wakes = 0; time_.advance_to_next(); ++wakes) {
    testing::run_ready(context_);
    if (wakes == 1000) throw std::runtime_error{"somebody ticks on"};
  }
  for (const auto& [host, mx] : receivers_) {
    if (net_.host(host).open() > 0) wrong("a connection stays open");
    if (mx->open_sessions() > 0) wrong("a session stays open");
  }
  if (wires_.open > 0) wrong("a stream is left");
  context_.restart();
  context_.poll();
  if (!context_.stopped()) wrong("a coroutine is left");
}

}  // namespace tenax::seams
