// SPDX-License-Identifier: Apache-2.0
#include "engine/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "engine/log_place.h"

namespace tenax::engine {

namespace {

/// "<6>": the journal reads a line's level from its start (sd-daemon(3)).
class JournalPrefix final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& into) override {
    const std::string_view prefix = prefix_of(message.level);
    into.append(prefix.data(), prefix.data() + prefix.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JournalPrefix>();
  }

 private:
  static std::string_view prefix_of(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::critical: return "<2>";
      case spdlog::level::err: return "<3>";
      case spdlog::level::warn: return "<4>";
      case spdlog::level::info: return "<6>";
      default: return "<7>";
    }
  }
};

/// Is stderr the stream that systemd named to us, rather than one somebody redirected since?
bool stderr_is_the_journal() {
  const char* named = std::getenv("JOURNAL_STREAM");
  struct stat found {};
  if (named == nullptr || ::fstat(2, &found) != 0) return false;
  return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino) == named;
}

std::shared_ptr<spdlog::sinks::sink> stderr_sink() {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  if (stderr_is_the_journal()) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<JournalPrefix>('*').set_pattern("%*%v");
    sink->set_formatter(std::move(formatter));
  } else {
    sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  }
  return sink;
}

io::Result<std::shared_ptr<spdlog::sinks::sink>> sink_for(const std::string& to) {
  if (to == "stderr") return stderr_sink();
  if (to == "syslog") {
    constexpr int kMailFacility = LOG_MAIL;
    auto sink = std::make_shared<spdlog::sinks::syslog_sink_mt>("tenaxd", LOG_PID, kMailFacility,
                                                                /*enable_formatting=*/false);
    return std::shared_ptr<spdlog::sinks::sink>{std::move(sink)};
  }
  const std::string fault = fault_of_log(to);  // it may have become something else
  if (!fault.empty()) return io::error(io::Errc::unfit, "log: " + to + ": " + fault);
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(to);
    sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return std::shared_ptr<spdlog::sinks::sink>{std::move(sink)};
  } catch (const spdlog::spdlog_ex& failure) {
    return io::error(io::Errc::unfit, std::string{"log: "} + failure.what());
  }
}

spdlog::level::level_enum level_of(std::string_view level) {
  if (level == "debug") return spdlog::level::debug;
  if (level == "warn") return spdlog::level::warn;
  if (level == "error") return spdlog::level::err;
  return spdlog::level::info;
}

}  // namespace

io::Result<std::shared_ptr<spdlog::logger>> open_log(const std::string& to,
                                                     const std::string& level) {
  auto sink = sink_for(to);
  if (!sink) return sink.error();
  auto log = std::make_shared<spdlog::logger>("tenaxd", std::move(*sink));
  log->set_level(level_of(level));
  log->flush_on(spdlog::level::warn);
  return log;
}

io::Result<> reopen_log(spdlog::logger& log, const std::string& to, const std::string& level) {
  auto sink = sink_for(to);
  if (!sink) return sink.error();
  log.sinks() = {std::move(*sink)};
  log.set_level(level_of(level));
  return io::Result<>{};
}

}  // namespace tenax::engine
