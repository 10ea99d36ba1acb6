// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/call.h"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

#include "mail/printable.h"

#include "engine/control_offline.h"
#include "engine/orders.h"
#include "tools/tenax/explain.h"
#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

constexpr std::chrono::minutes kChangePatience{10};
constexpr std::string_view kOwnRules = "notice.cause_rules";
constexpr std::int64_t kMostDropFiles = 100'000;

/// Verbs that change act on what the file says, all of it, and a forecast promises dates by it. Who
/// reads is better served with a warning than with nothing.
bool needs_whole_config(const CommandLine& line) {
  switch (line.command) {
    case Command::explain: return line.record;
    case Command::destination: return line.forget;
    case Command::suppression: return line.deed != ListDeed::list;
    case Command::forecast:
    case Command::what_if:
    case Command::retry:
    case Command::hold:
    case Command::release:
    case Command::remove:
    case Command::expire:
    case Command::flush: return true;
    case Command::overview:
    case Command::list:
    case Command::show:
    case Command::why:
    case Command::check:
    case Command::mailq:
    case Command::config:
    case Command::simulate:
    case Command::classify: break;
  }
  return false;
}

}  // namespace

void fail(const io::Error& error) { throw Failure{engine::exit_code(error), io::to_string(error)}; }

Call::Call(CommandLine line, Surroundings& around) : line_{std::move(line)}, around_{around} {
  load();
}

void Call::load() {
  loaded_ = engine::load_config(engine::find_config(line_.config));
  if (!line_.state.empty()) loaded_.config.state = line_.state;
  if (line_.command == Command::config) return;  // it lists the problems itself
  use_own_rules();
  const bool reads_outside =
      line_.command == Command::classify || (line_.command == Command::explain && !line_.record &&
                                             source_of(line_.name) != ExplainSource::message);
  for (const engine::ConfigProblem& problem : loaded_.problems) {
    // Without these it would be somebody else's queue. No key: nothing of the file could be read.
    const bool where = problem.key.empty() || problem.key == "state" || problem.key == "runtime";
    const bool needed = reads_outside ? problem.key == kOwnRules : where && line_.state.empty();
    if (needed || needs_whole_config(line_)) {
      throw Failure{EX_CONFIG, problem.text()};
    }
    around_.error << "tenax: warning: " << mail::printable(problem.text(), 500) << "\n";
  }
}

/// What an answer means has to be what the daemon takes it for.
void Call::use_own_rules() {
  const engine::Config& config = loaded_.config;
  if (config.cause_rules.empty()) return;
  auto rules = engine::cause_rules_of(config);
  if (rules) return bounce::use_rules(std::move(*rules));
  loaded_.problems.push_back(
      {config.file, config.line_of(kOwnRules), std::string{kOwnRules}, rules.error().why});
}

DaemonState Call::daemon(const queue::Selection& of) {
  engine::ControlRequest request;
  request.selection = of;
  const auto answer = engine::ask_daemon(loaded_.config.control_socket(), request, kStatusPatience);
  using Life = DaemonState::Life;
  if (!answer && engine::nobody_there(answer.error())) return {};
  if (!answer) return {Life::unknown, std::nullopt, io::to_string(answer.error())};
  if (answer->code == EX_NOPERM) return {Life::up, std::nullopt, {}};
  if (answer->code != 0) return {Life::unknown, std::nullopt, answer->error};
  return {Life::up, answer->engine, {}};
}

Call::Answered Call::have_done(const engine::ControlRequest& request) {
  const std::optional<std::string> why_not = engine::objection(request);
  if (why_not) throw Failure{EX_USAGE, *why_not};

  io::Result<engine::ControlAnswer> asked =
      engine::ask_daemon(loaded_.config.control_socket(), request, kChangePatience);
  const bool by_daemon = asked || !engine::nobody_there(asked.error());
  if (!asked && asked.error().is(io::Errc::denied)) {
    throw Failure{EX_NOPERM, "denied: the daemon's socket " +
                                 mail::printable(loaded_.config.control_socket(), 300) +
                                 " is not yours to use"};
  }
  engine::ControlAnswer answer;
  if (by_daemon) {
    answer = must(std::move(asked));
  } else {
    const io::Result<> became = engine::become_owner_of(loaded_.config.state);
    if (!became) fail(became.error());
    answer = engine::control_offline(loaded_.config, request, around_.operator_name);
  }
  if (!by_daemon && answer.code == EX_NOINPUT) {
    const std::int64_t waiting = dropped().value_or(0);
    if (waiting > 0) answer.error += "; " + in_the_drop_folder(waiting);
  }
  if (answer.code != 0) throw Failure{answer.code, answer.error};
  return {std::move(answer), by_daemon};
}

std::unique_ptr<queue::Reader> Call::open_queue() {
  const std::string& directory = loaded_.config.state;
  const io::Result<> became = engine::become_owner_of(directory);
  if (!became && became.error().is(io::Errc::not_found)) {
    throw Failure{EX_NOINPUT, "there is no queue in " + mail::printable(directory, 300)};
  }
  if (!became) fail(became.error());
  io::Result<std::unique_ptr<queue::Reader>> opened = queue::Reader::open(directory);
  if (!opened && opened.error().is(io::Errc::not_found)) return nullptr;
  if (!opened && opened.error().is(io::Errc::denied)) {
    const bool readable =
        ::faccessat(AT_FDCWD, (directory + "/queue.db").c_str(), R_OK, AT_EACCESS) == 0;
    throw Failure{EX_NOPERM, readable
                                 ? opened.error().context
                                 : "denied: the queue in " + directory + " is not yours to read"};
  }
  return must(std::move(opened));
}

queue::Reader* Call::queue_or_nothing() {
  if (!reader_) reader_ = open_queue();
  return reader_.get();
}

queue::Reader& Call::queue() {
  if (queue_or_nothing() == nullptr) {
    throw Failure{EX_NOINPUT,
                  "there is no queue in " + mail::printable(loaded_.config.state, 300) + " yet"};
  }
  return *reader_;
}

queue::MessageDetails Call::only_message() {
  const mail::QueueId id = only_id();
  io::Result<queue::MessageDetails> found = queue().show(id);
  if (!found && found.error().is(io::Errc::not_found)) {
    throw Failure{EX_NOINPUT, "no message " + id.text() + " in the queue"};
  }
  return must(std::move(found));
}

mail::QueueId Call::only_id() const {
  return must(selection_of(line_.filters, around_.now)).messages.at(0);
}

std::optional<std::int64_t> Call::dropped() const {
  const io::Result<std::int64_t> count =
      queue::count_dropped(loaded_.config.drop_directory(), kMostDropFiles);
  if (!count && count.error().is(io::Errc::not_found)) return 0;
  return count ? std::optional{*count} : std::nullopt;
}

Listing Call::listing(const queue::Selection& selection, std::size_t limit) {
  Listing listing{
      .rows = must(queue().list(selection, limit + 1)), .cut = false, .now = around_.now};
  listing.cut = listing.rows.size() > limit;
  if (listing.cut)
    listing.rows.erase(listing.rows.begin() + static_cast<std::ptrdiff_t>(limit),
                       listing.rows.end());
  return listing;
}

}  // namespace tenax::cli
