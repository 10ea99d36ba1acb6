// SPDX-License-Identifier: Apache-2.0
#include "tests/support/faulty_vfs.h"

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace tenax::testing {

namespace {

using Act = FaultyVfs::Act;
using Fault = FaultyVfs::Fault;
using Kind = DiskStep::Kind;

thread_local int last_errno = 0;  // of a fault, as the unix VFS has errno

struct Plan {
  int countdown = 0;  // 0: nothing planned
  Fault fault = Fault::broken;
  bool forever = false;
  int seen = 0;
};

}  // namespace

struct FaultyVfs::State {
  mutable std::mutex mutex;
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::string name;
  std::array<Plan, 4> plans;
  int failed = 0;
  std::function<void()> on_failure;
  DiskHistory history;

  void sync_folder_of(const std::string& path) {
    history.note({.kind = Kind::sync_folder, .path = path.substr(0, path.rfind('/'))});
  }

  // The fault that is due for this act, if any.
  std::optional<Fault> due(Act act) {
    Plan& plan = plans[static_cast<std::size_t>(act)];
    ++plan.seen;
    if (plan.countdown == 0) return std::nullopt;
    if (plan.countdown > 1) {
      --plan.countdown;
      return std::nullopt;
    }
    if (!plan.forever) plan.countdown = 0;
    ++failed;
    if (on_failure) on_failure();
    last_errno = plan.fault == Fault::no_room    ? ENOSPC
                 : plan.fault == Fault::no_quota ? EDQUOT
                                                 : EIO;
    return plan.fault;
  }
};

namespace {

struct File {
  sqlite3_file base;
  FaultyVfs::State* state;
  sqlite3_file* real;
  std::string* path;  // null: temporary, of no interest
  bool sync_folder;   // at its first sync, as SQLite does for journals
};

File& as_file(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
FaultyVfs::State& as_state(sqlite3_vfs* vfs) {
  return *static_cast<FaultyVfs::State*>(vfs->pAppData);
}

int close_file(sqlite3_file* file) {
  File& own = as_file(file);
  const int code = own.real->pMethods != nullptr ? own.real->pMethods->xClose(own.real) : SQLITE_OK;
  delete own.path;
  own.path = nullptr;
  return code;
}

int read_file(sqlite3_file* file, void* into, int length, sqlite3_int64 at) {
  File& own = as_file(file);
  const std::lock_guard lock{own.state->mutex};
  if (own.state->due(Act::read)) return SQLITE_IOERR_READ;
  return own.real->pMethods->xRead(own.real, into, length, at);
}

int write_file(sqlite3_file* file, const void* from, int length, sqlite3_int64 at) {
  File& own = as_file(file);
  const std::lock_guard lock{own.state->mutex};
  const std::optional<Fault> fault = own.state->due(Act::write);
  if (fault == Fault::broken) return SQLITE_IOERR_WRITE;
  const int written = fault ? length / 2 : length;
  if (written > 0) {
    const int code = own.real->pMethods->xWrite(own.real, from, written, at);
    if (code != SQLITE_OK) return code;
    if (own.path != nullptr) {
      own.state->history.note(
          {.kind = Kind::write,
           .path = *own.path,
           .at = at,
           .bytes = {static_cast<const char*>(from), static_cast<std::size_t>(written)}});
    }
  }
  if (fault == Fault::no_quota) return SQLITE_IOERR_WRITE;  // SQLite knows ENOSPC only
  return fault ? SQLITE_FULL : SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 length) {
  File& own = as_file(file);
  const std::lock_guard lock{own.state->mutex};
  const int code = own.real->pMethods->xTruncate(own.real, length);
  if (code == SQLITE_OK && own.path != nullptr) {
    own.state->history.note({.kind = Kind::truncate, .path = *own.path, .at = length});
  }
  return code;
}

int sync_file(sqlite3_file* file, int) {
  File& own = as_file(file);
  const std::lock_guard lock{own.state->mutex};
  if (own.state->due(Act::sync)) return SQLITE_IOERR_FSYNC;
  if (own.path != nullptr) {
    own.state->history.note({.kind = Kind::sync, .path = *own.path});
    if (own.sync_folder) own.state->sync_folder_of(*own.path);
  }
  own.sync_folder = false;
  return SQLITE_OK;
}

template <auto member, class... Args>
int pass(sqlite3_file* file, Args... args) {
  sqlite3_file* real = as_file(file).real;
  return (real->pMethods->*member)(real, args...);
}

void barrier(sqlite3_file* file) {
  sqlite3_file* real = as_file(file).real;
  real->pMethods->xShmBarrier(real);
}

// The shared memory of the wal-index is passed down: a power cut leaves nothing of it.
const sqlite3_io_methods kMethods = {
    2,
    close_file,
    read_file,
    write_file,
    truncate_file,
    sync_file,
    pass<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    pass<&sqlite3_io_methods::xLock, int>,
    pass<&sqlite3_io_methods::xUnlock, int>,
    pass<&sqlite3_io_methods::xCheckReservedLock, int*>,
    pass<&sqlite3_io_methods::xFileControl, int, void*>,
    pass<&sqlite3_io_methods::xSectorSize>,
    pass<&sqlite3_io_methods::xDeviceCharacteristics>,
    pass<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>,
    pass<&sqlite3_io_methods::xShmLock, int, int, int>,
    barrier,
    pass<&sqlite3_io_methods::xShmUnmap, int>,
    nullptr,
    nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* got) {
  FaultyVfs::State& state = as_state(vfs);
  File& own = as_file(file);
  own = File{};
  const std::lock_guard lock{state.mutex};
  if (const std::optional<Fault> fault = state.due(Act::open)) {
    return *fault == Fault::no_room ? SQLITE_FULL : SQLITE_IOERR;
  }
  const bool fresh = path != nullptr && !std::filesystem::exists(path);
  own.state = &state;
  own.real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
  last_errno = 0;
  const int code = state.real->xOpen(state.real, path, own.real, flags, got);
  if (code != SQLITE_OK) return code;
  own.base.pMethods = &kMethods;
  if (path == nullptr) return SQLITE_OK;
  own.path = new std::string{path};
  constexpr int kJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  own.sync_folder = fresh && (flags & kJournals) != 0;
  if (fresh) state.history.note({.kind = Kind::create, .path = path});
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  FaultyVfs::State& state = as_state(vfs);
  const std::lock_guard lock{state.mutex};
  const int code = state.real->xDelete(state.real, path, 0);
  if (code != SQLITE_OK) return code;
  state.history.note({.kind = Kind::remove, .path = path});
  if (sync_folder != 0) state.sync_folder_of(path);
  return code;
}

int access_file(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
  sqlite3_vfs* real = as_state(vfs).real;
  return real->xAccess(real, path, flags, result);
}

int full_path(sqlite3_vfs* vfs, const char* path, int room, char* out) {
  sqlite3_vfs* real = as_state(vfs).real;
  return real->xFullPathname(real, path, room, out);
}

int last_error(sqlite3_vfs*, int, char*) { return last_errno; }

}  // namespace

FaultyVfs::FaultyVfs() : state_{std::make_shared<State>()} {
  static std::atomic<int> count{0};
  state_->name = "faulty-" + std::to_string(++count);
  state_->real = sqlite3_vfs_find(nullptr);
  sqlite3_vfs& vfs = state_->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + state_->real->szOsFile;
  vfs.mxPathname = state_->real->mxPathname;
  vfs.zName = state_->name.c_str();
  vfs.pAppData = state_.get();
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = [](sqlite3_vfs* own, int n, char* out) {
    sqlite3_vfs* real = as_state(own).real;
    return real->xRandomness(real, n, out);
  };
  vfs.xSleep = [](sqlite3_vfs* own, int micros) {
    sqlite3_vfs* real = as_state(own).real;
    return real->xSleep(real, micros);
  };
  vfs.xCurrentTime = [](sqlite3_vfs* own, double* now) {
    sqlite3_vfs* real = as_state(own).real;
    return real->xCurrentTime(real, now);
  };
  vfs.xCurrentTimeInt64 = [](sqlite3_vfs* own, sqlite3_int64* now) {
    sqlite3_vfs* real = as_state(own).real;
    return real->xCurrentTimeInt64(real, now);
  };
  vfs.xGetLastError = last_error;
  if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) throw std::runtime_error{"vfs"};
}

FaultyVfs::~FaultyVfs() { sqlite3_vfs_unregister(&state_->vfs); }

const std::string& FaultyVfs::name() const { return state_->name; }

void FaultyVfs::fail(Act act, int nth, Fault fault, bool forever) {
  heal();
  const std::lock_guard lock{state_->mutex};
  state_->plans[static_cast<std::size_t>(act)] = {nth, fault, forever, 0};
}

void FaultyVfs::heal() {
  const std::lock_guard lock{state_->mutex};
  state_->plans = {};
  state_->failed = 0;
}

int FaultyVfs::seen(Act act) const {
  const std::lock_guard lock{state_->mutex};
  return state_->plans[static_cast<std::size_t>(act)].seen;
}

int FaultyVfs::failed() const {
  const std::lock_guard lock{state_->mutex};
  return state_->failed;
}

void FaultyVfs::on_failure(std::function<void()> then) {
  const std::lock_guard lock{state_->mutex};
  state_->on_failure = std::move(then);
}

DiskHistory& FaultyVfs::history() const { return state_->history; }

}  // namespace tenax::testing
