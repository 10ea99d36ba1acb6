// SPDX-License-Identifier: Apache-2.0
#include "tests/power/recorded_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace {

using tenax::testing::DiskHistory;
using Kind = tenax::testing::DiskStep::Kind;

DiskHistory* g_history = nullptr;
std::string g_root;  // NOLINT: one recorder for one program

/// "" for what is not recorded.
std::string recorded(std::string path) {
  return g_history != nullptr && path.starts_with(g_root) ? std::move(path) : std::string{};
}

std::string path_of(int fd) {
  if (g_history == nullptr) return {};
  std::array<char, 4096> name{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), name.data(), name.size());
  return length < 0 ? std::string{} : recorded({name.data(), static_cast<std::size_t>(length)});
}

std::string path_at(int folder, const char* name) {
  if (name[0] == '/') return recorded(name);
  const std::string path = path_of(folder);
  return path.empty() ? path : path + "/" + name;
}

void note(Kind kind, std::string path, std::string to = {}) {
  if (path.empty()) return;
  g_history->note({.kind = kind, .path = std::move(path), .to = std::move(to)});
}

template <class Open>
int open_noted(const std::string& path, int flags, Open really_open) {
  const bool there = !path.empty() && ::access(path.c_str(), F_OK) == 0;
  const int fd = really_open();
  if (fd < 0) return fd;
  if (!there && (flags & O_CREAT) != 0) note(Kind::create, path);
  if (there && (flags & O_TRUNC) != 0) note(Kind::truncate, path);
  return fd;
}

mode_t mode_of(int flags, va_list rest) {
  return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

}  // namespace

extern "C" {

int __real_open(const char* path, int flags, ...);
int __real_openat(int folder, const char* path, int flags, ...);
ssize_t __real_write(int fd, const void* bytes, size_t length);
int __real_ftruncate(int fd, off_t length);
int __real_mkdir(const char* path, mode_t mode);
int __real_renameat(int from, const char* name, int to, const char* other);
int __real_renameat2(int from, const char* name, int to, const char* other, unsigned flags);
int __real_unlink(const char* path);
int __real_unlinkat(int folder, const char* path, int flags);

int __wrap_open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_noted(recorded(path), flags, [&] { return __real_open(path, flags, mode); });
}

int __wrap_openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_noted(path_at(folder, path), flags,
                    [&] { return __real_openat(folder, path, flags, mode); });
}

ssize_t __wrap_write(int fd, const void* bytes, size_t length) {
  std::string path = path_of(fd);
  const off_t at = path.empty() ? 0 : ::lseek(fd, 0, SEEK_CUR);
  const ssize_t wrote = __real_write(fd, bytes, length);
  if (wrote > 0 && !path.empty()) {
    g_history->note({.kind = Kind::write,
                     .path = std::move(path),
                     .at = at,
                     .bytes = {static_cast<const char*>(bytes), static_cast<std::size_t>(wrote)}});
  }
  return wrote;
}

int __wrap_ftruncate(int fd, off_t length) {
  const int done = __real_ftruncate(fd, length);
  std::string path = path_of(fd);
  if (done == 0 && !path.empty()) {
    g_history->note({.kind = Kind::truncate, .path = std::move(path), .at = length});
  }
  return done;
}

int __wrap_fsync(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return -1;
  note(S_ISDIR(status.st_mode) ? Kind::sync_folder : Kind::sync, path_of(fd));
  return 0;
}

int __wrap_syncfs(int fd) {
  note(Kind::sync_all, path_of(fd));
  return 0;
}

int __wrap_mkdir(const char* path, mode_t mode) {
  const int done = __real_mkdir(path, mode);
  if (done == 0) note(Kind::make_folder, recorded(path));
  return done;
}

int __wrap_renameat(int from, const char* name, int to, const char* other) {
  const int done = __real_renameat(from, name, to, other);
  if (done == 0) note(Kind::rename, path_at(from, name), path_at(to, other));
  return done;
}

int __wrap_renameat2(int from, const char* name, int to, const char* other, unsigned flags) {
  const int done = __real_renameat2(from, name, to, other, flags);
  if (done == 0) note(Kind::rename, path_at(from, name), path_at(to, other));
  return done;
}

int __wrap_unlink(const char* path) {
  const int done = __real_unlink(path);
  if (done == 0) note(Kind::remove, recorded(path));
  return done;
}

int __wrap_unlinkat(int folder, const char* path, int flags) {
  const int done = __real_unlinkat(folder, path, flags);
  if (done == 0) note(Kind::remove, path_at(folder, path));
  return done;
}

}  // extern "C"

namespace tenax::testing {

RecordedCalls::RecordedCalls(DiskHistory& history, std::string root) {
  if (g_history != nullptr) throw std::logic_error{"one recorder at a time"};
  g_history = &history;
  g_root = std::move(root);
}

RecordedCalls::~RecordedCalls() { g_history = nullptr; }

}  // namespace tenax::testing
