// SPDX-License-Identifier: Apache-2.0
#include "tests/power/morning.h"

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "queue/reader.h"

namespace tenax::power {

using testing::Loss;
using testing::Platter;

namespace {

/// Where an image lies.
struct Place {
  testing::FaultyVfs disk;
  testing::TempDirectory folder;
  std::string root = std::filesystem::canonical(folder.path()).string();
};

/// One image: opened, taken in, examined.
class Morning {
 public:
  Morning(const Day& day, std::size_t step, std::string where, Count& count)
      : day_{day}, step_{step}, where_{std::move(where)}, count_{count} {}

  /// Of this disk; builds it.
  void come(const Platter& platter, const std::string& root, const testing::FaultyVfs& disk);

 private:
  void examine(Daemon& daemon, const std::string& state);
  void expect_clean(queue::Reader& reader, mail::WallTime now);
  void expect_kept(const std::string& name, const Kept& kept, Daemon& daemon);
  void expect_empty_drop_folder(const std::string& path);
  void fault(std::size_t& counter, const std::string& what);

  const Day& day_;
  std::size_t step_;
  std::string where_;
  Count& count_;
  std::map<std::string, std::vector<queue::RecipientRow>> rows_;  // by the message's name
};

void Morning::fault(std::size_t& counter, const std::string& what) {
  ++counter;
  constexpr std::size_t kEnough = 2000;
  if (count_.story.size() < kEnough) count_.story += where_ + ": " + what + "\n";
}

void Morning::come(const Platter& platter, const std::string& root,
                   const testing::FaultyVfs& disk) {
  ++count_.images;
  platter.build();
  engine::Observer nobody;
  testing::FakeRandom dice{std::hash<std::string>{}(where_)};  // no contents file's name twice
  try {
    Daemon daemon{root + "/var/tenax", disk.name(), day_.now(), dice, nobody};
    daemon.take_in();
    examine(daemon, root + "/var/tenax");
  } catch (const std::exception& error) {
    fault(count_.wrong, error.what());
  }
}

void Morning::examine(Daemon& daemon, const std::string& state) {
  if (daemon.recovery().missing > 0) fault(count_.wrong, "contents are missing");
  auto reader = queue::Reader::open(state).value();
  expect_clean(*reader, day_.now());
  expect_empty_drop_folder(state + "/drop");
  queue::Selection all;
  all.states = {mail::RecipientState::waiting, mail::RecipientState::leased,
                mail::RecipientState::held,    mail::RecipientState::delivered,
                mail::RecipientState::failed,  mail::RecipientState::removed};
  for (queue::RecipientRow& row : reader->list(all, 10'000).value()) {
    const bool ours = row.origin != mail::Origin::notice;
    rows_[ours ? row.subject : name_of_notice(row.message)].push_back(std::move(row));
  }
  for (const auto& [name, kept] : day_.ledger().messages()) expect_kept(name, kept, daemon);
}

void Morning::expect_clean(queue::Reader& reader, mail::WallTime now) {
  for (const queue::Violation& violation : reader.check(now).value()) {
    fault(count_.wrong, violation.promise + " - " + violation.where);
  }
}

void Morning::expect_empty_drop_folder(const std::string& path) {
  const queue::DropFolder folder{path};
  if (!folder.scan(1).value().entries.empty()) fault(count_.wrong, "a drop file was left");
  if (!std::filesystem::is_empty(path + "/bad")) fault(count_.wrong, "a drop file was set aside");
}

void Morning::expect_kept(const std::string& name, const Kept& kept, Daemon& daemon) {
  const std::vector<queue::RecipientRow>& rows = rows_[name];
  std::set<mail::QueueId> copies;
  for (const queue::RecipientRow& row : rows) copies.insert(row.message);
  if (copies.size() > 1) fault(count_.twice, name + " is there twice");
  if (!kept.acknowledged && !rows.empty()) fault(count_.wrong, name + " was invented");

  if (!kept.acknowledged || *kept.acknowledged > step_) return;
  ++count_.sought;
  const bool over = kept.over && *kept.over <= step_;
  if (rows.empty()) {
    if (!day_.ledger().may_be_forgotten(kept, step_)) fault(count_.lost, name + " is lost");
    return;
  }
  bool open = false;
  for (const queue::RecipientRow& row : rows) {
    const auto ended = day_.ledger().recipients().find(row.id);
    const bool had_ended = ended != day_.ledger().recipients().end() && ended->second.step <= step_;
    open = open || !mail::is_final(row.state);
    if (over && !mail::is_final(row.state)) {
      fault(count_.alive, name + " lives again");
    } else if (had_ended && row.state != ended->second.state) {
      fault(count_.alive, row.address.text() + " of " + name + " lives again");
    }
  }
  if (!open || kept.contents.empty()) return;
  const io::Result<std::string> contents = daemon.contents(*copies.begin());
  // A Received field stands before what was handed over.
  if (!contents || !contents->ends_with(kept.contents)) {
    fault(count_.lost, name + " has other contents");
  }
}

/// The nights of one day.
class Nights {
 public:
  Nights(const Day& day, const Looking& looking, Count& count)
      : day_{day},
        looking_{looking},
        count_{count},
        platter_{day.history(), day.root(), looking.lie} {}

  void pass();

 private:
  void cut(std::size_t step);
  void cut_unless_seen(std::size_t step, Loss loss);
  void cut(std::size_t step, Loss loss, bool again = false);

  struct Seen {
    std::map<std::string, std::string> files;
    std::size_t promises = 0;
  };
  const Day& day_;
  const Looking& looking_;
  Count& count_;
  Platter platter_;
  std::map<Loss, Seen> seen_;
};

void Nights::pass() {
  for (std::size_t step = 0; step <= day_.history().steps(); ++step) {
    if (looking_.until_lost && count_.lost > 0) return;
    platter_.advance_to(step);
    ++count_.cuts;
    cut(step);
  }
}

void Nights::cut(std::size_t step) {
  cut_unless_seen(step, Loss::everything);
  cut_unless_seen(step, Loss::bytes);
  const std::size_t turn = looking_.thorough ? 0 : step / looking_.every % 4;
  if (step % looking_.every != 0) return;
  if (looking_.thorough || turn == 0) cut(step, Loss::nothing);
  if (looking_.thorough || turn == 1) cut(step, Loss::names);
  if (looking_.thorough || turn == 2) cut(step, Loss::some);
  if (looking_.thorough || turn == 3) cut(step, Loss::some, true);
}

// Between two syncs they are the same again and again; and so is what was promised.
void Nights::cut_unless_seen(std::size_t step, Loss loss) {
  const testing::DiskHistory none;
  Seen now{platter_.after_cut(loss, 0, none, "").files(), day_.ledger().promises(step)};
  Seen& seen = seen_[loss];
  if (step > 0 && now.promises == seen.promises && now.files == seen.files) return;
  seen = std::move(now);
  cut(step, loss);
}

// `again`: the power fails a second time, in the midst of the morning.
void Nights::cut(std::size_t step, Loss loss, bool again) {
  testing::FakeRandom dice{(looking_.seed * 2 + (again ? 1 : 0)) << 32 | step};
  const std::string where = "step " + std::to_string(step) + ", loss " +
                            std::to_string(static_cast<int>(loss)) + (again ? ", again" : "");
  const Place place;
  const Platter left = platter_.after_cut(loss, dice.bits(), place.disk.history(), place.root);
  if (!again) {
    Morning{day_, step, where, count_}.come(left, place.root, place.disk);
    return;
  }
  {
    const testing::RecordedCalls calls{place.disk.history(), place.root};
    Morning{day_, step, where + ", the first", count_}.come(left, place.root, place.disk);
  }
  Platter broken = left;
  broken.advance_to(dice.bits() % (place.disk.history().steps() + 1));
  const Place other;
  const Platter rest = broken.after_cut(loss, dice.bits(), other.disk.history(), other.root);
  Morning{day_, step, where, count_}.come(rest, other.root, other.disk);
}

}  // namespace

void look(const Day& day, const Looking& looking, Count& count) {
  Nights{day, looking, count}.pass();
}

}  // namespace tenax::power
