// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the bytes of messages lie: small ones in the database, large ones as files in contents/.
// Files are opened through SQLite's VFS, so that one seam stands for the whole disk and a test that
// cuts the power cuts it for both.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/ids.h"

#include "io/result.h"

#include "queue/sqlite.h"

namespace tenax::queue {

/// What is read or written at once: also the most that an open body holds in memory.
constexpr std::size_t kPiece = 64 * 1024;

/// An open file of the VFS. Concurrency: one user at a time.
class VfsFile {
 public:
  enum class Mode { create, read };
  /// Errors: not_found, disk_full, disk_failed, denied.
  [[nodiscard]] static io::Result<std::unique_ptr<VfsFile>> open(sqlite3_vfs* vfs, std::string path,
                                                                 Mode mode);
  ~VfsFile();
  VfsFile(const VfsFile&) = delete;
  VfsFile& operator=(const VfsFile&) = delete;

  [[nodiscard]] io::Result<> write(std::int64_t offset, std::string_view bytes);
  /// Fewer bytes than asked for only at the end of the file.
  [[nodiscard]] io::Result<std::string> read(std::int64_t offset, std::size_t most);
  [[nodiscard]] io::Result<std::int64_t> size();
  [[nodiscard]] io::Result<> sync();

 private:
  VfsFile(sqlite3_vfs* vfs, std::string path, std::unique_ptr<char[]> memory);
  [[nodiscard]] sqlite3_file* file() const {
    return reinterpret_cast<sqlite3_file*>(memory_.get());
  }
  sqlite3_vfs* vfs_;
  std::string path_;  // the VFS keeps a pointer to it
  std::unique_ptr<char[]> memory_;
};

/// The folder contents/ of a queue. Concurrency: thread-safe (holds names only).
class ContentsFolder {
 public:
  ContentsFolder(std::string path, sqlite3_vfs* vfs) : path_{std::move(path)}, vfs_{vfs} {}

  /// Is this a name that we give? Names read back from the database are not trusted with paths.
  [[nodiscard]] static bool is_name(std::string_view name);
  [[nodiscard]] io::Result<std::unique_ptr<VfsFile>> create(const std::string& name) const;
  [[nodiscard]] io::Result<std::unique_ptr<VfsFile>> open(const std::string& name) const;
  /// Its length; not_found when there is no such file.
  [[nodiscard]] io::Result<std::int64_t> length(const std::string& name) const;
  /// A file that cannot be removed now is an orphan at the next start.
  void remove(const std::string& name) const noexcept;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  sqlite3_vfs* vfs_;
};

/// A contents file on its way into the queue. Unless it is kept, it goes when this goes.
/// Concurrency: one user at a time.
class NewFile {
 public:
  NewFile(ContentsFolder folder, std::string name)
      : folder_{std::move(folder)}, name_{std::move(name)} {}
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  [[nodiscard]] io::Result<> append(std::string_view bytes);
  /// Everything on the disk, and its name in the folder. Nothing may be appended afterwards.
  [[nodiscard]] io::Result<> finish();
  /// A sync has failed: nobody knows what is on the disk.
  [[nodiscard]] bool in_doubt() const { return in_doubt_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  void keep() { kept_ = true; }
  /// Set by the change that wrote its name into the database.
  bool named = false;

 private:
  ContentsFolder folder_;
  std::string name_;
  std::unique_ptr<VfsFile> file_;
  std::int64_t written_ = 0;
  bool kept_ = false;
  bool in_doubt_ = false;
};

/// Contents gathered and safe to name in a commit. Concurrency: value.
struct Gathered {
  std::string bytes;              // inline, when there is no file
  std::shared_ptr<NewFile> file;  // else finished
  std::int64_t size = 0;
};

/// The contents of an open message, wherever they lie. Concurrency: one user at a time.
struct StoredContents {
  mail::QueueId message;
  std::int64_t size = 0;          // as it was written down
  std::int64_t length = 0;        // of what is there
  std::string first;              // at most kPiece of it
  std::unique_ptr<VfsFile> file;  // null: in the database
};
/// Errors: not_found (no such message, or its contents are gone), corrupt.
[[nodiscard]] io::Result<StoredContents> find_contents(Connection& db, const ContentsFolder& folder,
                                                       mail::QueueId message);
/// A piece of them; fewer bytes than asked for only at their end. No transaction outlives the call:
/// a delivery may take an hour, and a reader that stays would keep the log from being cut.
[[nodiscard]] io::Result<std::string> read_piece(Connection& db, StoredContents& from,
                                                 std::int64_t offset, std::size_t most);

}  // namespace tenax::queue
