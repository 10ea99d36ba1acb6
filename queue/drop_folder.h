// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where messages wait while no daemon answers: one file per message, durable before the submitter
// is told so, taken in exactly once. docs/queue-states.md, "The drop folder".
//
// The folder belongs to the daemon, mode 03733: everybody may put a file in, nobody else may see
// what is there or take away another's. Everything found in it is hostile.

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mail/ids.h"
#include "mail/time.h"

#include "io/file.h"
#include "io/result.h"

namespace tenax::queue {

/// A drop file being written, under a name nobody takes in. Not committed: destroyed without a
/// trace. Concurrency: one user at a time.
class DropWriter {
 public:
  DropWriter(DropWriter&& other) noexcept;
  DropWriter& operator=(DropWriter&&) = delete;
  ~DropWriter();

  /// Errors: disk_full, disk_failed.
  io::Result<> append(std::string_view bytes);

  /// Syncs the file, gives it its name, syncs the name. Only a success is a promise; after a
  /// failure nothing is left that the daemon would take in.
  io::Result<> commit();

 private:
  friend class DropFolder;
  DropWriter(io::Fd folder, io::Fd file, std::string path, std::string id);
  io::Result<> sync_name();

  io::Fd folder_;
  io::Fd file_;
  std::string path_;
  std::string id_;
  bool named_ = false;     // it has its final name
  bool finished_ = false;  // committed, or already cleared away
};

/// A file that waits.
struct DropEntry {
  std::string name;  // in the folder: "<submission id>.msg"; perhaps no file at all: see open()
  mail::WallTime written;  // or changed since, by the disk's clock
  std::int64_t uid = -1;   // its owner
};

struct DropScan {
  std::vector<DropEntry> entries;  // oldest first
  bool more = false;               // others wait behind these
  std::int64_t strange = 0;        // what has no drop file's name, and directories; left alone
};

/// Opened for taking in.
struct DropFile {
  io::Fd file;
  std::int64_t uid = -1;  // its owner: who submitted it, as the kernel says
  // Since when it lies there at least, as the kernel says: its ctime, which its owner can bring
  // forward only.
  mail::WallTime since;
  mail::SubmissionId id;  // from its name; the envelope inside must say the same
};

/// Concurrency: value; the folder itself is shared by any number of processes.
class DropFolder {
 public:
  explicit DropFolder(std::string directory) : directory_{std::move(directory)} {}

  // The submitter's side.

  /// Errors: not_found (no such folder), denied, disk_full, busy (that id lies there already).
  [[nodiscard]] io::Result<DropWriter> create(const mail::SubmissionId& id) const;

  // The daemon's side.

  /// Makes the folder and bad/ below it, with their modes, and syncs their names and what lies
  /// there. The parent must exist.
  [[nodiscard]] io::Result<> prepare() const;

  /// At most `limit` entries, the oldest of all but those in `except`.
  [[nodiscard]] io::Result<DropScan> scan(std::size_t limit,
                                          const std::set<std::string>& except = {}) const;

  /// Never blocks and follows no link. Errors: not_found (gone meanwhile), denied, corrupt (no
  /// plain file, several names, larger than `largest` octets): set_aside() it.
  [[nodiscard]] io::Result<DropFile> open(const std::string& name, std::int64_t largest) const;

  /// After the commit of the store that holds the message. Gone already is fine; gone for good
  /// after sync().
  [[nodiscard]] io::Result<> remove(const std::string& name) const;

  /// What was removed or set aside does not come back with a power cut: the store knows a
  /// submission for long, but not for ever.
  [[nodiscard]] io::Result<> sync() const;

  /// Moves it to bad/ (nothing is ever deleted for being broken), `why` beside it in a file
  /// ".why".
  [[nodiscard]] io::Result<> set_aside(const std::string& name, std::string_view why) const;

  /// Removes what submitters that died left unfinished, if it is older than `age`; how many.
  [[nodiscard]] io::Result<int> sweep(mail::WallTime now,
                                      mail::Duration age = std::chrono::hours{24}) const;

  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

}  // namespace tenax::queue
