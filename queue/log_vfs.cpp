// SPDX-License-Identifier: Apache-2.0
#include "queue/log_vfs.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

namespace tenax::queue {

namespace {

constexpr std::size_t kMostGathered = std::size_t{1} << 20;
// The unix VFS keeps the lower 17 bits of a length and forgets the rest.
constexpr std::size_t kMostWrittenAtOnce = 64 * 1024;

sqlite3_vfs* base_of(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

/// The log, with the file below it right behind it in SQLite's memory.
struct LogFile : sqlite3_file {
  explicit LogFile(sqlite3_vfs* over) : base{over} {}

  sqlite3_vfs* base;
  std::string gathered;
  sqlite3_int64 at = 0;  // where they go

  static LogFile& of(sqlite3_file* file) { return *static_cast<LogFile*>(file); }
  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }

  int flush() {
    std::string_view rest = gathered;
    while (!rest.empty()) {
      const std::string_view piece = rest.substr(0, kMostWrittenAtOnce);
      const int size = static_cast<int>(piece.size());
      const int code = below()->pMethods->xWrite(below(), piece.data(), size, at);
      if (code != SQLITE_OK) {
        // A quota is room too, but SQLite knows ENOSPC only, and of a commit it keeps no errno.
        const bool no_room =
            code == SQLITE_IOERR_WRITE && base->xGetLastError(base, 0, nullptr) == EDQUOT;
        gathered.clear();  // the caller is told, and takes its commit back
        return no_room ? SQLITE_FULL : code;
      }
      at += size;
      rest.remove_prefix(piece.size());
    }
    gathered.clear();
    return SQLITE_OK;
  }

  int write(std::string_view bytes, sqlite3_int64 offset) {
    const bool follows = offset == at + std::ssize(gathered);
    if (!follows || gathered.size() + bytes.size() > kMostGathered) {
      const int code = flush();
      if (code != SQLITE_OK) return code;
      at = offset;
    }
    gathered += bytes;
    return SQLITE_OK;
  }

  /// Then `act` on the file below.
  template <class Act, class... Arguments>
  static int flushed(sqlite3_file* file, Act act, Arguments... arguments) {
    LogFile& log = of(file);
    const int code = log.flush();
    if (code != SQLITE_OK) return code;
    return (log.below()->pMethods->*act)(log.below(), arguments...);
  }
};

int write_log(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const std::string_view piece{static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  try {
    return LogFile::of(file).write(piece, offset);
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

int close_log(sqlite3_file* file) {
  const int code = LogFile::flushed(file, &sqlite3_io_methods::xClose);
  LogFile::of(file).~LogFile();
  return code;
}

sqlite3_io_methods log_methods() {
  using Methods = sqlite3_io_methods;
  Methods log{};
  log.iVersion = 1;
  log.xClose = close_log;
  log.xWrite = write_log;
  log.xRead = [](sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
    return LogFile::flushed(file, &Methods::xRead, into, size, offset);
  };
  log.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) {
    return LogFile::flushed(file, &Methods::xTruncate, size);
  };
  log.xSync = [](sqlite3_file* file, int flags) {
    return LogFile::flushed(file, &Methods::xSync, flags);
  };
  log.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) {
    return LogFile::flushed(file, &Methods::xFileSize, size);
  };
  log.xLock = [](sqlite3_file* file, int lock) {
    return LogFile::flushed(file, &Methods::xLock, lock);
  };
  log.xUnlock = [](sqlite3_file* file, int lock) {
    return LogFile::flushed(file, &Methods::xUnlock, lock);
  };
  log.xCheckReservedLock = [](sqlite3_file* file, int* held) {
    return LogFile::flushed(file, &Methods::xCheckReservedLock, held);
  };
  log.xFileControl = [](sqlite3_file* file, int what, void* argument) {
    return LogFile::flushed(file, &Methods::xFileControl, what, argument);
  };
  log.xSectorSize = [](sqlite3_file* file) {
    sqlite3_file* below = LogFile::of(file).below();
    return below->pMethods->xSectorSize(below);
  };
  log.xDeviceCharacteristics = [](sqlite3_file* file) {
    sqlite3_file* below = LogFile::of(file).below();
    return below->pMethods->xDeviceCharacteristics(below);
  };
  return log;
}

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* got) {
  sqlite3_vfs* base = base_of(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0) return base->xOpen(base, name, file, flags, got);
  auto* log = new (file) LogFile{base};
  log->below()->pMethods = nullptr;
  const int code = base->xOpen(base, name, log->below(), flags, got);
  if (code == SQLITE_OK) {
    static const sqlite3_io_methods methods = log_methods();
    log->pMethods = &methods;
    return code;
  }
  // SQLite closes what has methods, whether or not it was opened.
  if (log->below()->pMethods != nullptr) log->below()->pMethods->xClose(log->below());
  log->~LogFile();
  file->pMethods = nullptr;
  return code;
}

}  // namespace

struct LogVfs::State {
  explicit State(sqlite3_vfs* base) {
    static std::atomic<unsigned> counted{0};
    name = "tenax-log-" + std::to_string(++counted);
    vfs.iVersion = 2;
    vfs.szOsFile = base->szOsFile + static_cast<int>(sizeof(LogFile));
    vfs.mxPathname = base->mxPathname;
    vfs.zName = name.c_str();
    vfs.pAppData = base;
    vfs.xOpen = open_file;
    vfs.xDelete = [](sqlite3_vfs* self, const char* path, int sync) {
      return base_of(self)->xDelete(base_of(self), path, sync);
    };
    vfs.xAccess = [](sqlite3_vfs* self, const char* path, int flags, int* may) {
      return base_of(self)->xAccess(base_of(self), path, flags, may);
    };
    vfs.xFullPathname = [](sqlite3_vfs* self, const char* path, int room, char* full) {
      return base_of(self)->xFullPathname(base_of(self), path, room, full);
    };
    vfs.xRandomness = [](sqlite3_vfs* self, int count, char* into) {
      return base_of(self)->xRandomness(base_of(self), count, into);
    };
    vfs.xSleep = [](sqlite3_vfs* self, int microseconds) {
      return base_of(self)->xSleep(base_of(self), microseconds);
    };
    vfs.xCurrentTime = [](sqlite3_vfs* self, double* now) {
      return base_of(self)->xCurrentTime(base_of(self), now);
    };
    vfs.xGetLastError = [](sqlite3_vfs* self, int room, char* text) {
      return base_of(self)->xGetLastError(base_of(self), room, text);
    };
    vfs.xCurrentTimeInt64 = [](sqlite3_vfs* self, sqlite3_int64* now) {
      return base_of(self)->xCurrentTimeInt64(base_of(self), now);
    };
  }

  std::string name;
  sqlite3_vfs vfs{};  // no extensions are loaded through it: those entries stay empty
};

LogVfs::LogVfs(std::unique_ptr<State> state) : state_{std::move(state)} {}

std::unique_ptr<LogVfs> LogVfs::over(const std::string& base) {
  sqlite3_vfs* below = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
  if (below == nullptr) return nullptr;
  std::unique_ptr<LogVfs> made{new LogVfs{std::make_unique<State>(below)}};
  if (sqlite3_vfs_register(&made->state_->vfs, 0) != SQLITE_OK) return nullptr;
  return made;
}

LogVfs::~LogVfs() { sqlite3_vfs_unregister(&state_->vfs); }

const std::string& LogVfs::name() const { return state_->name; }

}  // namespace tenax::queue
