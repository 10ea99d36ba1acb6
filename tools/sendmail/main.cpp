// SPDX-License-Identifier: Apache-2.0
// tenax-sendmail: the drop-in for /usr/sbin/sendmail. Takes one message and ends; exit 0 means that
// it is on disk.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "mail/printable.h"

#include "engine/config.h"
#include "engine/hand_over.h"
#include "engine/submit.h"
#include "tools/sendmail/account.h"
#include "tools/sendmail/operate.h"
#include "tools/sendmail/options.h"
#include "tools/sendmail/smtp.h"

namespace {

using namespace tenax;

constexpr std::string_view kUsage =
    "usage: tenax-sendmail [-ti] [-f sender] [-F name] [-N notify] [-R full|hdrs] [-V envid]\n"
    "                      [--] [recipient ...] < message\n"
    "See tenax-sendmail(1).\n";

void write_line(int fd, std::string_view text) {
  std::string line{text};
  if (!line.ends_with('\n')) line.push_back('\n');
  // Nobody is left to tell when stderr is closed.
  [[maybe_unused]] const ssize_t written = ::write(fd, line.data(), line.size());
}

void complain(std::string_view text) {
  write_line(STDERR_FILENO, "tenax-sendmail: " + std::string{text});
}

int fail(const engine::Refusal& refusal) {
  complain(refusal.text);
  return refusal.exit_code;
}

/// What is wrong in sections that are the daemon's business, routes and sections that do not exist
/// among them, is the daemon's to complain about.
bool concerns_us(const engine::ConfigProblem& problem) {
  if (problem.key.starts_with("submission.") || problem.key == "[submission]") return true;
  return problem.key.find('.') == std::string::npos && !problem.key.starts_with('[');
}

constexpr std::array kDeadly = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/// While it lives, deadly signals wait: what was begun on disk is finished or taken back first.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : kDeadly) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalsWait() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

  static bool one_came() {
    sigset_t pending;
    if (::sigpending(&pending) != 0) return false;
    return std::ranges::any_of(kDeadly,
                               [&](int signal) { return sigismember(&pending, signal) == 1; });
  }

 private:
  sigset_t before_{};
};

engine::Outcome<engine::HandedOver> hand_over(engine::ReadySubmission& submission,
                                              const engine::Config& config) {
  engine::HandOverDoors doors;
  doors.socket = config.submit_socket();
  doors.drop_directory = config.drop_directory();
  doors.patience = config.answer_timeout;
  doors.interrupted = SignalsWait::one_came;
  const SignalsWait wait;
  return engine::hand_over(submission.envelope, submission.contents, doors);
}

/// Nothing is taken under a config that may mean something else.
engine::Outcome<engine::Config> our_config() {
  engine::LoadedConfig loaded = engine::load_config_without_routes(engine::find_config(""));
  for (const engine::ConfigProblem& problem : loaded.problems) {
    if (concerns_us(problem)) return engine::Refusal{EX_CONFIG, problem.text()};
  }
  return std::move(loaded.config);
}

int speak_smtp() {
  const engine::Outcome<engine::Config> config = our_config();
  if (!config) return fail(config.error());
  const auto give = [&config](engine::ReadySubmission& ready) { return hand_over(ready, *config); };
  const engine::Outcome<> spoken = sendmail::speak_smtp(*config, give, STDIN_FILENO, STDOUT_FILENO);
  return spoken ? EX_OK : fail(spoken.error());
}

int submit(const sendmail::Options& options) {
  const engine::Outcome<engine::Config> config = our_config();
  if (!config) return fail(config.error());
  engine::Outcome<engine::ReadySubmission> ready =
      engine::read_submission(options.message, *config, sendmail::our_account, STDIN_FILENO);
  if (!ready) return fail(ready.error());
  const engine::Outcome<engine::HandedOver> handed_over = hand_over(*ready, *config);
  if (!handed_over) return fail(handed_over.error());
  if (options.verbose) {
    write_line(STDOUT_FILENO, handed_over->queue_id.empty()
                                  ? "kept in the drop folder: " + handed_over->why_dropped
                                  : "queued as " + handed_over->queue_id);
  }
  return EX_OK;
}

std::vector<std::string> queue_run(const sendmail::Options& options) {
  if (options.retry_only.empty()) return {"flush"};
  std::vector<std::string> arguments{"retry"};
  arguments.insert(arguments.end(), options.retry_only.begin(), options.retry_only.end());
  return arguments;
}

void say_nothing() {
  const int nowhere = ::open("/dev/null", O_WRONLY);
  if (nowhere >= 0) ::dup2(nowhere, STDOUT_FILENO);
}

int run(const sendmail::Options& options) {
  using sendmail::Mode;
  switch (options.mode) {
    case Mode::submit: return submit(options);
    case Mode::list: return fail({EX_UNAVAILABLE, sendmail::become_tenax({"mailq"})});
    case Mode::flush:
      // Cron would mail each of its lines to somebody; no other sendmail says any.
      if (!options.verbose) say_nothing();
      return fail({EX_UNAVAILABLE, sendmail::become_tenax(queue_run(options))});
    case Mode::smtp: return speak_smtp();
    case Mode::nothing: return EX_OK;
    case Mode::not_offered:
      return fail({EX_USAGE, "-b" + mail::printable(options.mode_letter, 20) +
                                 " is not offered; the daemon is tenaxd"});
    case Mode::version: write_line(STDOUT_FILENO, "tenax-sendmail " TENAX_VERSION); return EX_OK;
    case Mode::usage: write_line(STDOUT_FILENO, kUsage); return EX_OK;
  }
  return EX_SOFTWARE;
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is a full disk to us, not the end
  try {
    const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    const engine::Outcome<sendmail::Options> options =
        sendmail::read_options(argc > 0 ? argv[0] : "", words);
    if (!options) return fail(options.error());
    for (const std::string& warning : options->warnings) complain(warning);
    return run(*options);
  } catch (const std::bad_alloc&) {
    complain("out of memory; nothing was queued");
    return EX_TEMPFAIL;
  } catch (const std::exception& bug) {
    complain(std::string{"a bug of ours: "} + bug.what());
    return EX_SOFTWARE;
  }
}
