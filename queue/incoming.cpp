// SPDX-License-Identifier: Apache-2.0
#include "queue/incoming.h"

namespace tenax::queue {

io::Async<io::Result<>> Incoming::append(std::string_view bytes) {
  if (wrong_) co_return *wrong_;
  buffer_ += bytes;
  size_ += static_cast<std::int64_t>(bytes.size());
  if (size_ <= parts_->inline_limit) co_return io::Result<>{};
  if (file_ && buffer_.size() < kPiece) co_return io::Result<>{};
  io::Async<io::Result<>> writing = write_out(false);
  const io::Result<> written = co_await std::move(writing);
  co_return written;
}

io::Async<io::Result<>> Incoming::close() {
  if (wrong_) co_return *wrong_;
  const bool to_the_disk = size_ > parts_->inline_limit && !std::exchange(closed_, true);
  if (!to_the_disk) co_return io::Result<>{};
  io::Async<io::Result<>> writing = write_out(true);
  const io::Result<> written = co_await std::move(writing);
  co_return written;
}

io::Async<io::Result<Gathered>> Incoming::finish() {
  io::Async<io::Result<>> closing = close();
  const io::Result<> closed = co_await std::move(closing);
  if (!closed) co_return closed.error();
  co_return Gathered{std::move(buffer_), std::move(file_), size_};
}

io::Async<io::Result<Gathered>> Incoming::gather(std::unique_ptr<Incoming> contents,
                                                 std::string bytes) {
  io::Async<io::Result<>> appending = contents->append(bytes);
  const io::Result<> appended = co_await std::move(appending);
  if (!appended) co_return appended.error();
  io::Async<io::Result<Gathered>> finishing = contents->finish();
  io::Result<Gathered> gathered = co_await std::move(finishing);
  co_return gathered;
}

io::Async<io::Result<>> Incoming::write_out(bool last) {
  if (parts_->group->closed_intake()) co_return io::error(io::Errc::closed_intake, name_);
  if (!file_) file_ = std::make_shared<NewFile>(parts_->disk->folder(), name_);
  const auto work = [file = file_, last, bytes = std::exchange(buffer_, {})](Connection&) {
    const io::Result<> written = file->append(bytes);
    return written && last ? file->finish() : written;
  };
  io::Async<io::Result<void>> writing = DiskRoom::run<void>(parts_->disk, work);
  const io::Result<> written = co_await std::move(writing);
  if (written) co_return written;
  wrong_ = written.error();
  // A sync that failed says that this disk may have lost what it took before, too. A write that
  // failed is this message's own misfortune.
  if (file_->in_doubt()) parts_->group->close_intake();
  co_return written;
}

}  // namespace tenax::queue
