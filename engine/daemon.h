// SPDX-License-Identifier: Apache-2.0
#pragma once
// The daemon as a process: builds the real world out of the config, opens the doors, runs the
// engine, and answers signals. What tenaxd does beside reading its flags.

#include <string>

namespace tenax::engine {

struct DaemonOptions {
  std::string config;     // from --config; "" for the usual places
  std::string state;      // from --state; overrides the file
  std::string log_level;  // from --log-level; overrides the file
  bool once = false;      // run the queue once and leave
};

/// The exit code, of sysexits.h: 0 after a stop; EX_CONFIG with every problem printed as
/// "file:line: key: what"; EX_TEMPFAIL when another daemon has the queue, or when it has to be
/// opened anew and a supervisor should start us again. Blocking; once per process.
int run_daemon(const DaemonOptions& options);

}  // namespace tenax::engine
