// SPDX-License-Identifier: Apache-2.0
#include "queue/disk_room.h"

#include <algorithm>
#include <cstring>

namespace tenax::queue {

namespace {

// What a source shares with its reads under way, so that either may end first.
struct Origin {
  mail::QueueId message;
  Placed placed;
  std::unique_ptr<VfsFile> file;  // null: in the database
  std::string first;              // piece
};

io::Result<std::string> read_piece(Connection& db, Origin& from, std::int64_t offset) {
  const std::int64_t left = from.placed.size - offset;
  const auto most = static_cast<std::size_t>(std::min<std::int64_t>(left, kPiece));
  io::Result<std::string> piece =
      from.file ? from.file->read(offset, most) : read_blob(db, from.message, offset, most);
  if (!piece) return piece;
  if (piece->size() != most) {
    return io::error(io::Errc::corrupt, "contents of " + from.message.text() + " are cut short");
  }
  return piece;
}

class Source final : public io::ByteSource {
 public:
  Source(std::shared_ptr<DiskRoom> room, std::shared_ptr<Origin> from)
      : room_{std::move(room)},
        from_{std::move(from)},
        piece_{std::move(from_->first)},
        offset_{static_cast<std::int64_t>(piece_.size())} {}

  [[nodiscard]] std::int64_t size() const override { return from_->placed.size; }

  io::Async<io::Result<std::size_t>> read_some(std::span<char> into) override {
    if (into.empty()) co_return std::size_t{0};
    if (used_ == piece_.size()) {
      if (offset_ == from_->placed.size) co_return std::size_t{0};
      const auto from = from_;
      const std::int64_t offset = offset_;
      const auto work = [from, offset](Connection& db) { return read_piece(db, *from, offset); };
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
  std::shared_ptr<Origin> from_;
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

io::Error cut_short(mail::QueueId message, std::int64_t length, std::int64_t size) {
  return io::error(io::Errc::corrupt, "contents of " + message.text() + " are " +
                                          std::to_string(length) + " bytes instead of " +
                                          std::to_string(size));
}

// Known before the first byte goes out, not in the middle of a transaction with a server: that all
// of them are there.
io::Result<std::shared_ptr<Origin>> open_origin(Connection& db, const ContentsFolder& folder,
                                                mail::QueueId message) {
  auto origin = std::make_shared<Origin>();
  origin->message = message;
  io::Result<FoundContents> found = find_contents(db, message);
  if (!found) return found.error();
  origin->placed = std::move(found->placed);
  const std::int64_t size = origin->placed.size;
  if (!origin->placed.in_file) {
    if (found->length != size) return cut_short(message, found->length, size);
    origin->first = std::move(found->first);
    return origin;
  }
  io::Result<std::unique_ptr<VfsFile>> file = folder.open(origin->placed.file);
  if (!file) return file.error();
  origin->file = std::move(*file);
  const io::Result<std::int64_t> length = origin->file->size();
  if (!length) return length.error();
  if (*length != size) return cut_short(message, *length, size);
  io::Result<std::string> first = read_piece(db, *origin, 0);
  if (!first) return first.error();
  origin->first = std::move(*first);
  return origin;
}

}  // namespace

std::unique_ptr<io::ByteSource> source_of(std::shared_ptr<const std::string> bytes) {
  return std::make_unique<InMemory>(std::move(bytes));
}

io::Async<io::Result<std::unique_ptr<io::ByteSource>>> open_source(std::shared_ptr<DiskRoom> room,
                                                                   mail::QueueId message) {
  const ContentsFolder folder = room->folder();
  const auto work = [folder, message](Connection& db) { return open_origin(db, folder, message); };
  io::Async<io::Result<std::shared_ptr<Origin>>> opening =
      DiskRoom::run<std::shared_ptr<Origin>>(room, work);
  io::Result<std::shared_ptr<Origin>> origin = co_await std::move(opening);
  if (!origin) co_return origin.error();
  std::unique_ptr<io::ByteSource> source = std::make_unique<Source>(room, std::move(*origin));
  co_return std::move(source);
}

}  // namespace tenax::queue
