// SPDX-License-Identifier: Apache-2.0
#pragma once
// The other end of control.sock, for programs that ask one thing and wait for the answer.

#include <chrono>
#include <string>

#include "io/result.h"

#include "engine/control.h"

namespace tenax::engine {

/// Asks the daemon at `path` and waits for its answer, `patience` in all. Blocking.
///
/// An answer with a code is a success here: the daemon said no. Errors: not_found and refused
/// (nobody listens: no daemon runs), denied (the socket cannot be reached by us), timed_out and
/// closed (it is not known whether it was done), protocol (what answers is no daemon of ours).
[[nodiscard]] io::Result<ControlAnswer> ask_daemon(const std::string& path,
                                                   const ControlRequest& request,
                                                   std::chrono::milliseconds patience);

/// Does this error of ask_daemon() say that no daemon runs?
[[nodiscard]] bool nobody_there(const io::Error& error);

}  // namespace tenax::engine
