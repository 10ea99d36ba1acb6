// SPDX-License-Identifier: Apache-2.0
#include "queue/contents.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "io/file.h"

#include "queue/sqlite_rows.h"

namespace tenax::queue {

namespace {

// SQLite never asks its VFS for more than a page at once, and the unix VFS counts on it: it keeps
// the lower 17 bits of a length and forgets the rest.
constexpr std::size_t kMostAtOnce = 64 * 1024;

io::Error vfs_error(sqlite3_vfs* vfs, int code, const std::string& path) {
  const int number = vfs->xGetLastError != nullptr ? vfs->xGetLastError(vfs, 0, nullptr) : 0;
  if ((code & 0xff) == SQLITE_FULL) return io::error(io::Errc::disk_full, path);
  // A quota is room too, but SQLite knows ENOSPC only. Not for syncs: see Connection::error().
  if (code == SQLITE_IOERR_WRITE && (number == EDQUOT || number == ENOSPC)) {
    return io::error_from_errno(number, path);
  }
  if ((code & 0xff) == SQLITE_CANTOPEN && number > 0) return io::error_from_errno(number, path);
  if ((code & 0xff) == SQLITE_CANTOPEN) return io::error(io::Errc::not_found, path);
  return io::error(io::Errc::disk_failed, path);
}

/// Was there no room for one more file? SQLite, when it cannot make one, tries to read it, and
/// tells only of that.
bool no_room_for_a_file(const std::string& path) {
  struct statvfs found {};
  const std::string folder = path.substr(0, path.find_last_of('/') + 1);
  if (::statvfs(folder.c_str(), &found) != 0) return false;
  const bool counts_files = found.f_files > 0;  // not every file system does
  return found.f_bavail == 0 || (counts_files && found.f_favail == 0);
}

}  // namespace

VfsFile::VfsFile(sqlite3_vfs* vfs, std::string path, std::unique_ptr<char[]> memory)
    : vfs_{vfs}, path_{std::move(path)}, memory_{std::move(memory)} {}

VfsFile::~VfsFile() {
  if (file()->pMethods != nullptr) file()->pMethods->xClose(file());
}

io::Result<std::unique_ptr<VfsFile>> VfsFile::open(sqlite3_vfs* vfs, std::string path, Mode mode) {
  auto memory = std::make_unique<char[]>(static_cast<std::size_t>(vfs->szOsFile));
  std::unique_ptr<VfsFile> opened{new VfsFile{vfs, std::move(path), std::move(memory)}};
  // To the VFS it is a journal: a kind of file that it neither locks nor shares, and whose first
  // sync also syncs the folder.
  const int flags = mode == Mode::create
                        ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE
                        : SQLITE_OPEN_READONLY;
  int got = 0;
  errno = 0;
  const int code = vfs->xOpen(vfs, opened->path_.c_str(), opened->file(),
                              flags | SQLITE_OPEN_SUPER_JOURNAL, &got);
  if (code == SQLITE_OK) return opened;
  io::Error error = vfs_error(vfs, code, opened->path_);
  if (mode == Mode::create && error.is(io::Errc::not_found) && no_room_for_a_file(opened->path_)) {
    return io::error(io::Errc::disk_full, opened->path_);
  }
  return error;
}

io::Result<> VfsFile::write(std::int64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kMostAtOnce);
    const int code =
        file()->pMethods->xWrite(file(), piece.data(), static_cast<int>(piece.size()), offset);
    if (code != SQLITE_OK) return vfs_error(vfs_, code, path_);
    bytes.remove_prefix(piece.size());
    offset += static_cast<std::int64_t>(piece.size());
  }
  return io::Result<>{};
}

io::Result<std::string> VfsFile::read(std::int64_t offset, std::size_t most) {
  const io::Result<std::int64_t> length = size();
  if (!length) return length.error();
  const std::int64_t left = std::max<std::int64_t>(0, *length - offset);
  std::string piece(std::min(most, static_cast<std::size_t>(left)), '\0');
  for (std::size_t done = 0; done < piece.size();) {
    const std::size_t next = std::min(piece.size() - done, kMostAtOnce);
    const int code = file()->pMethods->xRead(file(), piece.data() + done, static_cast<int>(next),
                                             offset + static_cast<std::int64_t>(done));
    if (code != SQLITE_OK) return vfs_error(vfs_, code, path_);
    done += next;
  }
  return piece;
}

io::Result<std::int64_t> VfsFile::size() {
  sqlite3_int64 length = 0;
  const int code = file()->pMethods->xFileSize(file(), &length);
  if (code != SQLITE_OK) return vfs_error(vfs_, code, path_);
  return std::int64_t{length};
}

io::Result<> VfsFile::sync() {
  const int code = file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL);
  if (code != SQLITE_OK) return vfs_error(vfs_, code, path_);
  return io::Result<>{};
}

bool ContentsFolder::is_name(std::string_view name) {
  return !name.empty() && name.size() <= 60 &&
         name.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

io::Result<std::unique_ptr<VfsFile>> ContentsFolder::create(const std::string& name) const {
  return VfsFile::open(vfs_, path_ + "/" + name, VfsFile::Mode::create);
}

io::Result<std::unique_ptr<VfsFile>> ContentsFolder::open(const std::string& name) const {
  if (!is_name(name)) return io::error(io::Errc::corrupt, "name of a contents file");
  return VfsFile::open(vfs_, path_ + "/" + name, VfsFile::Mode::read);
}

io::Result<std::int64_t> ContentsFolder::length(const std::string& name) const {
  const io::Result<std::unique_ptr<VfsFile>> file = open(name);
  if (!file) return file.error();
  return (*file)->size();
}

void ContentsFolder::remove(const std::string& name) const noexcept {
  if (is_name(name)) vfs_->xDelete(vfs_, (path_ + "/" + name).c_str(), 0);
}

NewFile::~NewFile() {
  file_.reset();
  if (!kept_) folder_.remove(name_);
}

io::Result<> NewFile::append(std::string_view bytes) {
  if (!file_) {
    io::Result<std::unique_ptr<VfsFile>> created = folder_.create(name_);
    if (!created) return created.error();
    file_ = std::move(*created);
  }
  const io::Result<> written = file_->write(written_, bytes);
  if (!written) return written;
  written_ += static_cast<std::int64_t>(bytes.size());
  return io::Result<>{};
}

io::Result<> NewFile::finish() {
  // First: a want of descriptors says nothing about the disk.
  const io::Result<io::Fd> folder = io::open_file(folder_.path(), O_RDONLY | O_DIRECTORY);
  if (!folder) return folder.error();
  io::Result<> synced = file_->sync();
  file_.reset();
  // The VFS syncs the folder too, but keeps quiet when that fails.
  if (synced) synced = io::sync_file(folder->get(), folder_.path());
  in_doubt_ = !synced;
  return synced;
}

namespace {

/// Of a message that passes: few enough to be read at once.
io::Result<std::string> find_in_short(Connection& db, StoredContents& found) {
  Statement row = db.query(
      "SELECT bytes FROM passing p WHERE id = ?1 "
      "AND NOT EXISTS (SELECT 1 FROM passed d WHERE d.id = p.id)",
      found.message.value);
  const io::Result<bool> there = row.step();
  if (!there) return there.error();
  if (!*there) return io::error(io::Errc::not_found, "message " + found.message.text());
  found.first = row.bytes(0);
  found.size = found.length = std::ssize(found.first);
  return std::string{};
}

/// What the tables know of them: the name of their file, or "" and how they begin.
io::Result<std::string> find_row(Connection& db, StoredContents& found) {
  const mail::QueueId message = found.message;
  Statement row = db.query(
      "SELECT m.place, m.file, m.size, length(c.bytes), substr(c.bytes, 1, ?2) FROM message m "
      "LEFT JOIN contents c ON c.message_id = m.id WHERE m.id = ?1",
      message.value, static_cast<std::int64_t>(kPiece));
  const io::Result<bool> there = row.step();
  if (!there) return there.error();
  if (!*there) return io::error(io::Errc::not_found, "message " + message.text());
  Row read{row, "message"};
  const std::string place = read.text(20);
  const std::optional<std::string> file = read.perhaps_text();
  found.size = read.integer(0, std::numeric_limits<std::int64_t>::max());
  if (place == "gone") return io::error(io::Errc::not_found, "contents of " + message.text());
  const bool in_file = place == "file";
  if (!in_file && place != "database") read.bad("place");
  if (in_file && (!file || !ContentsFolder::is_name(*file))) read.bad("file");
  if (!read.ok()) return read.error();
  if (in_file) return *file;
  if (row.type(3) != SQLITE_INTEGER) {
    return io::error(io::Errc::not_found, "contents of " + message.text());
  }
  found.length = row.integer(3);
  found.first = row.bytes(4);
  return std::string{};
}

io::Result<std::string> read_blob(Connection& db, mail::QueueId message, std::int64_t offset,
                                  std::size_t most) {
  sqlite3_blob* blob = nullptr;
  const int opened =
      sqlite3_blob_open(db.handle(), "main", "contents", "bytes", message.value, 0, &blob);
  if (opened != SQLITE_OK) {
    sqlite3_blob_close(blob);
    // SQLITE_ERROR: there is no such row.
    if ((opened & 0xff) == SQLITE_ERROR) {
      return io::error(io::Errc::not_found, "contents of " + message.text());
    }
    return db.error(opened, "open blob");
  }
  const std::int64_t left = std::max<std::int64_t>(0, sqlite3_blob_bytes(blob) - offset);
  std::string piece(std::min(most, static_cast<std::size_t>(left)), '\0');
  int code = SQLITE_OK;
  if (!piece.empty()) {
    code = sqlite3_blob_read(blob, piece.data(), static_cast<int>(piece.size()),
                             static_cast<int>(offset));
  }
  sqlite3_blob_close(blob);
  if (code != SQLITE_OK) return db.error(code, "read blob");
  return piece;
}

}  // namespace

io::Result<StoredContents> find_contents(Connection& db, const ContentsFolder& folder,
                                         mail::QueueId message) {
  StoredContents found;
  found.message = message;
  io::Result<std::string> name = find_row(db, found);
  if (!name && name.error().is(io::Errc::not_found)) name = find_in_short(db, found);
  // Written out between the two looks.
  if (!name && name.error().is(io::Errc::not_found)) name = find_row(db, found);
  if (!name) return name.error();
  if (name->empty()) return found;
  io::Result<std::unique_ptr<VfsFile>> file = folder.open(*name);
  if (!file) return file.error();
  found.file = std::move(*file);
  const io::Result<std::int64_t> length = found.file->size();
  if (!length) return length.error();
  found.length = *length;
  io::Result<std::string> first = found.file->read(0, kPiece);
  if (!first) return first.error();
  found.first = std::move(*first);
  return found;
}

io::Result<std::string> read_piece(Connection& db, StoredContents& from, std::int64_t offset,
                                   std::size_t most) {
  if (from.file) return from.file->read(offset, most);
  if (offset >= from.length) return std::string{};
  return read_blob(db, from.message, offset, most);
}

}  // namespace tenax::queue
