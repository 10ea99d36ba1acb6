// SPDX-License-Identifier: Apache-2.0
#include "queue/drop_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>

#include "mail/reply.h"

#include "queue/reader.h"

namespace tenax::queue {

namespace {

constexpr std::string_view kSuffix = ".msg";
constexpr std::string_view kUnfinished = ".tmp-";
constexpr mode_t kFolderMode = 03733;  // put in, but neither list nor touch what others put in
constexpr mode_t kFileMode = 0640;     // the folder is set-gid: its group is the daemon's
constexpr int kSameNameInBad = 1000;

std::optional<mail::SubmissionId> id_of(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  mail::Parsed<mail::SubmissionId> id =
      mail::SubmissionId::parse(name.substr(0, name.size() - kSuffix.size()));
  // The name must be written as we write it, or one id could lie there under two names.
  if (!id || id->text + std::string{kSuffix} != name) return std::nullopt;
  return *id;
}

mail::WallTime time_of(const timespec& time) {
  return mail::from_millis(time.tv_sec * 1000 + time.tv_nsec / 1'000'000);
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Listing = std::unique_ptr<DIR, CloseDirectory>;

io::Result<Listing> list(const std::string& path) {
  Listing listing{::opendir(path.c_str())};
  if (!listing) return io::error_from_errno(errno, "list " + path);
  return listing;
}

/// The folder as a place for *at(2) calls; needs no right to read it.
io::Result<io::Fd> folder_at(const std::string& path) {
  return io::open_file(path, O_PATH | O_DIRECTORY);
}

}  // namespace

DropWriter::DropWriter(io::Fd folder, io::Fd file, std::string path, std::string id)
    : folder_{std::move(folder)},
      file_{std::move(file)},
      path_{std::move(path)},
      id_{std::move(id)} {}

DropWriter::DropWriter(DropWriter&& other) noexcept
    : folder_{std::move(other.folder_)},
      file_{std::move(other.file_)},
      path_{std::move(other.path_)},
      id_{std::move(other.id_)},
      named_{other.named_},
      finished_{std::exchange(other.finished_, true)} {}

DropWriter::~DropWriter() {
  if (finished_) return;
  const std::string name = named_ ? id_ + std::string{kSuffix} : std::string{kUnfinished} + id_;
  ::unlinkat(folder_.get(), name.c_str(), 0);
}

io::Result<> DropWriter::append(std::string_view bytes) {
  return io::write_all(file_.get(), bytes, path_);
}

io::Result<> DropWriter::commit() {
  io::Result<> done = io::sync_file(file_.get(), path_);
  if (!done) return done;

  const std::string from = std::string{kUnfinished} + id_;
  const std::string to = id_ + std::string{kSuffix};
  if (::renameat(folder_.get(), from.c_str(), folder_.get(), to.c_str()) != 0) {
    return io::error_from_errno(errno, "rename in " + path_);
  }
  named_ = true;
  done = sync_name();
  if (!done) return done;
  finished_ = true;
  return {};
}

io::Result<> DropWriter::sync_name() {
  // Whoever may only put files in cannot open the folder for reading, and a place that was not
  // opened for reading cannot be synced. The file system as a whole can: slower, as safe.
  const int folder = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    const io::Fd owned{folder};
    return io::sync_file(folder, path_);
  }
  if (::syncfs(file_.get()) != 0) return io::error_from_errno(errno, "sync " + path_);
  return {};
}

io::Result<DropWriter> DropFolder::create(const mail::SubmissionId& id) const {
  io::Result<io::Fd> folder = folder_at(directory_);
  if (!folder) return folder.error();
  const std::string name = std::string{kUnfinished} + id.text;
  io::Result<io::Fd> file =
      io::open_at(folder->get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kFileMode);
  if (!file) return file.error();

  DropWriter writer{std::move(*folder), std::move(*file), directory_, id.text};
  // Whatever the submitter's umask is: the daemon must be able to read it.
  if (::fchmod(writer.file_.get(), kFileMode) != 0) {
    return io::error_from_errno(errno, "chmod " + directory_ + "/" + name);
  }
  return writer;
}

io::Result<> DropFolder::prepare() const {
  for (const auto& [path, mode] : {std::pair<std::string, mode_t>{directory_, kFolderMode},
                                   std::pair<std::string, mode_t>{directory_ + "/bad", 0700}}) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return io::error_from_errno(errno, "mkdir " + path);
    }
    io::Result<io::Fd> made = io::open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!made) return made.error();
    struct stat status {};
    if (::fstat(made->get(), &status) != 0) return io::error_from_errno(errno, "stat " + path);
    if ((status.st_mode & 07777) == mode) continue;
    if (::fchmod(made->get(), mode) != 0) return io::error_from_errno(errno, "chmod " + path);
  }
  const std::size_t slash = directory_.find_last_of('/');
  const io::Result<> named =
      io::sync_directory(slash == std::string::npos ? "." : directory_.substr(0, slash + 1));
  // Its own too: for bad/, and for what a daemon removed that died before its sync.
  return named ? sync() : named;
}

io::Result<DropScan> DropFolder::scan(std::size_t limit,
                                      const std::set<std::string>& except) const {
  io::Result<Listing> listing = list(directory_);
  if (!listing) return listing.error();

  // A heap with the youngest on top: however many wait, only `limit` are held.
  const auto older = [](const DropEntry& a, const DropEntry& b) {
    return a.written != b.written ? a.written < b.written : a.name < b.name;
  };
  DropScan found;
  std::vector<DropEntry>& heap = found.entries;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(listing->get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || name == "bad" || name.starts_with(kUnfinished)) continue;
    struct stat status {};
    const int folder = ::dirfd(listing->get());
    if (!id_of(name)) {
      ++found.strange;
      continue;
    }
    if (except.contains(std::string{name})) continue;
    if (::fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone
    // One of somebody else cannot even be moved: its ".." would change.
    if (S_ISDIR(status.st_mode)) {
      ++found.strange;
      continue;
    }
    // Not when its owner says it was written: nobody goes to the front that way.
    heap.push_back({std::string{name}, time_of(status.st_ctim), status.st_uid});
    std::ranges::push_heap(heap, older);
    if (heap.size() <= limit) continue;
    std::ranges::pop_heap(heap, older);
    heap.pop_back();
    found.more = true;
  }
  if (errno != 0) return io::error_from_errno(errno, "list " + directory_);
  std::ranges::sort_heap(heap, older);
  return found;
}

io::Result<std::int64_t> count_dropped(const std::string& drop_directory, std::int64_t most) {
  io::Result<Listing> listing = list(drop_directory);
  if (!listing) return listing.error();
  std::int64_t count = 0;
  errno = 0;
  while (count < most) {
    const dirent* const entry = ::readdir(listing->get());
    if (entry == nullptr) break;
    if (id_of(entry->d_name)) ++count;
  }
  if (errno != 0) return io::error_from_errno(errno, "list " + drop_directory);
  return count;
}

io::Result<DropFile> DropFolder::open(const std::string& name, std::int64_t largest) const {
  const std::optional<mail::SubmissionId> id = id_of(name);
  const std::string path = directory_ + "/" + mail::printable(name, 80);
  if (!id) return io::error(io::Errc::corrupt, path + ": not a drop file's name");

  io::Result<io::Fd> folder = folder_at(directory_);
  if (!folder) return folder.error();
  struct stat status {};
  // Looked at before it is touched: opening a device can do things.
  if (::fstatat(folder->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return io::error_from_errno(errno, "stat " + path);
  }
  if (S_ISLNK(status.st_mode)) return io::error(io::Errc::corrupt, path + ": a link");
  if (!S_ISREG(status.st_mode)) return io::error(io::Errc::corrupt, path + ": not a plain file");
  // And again when it is open: it may have been exchanged. Non-blocking: a FIFO put here by
  // somebody must not stop the daemon.
  const int fd = ::openat(folder->get(), name.c_str(),
                          O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 && errno == ELOOP) return io::error(io::Errc::corrupt, path + ": a link");
  // Only its owner can, and it would be in the way of the others' for as long as the owner likes.
  if (fd < 0 && errno == EWOULDBLOCK) {
    return io::error(io::Errc::corrupt, path + ": its owner holds a lease on it");
  }
  if (fd < 0) return io::error_from_errno(errno, "open " + path);

  DropFile found;
  found.file = io::Fd{fd};
  found.id = *id;
  if (::fstat(fd, &status) != 0) return io::error_from_errno(errno, "stat " + path);
  if (!S_ISREG(status.st_mode)) return io::error(io::Errc::corrupt, path + ": not a plain file");
  // A second name could make somebody else's file look like mail its owner handed in.
  if (status.st_nlink != 1) return io::error(io::Errc::corrupt, path + ": it has several names");
  if (largest > 0 && status.st_size > largest) {
    return io::error(io::Errc::corrupt, path + ": larger than a message may be");
  }
  found.uid = status.st_uid;
  found.since = time_of(status.st_ctim);
  return found;
}

io::Result<> DropFolder::remove(const std::string& name) const {
  const std::string path = directory_ + "/" + name;
  if (!id_of(name)) return io::error(io::Errc::corrupt, "not a drop file's name");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return io::error_from_errno(errno, "remove " + path);
  }
  return {};
}

io::Result<> DropFolder::sync() const { return io::sync_directory(directory_); }

io::Result<> DropFolder::set_aside(const std::string& name, std::string_view why) const {
  if (!id_of(name)) return io::error(io::Errc::corrupt, "not a drop file's name");
  io::Result<io::Fd> folder = folder_at(directory_);
  if (!folder) return folder.error();

  const std::string from = directory_ + "/" + name;
  for (int again = 0; again < kSameNameInBad; ++again) {
    const std::string to =
        "bad/" + name + (again == 0 ? std::string{} : "." + std::to_string(again));
    // Nothing that lies there already is written over: two broken files are two facts.
    if (::renameat2(folder->get(), name.c_str(), folder->get(), to.c_str(), RENAME_NOREPLACE) !=
        0) {
      if (errno == EEXIST) continue;
      return io::error_from_errno(errno, "set aside " + from);
    }
    const std::string reason = to + ".why";
    io::Result<io::Fd> file =
        io::open_at(folder->get(), reason, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    if (!file) return file.error();
    return io::write_all(file->get(), mail::printable(why, 1000) + "\n", reason);
  }
  return io::error(io::Errc::busy, "set aside " + from + ": too many of that name lie there");
}

io::Result<int> DropFolder::sweep(mail::WallTime now, mail::Duration age) const {
  io::Result<Listing> listing = list(directory_);
  if (!listing) return listing.error();
  int removed = 0;
  const int folder = ::dirfd(listing->get());
  while (const dirent* const entry = ::readdir(listing->get())) {
    if (!std::string_view{entry->d_name}.starts_with(kUnfinished)) continue;
    struct stat status {};
    if (::fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode) || time_of(status.st_mtim) > now - age) continue;
    if (::unlinkat(folder, entry->d_name, 0) == 0) ++removed;
  }
  return removed;
}

}  // namespace tenax::queue
