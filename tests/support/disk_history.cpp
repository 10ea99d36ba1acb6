// SPDX-License-Identifier: Apache-2.0
#include "tests/support/disk_history.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <utility>

#include "tests/support/fake_random.h"

namespace tenax::testing {

namespace {

using Kind = DiskStep::Kind;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// The part of a write that `keep(sector)` wants, sector by sector; all of its length.
template <class Keep>
void write_sectors(std::string& content, const DiskStep& write, Keep keep) {
  constexpr std::size_t kSector = 512;
  const auto start = static_cast<std::size_t>(write.at);
  const std::size_t end = start + write.bytes.size();
  for (std::size_t at = start; at < end;) {
    const std::size_t next = std::min(end, (at / kSector + 1) * kSector);
    if (keep()) {
      if (content.size() < next) content.resize(next);
      content.replace(at, next - at, write.bytes, at - start, next - at);
    }
    at = next;
  }
}

void apply_bytes(std::string& content, const DiskStep& step) {
  const auto at = static_cast<std::size_t>(step.at);
  if (step.kind == Kind::truncate) return content.resize(at);
  if (content.size() < at + step.bytes.size()) content.resize(at + step.bytes.size());
  content.replace(at, step.bytes.size(), step.bytes);
}

void apply_some(std::string& content, const DiskStep& step, FakeRandom& dice) {
  switch (dice.bits() % 4) {
    case 0: return;  // lost
    case 1: return apply_bytes(content, step);
    case 2:  // torn
      if (step.kind == Kind::truncate) return;
      return write_sectors(content, step, [&] { return dice.bits() % 2 == 0; });
    default: {  // the length came, the bytes did not
      if (step.kind == Kind::truncate) return apply_bytes(content, step);
      const std::size_t end = static_cast<std::size_t>(step.at) + step.bytes.size();
      if (content.size() < end) content.resize(end);
    }
  }
}

}  // namespace

void DiskHistory::note(DiskStep step) {
  const std::lock_guard lock{mutex_};
  steps_.push_back(std::move(step));
}

std::size_t DiskHistory::steps() const {
  const std::lock_guard lock{mutex_};
  return steps_.size();
}

const DiskStep& DiskHistory::step(std::size_t number) const {
  const std::lock_guard lock{mutex_};
  return steps_.at(number);
}

void Platter::advance_to(std::size_t steps) {
  for (; steps_ < steps; ++steps_) {
    const DiskStep& step = history_->step(steps_);
    if (lie_ && lie_(step)) continue;
    if (step.path.starts_with(root_)) take(step);
  }
}

void Platter::take(const DiskStep& step) {
  const auto below_root = [&](const std::string& path) {
    return path.empty() ? path : path.substr(root_.size());
  };
  const std::string path = below_root(step.path);
  const auto found = live_.find(path);
  std::shared_ptr<Node> node = found == live_.end() ? nullptr : found->second;
  switch (step.kind) {
    case Kind::make_folder:
    case Kind::create: node = std::make_shared<Node>(); [[fallthrough]];
    case Kind::rename:
    case Kind::remove:
      if (!node) throw std::logic_error{"not in the history: " + step.path};
      node->folder = node->folder || step.kind == Kind::make_folder;
      unsynced_.push_back({step.kind, path, below_root(step.to), node});
      return apply(live_, unsynced_.back());
    case Kind::write:
    case Kind::truncate:
      if (node) node->unsynced.push_back(&step);  // else of a file whose name is gone
      return;
    case Kind::sync:
      if (node) settle(*node);
      return;
    case Kind::sync_folder: return settle_names(path);
    case Kind::sync_all:
      durable_ = live_;
      unsynced_.clear();
      for (const auto& [name, each] : live_) settle(*each);
  }
}

void Platter::apply(Names& names, const NameChange& change) {
  if (change.kind == Kind::rename || change.kind == Kind::remove) names.erase(change.path);
  if (change.kind == Kind::remove) return;
  names[change.kind == Kind::rename ? change.to : change.path] = change.node;
}

void Platter::settle(Node& node) {
  for (const DiskStep* step : node.unsynced) apply_bytes(node.durable, *step);
  node.unsynced.clear();
}

// With what was done in the folder, what was done before to the same names elsewhere.
void Platter::settle_names(const std::string& folder) {
  std::set<std::string> needed;
  std::vector<NameChange> left;
  std::vector<NameChange> certain;
  for (auto change = unsynced_.rbegin(); change != unsynced_.rend(); ++change) {
    const bool moved = change->kind == Kind::rename;
    const bool inside =
        folder_of(change->path) == folder || (moved && folder_of(change->to) == folder);
    if (!inside && !needed.contains(change->path) && !needed.contains(change->to)) {
      left.push_back(*change);
      continue;
    }
    needed.insert(change->path);
    if (moved) needed.insert(change->to);
    certain.push_back(*change);
  }
  unsynced_.assign(left.rbegin(), left.rend());
  for (auto change = certain.rbegin(); change != certain.rend(); ++change) apply(durable_, *change);
}

Platter::Names Platter::names_after(Loss loss, FakeRandom& dice) const {
  Names names = durable_;
  if (loss == Loss::everything || loss == Loss::names) return names;
  std::set<std::string> broken;  // names whose later changes have lost what they stood on
  for (const NameChange& change : unsynced_) {
    const bool stands = !broken.contains(change.path) && !broken.contains(change.to);
    if (stands && (loss != Loss::some || dice.bits() % 2 == 0)) {
      apply(names, change);
      continue;
    }
    broken.insert(change.path);
    if (change.kind == Kind::rename) broken.insert(change.to);
  }
  return names;
}

std::string Platter::bytes_after(const Node& node, Loss loss, FakeRandom& dice) {
  std::string content = node.durable;
  if (loss == Loss::everything || loss == Loss::bytes) return content;
  for (const DiskStep* step : node.unsynced) {
    loss == Loss::some ? apply_some(content, *step, dice) : apply_bytes(content, *step);
  }
  return content;
}

Platter Platter::after_cut(Loss loss, std::uint64_t seed, const DiskHistory& next,
                           std::string root) const {
  FakeRandom dice{seed};
  Platter after{next, std::move(root)};
  for (const auto& [path, node] : names_after(loss, dice)) {
    // A folder stands before what lies in it. What lies in a lost one is lost.
    const std::string folder = folder_of(path);
    if (!folder.empty() && !after.durable_.contains(folder)) continue;
    after.durable_[path] =
        std::make_shared<Node>(Node{node->folder, bytes_after(*node, loss, dice), {}});
  }
  after.live_ = after.durable_;
  return after;
}

void Platter::build() const {
  for (const auto& [path, node] : live_) {
    if (node->folder) std::filesystem::create_directory(root_ + path);
  }
  for (const auto& [path, content] : files()) {
    std::ofstream file{root_ + path, std::ios::binary};
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!file.flush()) throw std::runtime_error{"power cut: " + path};
  }
}

std::map<std::string, std::string> Platter::files() const {
  FakeRandom none{0};
  std::map<std::string, std::string> all;
  for (const auto& [path, node] : live_) {
    if (!node->folder) all[path] = bytes_after(*node, Loss::nothing, none);
  }
  return all;
}

}  // namespace tenax::testing
