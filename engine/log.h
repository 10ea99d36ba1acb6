// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where log lines go, as the config says.

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "io/result.h"

namespace tenax::engine {

/// `level`: "debug", "info", "warn", "error". `to`: "stderr" (with the journal's level prefixes
/// when that is where it goes), "syslog", or a file, where lines below "warn" wait for a flush().
/// Errors: unfit for a file that is none or cannot be opened.
/// Concurrency: the logger is thread-safe.
[[nodiscard]] io::Result<std::shared_ptr<spdlog::logger>> open_log(const std::string& to,
                                                                   const std::string& level);

/// The same logger writes elsewhere from now on, or to the same file opened anew (SIGHUP after a
/// rotation). On an error it goes on as before. Nobody may log meanwhile.
[[nodiscard]] io::Result<> reopen_log(spdlog::logger& log, const std::string& to,
                                      const std::string& level);

}  // namespace tenax::engine
