// SPDX-License-Identifier: Apache-2.0
#include "queue/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

namespace tenax::queue {

namespace {

constexpr std::size_t kWriteOctets = 256 * 1024;

io::Result<io::Fd> nameless_file(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (fd >= 0) return io::Fd{fd};
  // Some file systems know no nameless files: one whose name is gone at once is the same.
  std::string path = directory + "/tenax-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named < 0) return io::error_from_errno(errno, "temporary file in " + directory);
  ::unlink(path.c_str());
  return io::Fd{named};
}

std::vector<std::string> usual_directories() {
  std::vector<std::string> directories;
  if (const char* const chosen = ::secure_getenv("TMPDIR"); chosen != nullptr && *chosen == '/') {
    directories.emplace_back(chosen);
  }
  directories.emplace_back("/var/tmp");
  directories.emplace_back("/tmp");
  return directories;
}

}  // namespace

io::Result<> Spool::open() {
  io::Error last = io::error(io::Errc::not_found, "temporary file");
  for (const std::string& directory : usual_directories()) {
    io::Result<io::Fd> file = nameless_file(directory);
    if (file) {
      file_ = std::move(*file);
      return {};
    }
    last = file.error();
  }
  return last;
}

io::Result<> Spool::flush() {
  io::Result<> done = io::write_all(file_.get(), memory_, "temporary file");
  if (!done) return done;
  written_ += static_cast<std::int64_t>(memory_.size());
  memory_.clear();
  return {};
}

io::Result<> Spool::append(std::string_view bytes) {
  const std::size_t limit = file_ ? std::min(kWriteOctets, in_memory_) : in_memory_;
  if (memory_.size() + bytes.size() <= limit) {
    memory_.append(bytes);
    return {};
  }
  if (!file_) {
    io::Result<> opened = open();
    if (!opened) return opened;
  }
  io::Result<> flushed = flush();
  if (!flushed) return flushed;
  if (memory_.capacity() > 2 * kWriteOctets) memory_ = std::string{};
  if (bytes.size() <= kWriteOctets) {
    memory_.append(bytes);
    return {};
  }
  io::Result<> done = io::write_all(file_.get(), bytes, "temporary file");
  if (done) written_ += static_cast<std::int64_t>(bytes.size());
  return done;
}

io::Result<std::size_t> Spool::read_at(std::int64_t offset, std::span<char> into) {
  if (offset >= written_) {
    const auto from = static_cast<std::size_t>(offset - written_);
    if (from >= memory_.size()) return std::size_t{0};
    const std::size_t octets = std::min(into.size(), memory_.size() - from);
    std::copy_n(memory_.data() + from, octets, into.data());
    return octets;
  }
  const auto in_file = static_cast<std::size_t>(written_ - offset);
  ssize_t octets = 0;
  do {
    octets = ::pread(file_.get(), into.data(), std::min(into.size(), in_file), offset);
  } while (octets < 0 && errno == EINTR);
  if (octets < 0) return io::error_from_errno(errno, "temporary file");
  if (octets == 0) return io::error(io::Errc::corrupt, "temporary file: it became shorter");
  return static_cast<std::size_t>(octets);
}

}  // namespace tenax::queue
