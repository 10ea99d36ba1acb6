// SPDX-License-Identifier: Apache-2.0
#include "queue/disk_room.h"

#include <algorithm>
#include <cstring>

namespace tenax::queue {

namespace {

// What a source shares with its reads under way, so that either may end first.
using StoredPtr = std::shared_ptr<StoredContents>;

io::Error cut_short(const StoredContents& stored, const std::string& how) {
  return io::error(io::Errc::corrupt, "contents of " + stored.message.text() + " are " + how);
}

// Known before the first byte goes out, not in the middle of a transaction with a server: that all
// of them are there.
io::Result<StoredPtr> find_whole(Connection& db, const ContentsFolder& folder,
                                 mail::QueueId message) {
  io::Result<StoredContents> found = find_contents(db, folder, message);
  if (!found) return found.error();
  if (found->length == found->size) return std::make_shared<StoredContents>(std::move(*found));
  return cut_short(
      *found, std::to_string(found->length) + " bytes instead of " + std::to_string(found->size));
}

io::Result<std::string> read_next(Connection& db, StoredContents& from, std::int64_t offset) {
  const std::int64_t left = from.size - offset;
  const auto most = static_cast<std::size_t>(std::min<std::int64_t>(left, kPiece));
  io::Result<std::string> piece = read_piece(db, from, offset, most);
  if (piece && piece->size() != most) return cut_short(from, "cut short");
  return piece;
}

class Source final : public io::ByteSource {
 public:
  Source(std::shared_ptr<DiskRoom> room, StoredPtr from)
      : room_{std::move(room)},
        from_{std::move(from)},
        piece_{std::move(from_->first)},
        offset_{static_cast<std::int64_t>(piece_.size())} {}

  [[nodiscard]] std::int64_t size() const override { return from_->size; }

  io::Async<io::Result<std::size_t>> read_some(std::span<char> into) override {
    if (into.empty()) co_return std::size_t{0};
    if (used_ == piece_.size()) {
      if (offset_ == from_->size) co_return std::size_t{0};
      const auto from = from_;
      const std::int64_t offset = offset_;
      const auto work = [from, offset](Connection& db) { return read_next(db, *from, offset); };
      io::Async<io::Result<std::string>> reading = DiskRoom::run<std::string>(room_, work);
      io::Result<std::string> piece = co_await std::move(reading);
      if (!piece) co_return piece.error();
      piece_ = std::move(*piece);
      used_ = 0;
      offset_ += static_cast<std::int64_t>(piece_.size());
    }
    const std::size_t given = std::min(into.size(), piece_.size() - used_);
    std::memcpy(into.data(), piece_.data() + used_, given);
    used_ += given;
    co_return given;
  }

 private:
  std::shared_ptr<DiskRoom> room_;
  StoredPtr from_;
  std::string piece_;
  std::size_t used_ = 0;
  std::int64_t offset_ = 0;  // of what comes after piece_
};

class InMemory final : public io::ByteSource {
 public:
  explicit InMemory(std::shared_ptr<const std::string> bytes) : bytes_{std::move(bytes)} {}

  [[nodiscard]] std::int64_t size() const override { return std::ssize(*bytes_); }

  io::Async<io::Result<std::size_t>> read_some(std::span<char> into) override {
    const std::size_t given = bytes_->copy(into.data(), into.size(), used_);
    used_ += given;
    co_return given;
  }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::size_t used_ = 0;
};

}  // namespace

std::unique_ptr<io::ByteSource> source_of(std::shared_ptr<const std::string> bytes) {
  return std::make_unique<InMemory>(std::move(bytes));
}

io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open_source(std::shared_ptr<DiskRoom> room,
                                                                   mail::QueueId message) {
  const ContentsFolder folder = room->folder();
  const auto work = [folder, message](Connection& db) { return find_whole(db, folder, message); };
  io::Async<io::Result<StoredPtr>> opening = DiskRoom::run<StoredPtr>(room, work);
  io::Result<StoredPtr> found = co_await std::move(opening);
  if (!found) co_return found.error();
  std::unique_ptr<io::ByteSource> source = std::make_unique<Source>(room, std::move(*found));
  co_return std::move(source);
}

}  // namespace tenax::queue
