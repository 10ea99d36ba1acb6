// SPDX-License-Identifier: Apache-2.0
#include "tests/io/no_descriptors.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace {

std::atomic<bool> g_none{false};
std::atomic<int> g_refused{0};

int refuse() {
  ++g_refused;
  errno = EMFILE;
  return -1;
}

}  // namespace

// These stand before the C library's in this program.
extern "C" int socket(int domain, int type, int protocol) noexcept {
  if (g_none) return refuse();
  return static_cast<int>(::syscall(SYS_socket, domain, type, protocol));
}

extern "C" int timerfd_create(clockid_t clock, int flags) noexcept {
  if (g_none) return refuse();
  return static_cast<int>(::syscall(SYS_timerfd_create, clock, flags));
}

extern "C" int pipe2(int* ends, int flags) noexcept {
  if (g_none) return refuse();
  return static_cast<int>(::syscall(SYS_pipe2, ends, flags));
}

namespace tenax::testing {

NoDescriptors::NoDescriptors() {
  g_refused = 0;
  g_none = true;
}

NoDescriptors::~NoDescriptors() { g_none = false; }

int NoDescriptors::refused() const { return g_refused; }

}  // namespace tenax::testing
