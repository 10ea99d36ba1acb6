// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/program.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <system_error>
#include <utility>

#include "mail/address.h"
#include "mail/printable.h"
#include "mail/reply.h"

#include "io/file.h"

#include "engine/config.h"
#include "engine/control_client.h"
#include "engine/control_offline.h"
#include "engine/destinations.h"
#include "engine/orders.h"
#include "engine/route.h"
#include "tools/tenax/as_json.h"
#include "tools/tenax/classify.h"
#include "tools/tenax/command_line.h"
#include "tools/tenax/config_text.h"
#include "tools/tenax/explain.h"
#include "tools/tenax/present.h"
#include "tools/tenax/prospects.h"
#include "tools/tenax/recording.h"
#include "tools/tenax/simulate.h"
#include "tools/tenax/suppression.h"
#include "tools/tenax/why.h"

namespace tenax::cli {

namespace {

constexpr std::chrono::seconds kStatusPatience{5};
constexpr std::chrono::minutes kChangePatience{10};
constexpr std::size_t kDestinationsShown = 50;
constexpr std::size_t kDestinationsInJson = 10'000;
constexpr std::size_t kDestinationsChanged = 10;
constexpr std::size_t kMailqLimit = 100'000;
constexpr std::size_t kMostLanesAskedFor = 50;
constexpr std::size_t kContentsLimit = 1024UL * 1024 * 1024;
constexpr std::string_view kOwnRules = "notice.cause_rules";
constexpr std::size_t kMostReturns = 100'000;               // of one run of explain --record
constexpr std::size_t kMostImport = std::size_t{64} << 20;  // octets
constexpr std::int64_t kMostDropFiles = 100'000;

/// What to say and to end with; thrown so that every question can end the program from where it
/// failed. Caught in run().
struct Failure {
  int code = EX_SOFTWARE;
  std::string text;
};

[[noreturn]] void fail(const io::Error& error) {
  throw Failure{engine::exit_code(error), io::to_string(error)};
}

template <class T>
T must(io::Result<T> result) {
  if (!result) fail(result.error());
  return std::move(*result);
}

template <class T>
T must(mail::Parsed<T> parsed) {
  if (!parsed) throw Failure{EX_USAGE, parsed.error().why};
  return std::move(*parsed);
}

class Program {
 public:
  Program(CommandLine line, Surroundings& around) : line_{std::move(line)}, around_{around} {}

  int run();

 private:
  int overview();
  int list();
  int show();
  int show_contents(mail::QueueId id);
  int forecast();
  int why();
  int what_if();
  int change(engine::ControlVerb verb);
  int carry_out(const engine::ControlRequest& request);
  struct Answered {
    engine::ControlAnswer answer;  // of code 0
    bool by_daemon = true;
  };
  Answered have_done(const engine::ControlRequest& request);
  int check();
  int mailq();
  int destination();
  void tell_rules(const mail::Destination& name, DestinationView& view);
  int print_config();
  int classify_input();
  void use_own_rules();
  int explain();
  int record();
  int suppression();
  int edit_suppressions(std::vector<queue::SuppressionEdit> edits, std::string_view done);
  std::string all_of_import();

  void load();
  DaemonState daemon(const queue::Selection& of);
  /// What whoever learns will do with these, of each at most `limit` attempts; nullopt: the
  /// schedule decides. Says in `source` who told it.
  std::optional<std::vector<scheduler::Rehearsal>> foretell(
      const std::vector<scheduler::Role>& roles, std::size_t limit, Source& source);
  engine::ControlAnswer foretell_some(engine::ControlRequest request, Source& source);
  /// Only the busiest lanes are told of unasked. Of a list to thousands some will do.
  void ask_for_its_lanes(const queue::MessageDetails& message, DaemonState& state);
  queue::MessageDetails only_message();
  /// nullptr: no queue is there yet, but its directory is.
  std::unique_ptr<queue::Reader> queue_or_nothing();
  queue::Reader& queue();
  [[nodiscard]] mail::QueueId only_id() const;
  Listing listing(const queue::Selection& selection, std::size_t limit);
  std::optional<std::int64_t> dropped() const;

  template <class Finding, class... Form>
  int say(const Finding& finding, Form... form) {
    around_.out << (line_.json ? as_json(finding) : present(finding, form...));
    return EX_OK;
  }

  CommandLine line_;
  Surroundings& around_;
  engine::LoadedConfig loaded_;
  std::unique_ptr<queue::Reader> reader_;
};

int Program::run() {
  load();
  switch (line_.command) {
    case Command::overview: return overview();
    case Command::list: return list();
    case Command::show: return show();
    case Command::forecast: return forecast();
    case Command::why: return why();
    case Command::what_if: return what_if();
    case Command::retry: return change(engine::ControlVerb::retry);
    case Command::hold: return change(engine::ControlVerb::hold);
    case Command::release: return change(engine::ControlVerb::release);
    case Command::remove: return change(engine::ControlVerb::remove);
    case Command::expire: return change(engine::ControlVerb::expire);
    case Command::flush: return change(engine::ControlVerb::retry);
    case Command::check: return check();
    case Command::mailq: return mailq();
    case Command::destination: return destination();
    case Command::config: return print_config();
    case Command::explain: return line_.record ? record() : explain();
    case Command::suppression: return suppression();
    case Command::classify: return classify_input();
    case Command::simulate: break;  // needs neither config nor queue: see run()
  }
  return EX_SOFTWARE;
}

/// Verbs that change act on what the file says, all of it, and a forecast promises dates by it. Who
/// reads is better served with a warning than with nothing.
bool needs_whole_config(const CommandLine& line) {
  switch (line.command) {
    case Command::explain: return line.record;
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
    case Command::destination:
    case Command::config:
    case Command::simulate:
    case Command::classify: break;
  }
  return false;
}

void Program::load() {
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
void Program::use_own_rules() {
  const engine::Config& config = loaded_.config;
  if (config.cause_rules.empty()) return;
  auto rules = engine::cause_rules_of(config);
  if (rules) return bounce::use_rules(std::move(*rules));
  loaded_.problems.push_back(
      {config.file, config.line_of(kOwnRules), std::string{kOwnRules}, rules.error().why});
}

DaemonState Program::daemon(const queue::Selection& of) {
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

void Program::ask_for_its_lanes(const queue::MessageDetails& message, DaemonState& state) {
  if (!state.view || state.view->lanes.size() < engine::kMostLanes) return;
  std::set<std::string> destinations;
  for (const queue::RecipientRow& row : message.recipients) {
    if (!mail::is_final(row.state)) destinations.insert(row.destination.text());
  }
  std::size_t asked = 0;
  for (const std::string& name : destinations) {
    if (++asked > kMostLanesAskedFor) return;
    queue::Selection only;
    only.destination = name;
    const DaemonState one = daemon(only);
    if (!one.view) return;
    std::vector<scheduler::LaneView>& lanes = state.view->lanes;
    lanes.insert(lanes.end(), one.view->lanes.begin(), one.view->lanes.end());
  }
}

std::unique_ptr<queue::Reader> Program::queue_or_nothing() {
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

queue::Reader& Program::queue() {
  if (!reader_) reader_ = queue_or_nothing();
  if (!reader_) {
    throw Failure{EX_NOINPUT,
                  "there is no queue in " + mail::printable(loaded_.config.state, 300) + " yet"};
  }
  return *reader_;
}

queue::MessageDetails Program::only_message() {
  const mail::QueueId id = only_id();
  io::Result<queue::MessageDetails> found = queue().show(id);
  if (!found && found.error().is(io::Errc::not_found)) {
    throw Failure{EX_NOINPUT, "no message " + id.text() + " in the queue"};
  }
  return must(std::move(found));
}

mail::QueueId Program::only_id() const {
  return must(selection_of(line_.filters, around_.now)).messages.at(0);
}

std::optional<std::int64_t> Program::dropped() const {
  std::error_code failure;
  std::filesystem::directory_iterator entry{loaded_.config.drop_directory(), failure};
  if (failure == std::errc::no_such_file_or_directory) return 0;
  if (failure) return std::nullopt;
  std::int64_t count = 0;
  const std::filesystem::directory_iterator end;
  while (entry != end && count < kMostDropFiles) {
    if (entry->path().extension() == ".msg") ++count;
    entry.increment(failure);
    if (failure) return std::nullopt;
  }
  return count;
}

Listing Program::listing(const queue::Selection& selection, std::size_t limit) {
  Listing listing{
      .rows = must(queue().list(selection, limit + 1)), .cut = false, .now = around_.now};
  listing.cut = listing.rows.size() > limit;
  if (listing.cut)
    listing.rows.erase(listing.rows.begin() + static_cast<std::ptrdiff_t>(limit),
                       listing.rows.end());
  return listing;
}

int Program::overview() {
  Overview overview;
  overview.now = around_.now;
  overview.state_directory = loaded_.config.state;
  overview.daemon = daemon({});  // while we are still root: it may not know the owner
  reader_ = queue_or_nothing();
  const std::size_t most = line_.json ? kDestinationsInJson : kDestinationsShown;
  if (reader_) overview.summary = must(reader_->summary(around_.now, most + 1));
  std::vector<queue::DestinationRow>& rows = overview.summary.destinations;
  if (rows.size() > most) {
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(most), rows.end());
    overview.more_destinations = 1;
  }
  if (overview.summary.oldest) {
    overview.oldest_ends = *overview.summary.oldest + loaded_.config.lifetime;
  }
  overview.dropped = dropped();
  return say(overview, around_.width);
}

int Program::list() {
  const queue::Selection selection = must(selection_of(line_.filters, around_.now));
  return say(listing(selection, line_.limit), around_.width);
}

int Program::mailq() {
  reader_ = queue_or_nothing();
  Listing waiting{.rows = {}, .cut = false, .now = around_.now};
  if (reader_) waiting = listing({}, kMailqLimit);
  std::stable_sort(waiting.rows.begin(), waiting.rows.end(),
                   [](const queue::RecipientRow& a, const queue::RecipientRow& b) {
                     return a.message < b.message;
                   });
  if (line_.json) {
    around_.out << as_json(waiting);
  } else {
    around_.out << present_as_mailq(waiting, dropped());
  }
  return EX_OK;
}

int Program::show() {
  if (line_.header || line_.body || line_.raw) return show_contents(only_id());
  return say(only_message(), around_.now);
}

int Program::show_contents(mail::QueueId id) {
  if (line_.raw && around_.terminal) {
    throw Failure{EX_USAGE, "--raw does not write to a terminal: redirect it"};
  }
  io::Result<std::string> read = queue().contents(id, line_.header ? 0 : kContentsLimit);
  if (!read && read.error().is(io::Errc::not_found)) {
    throw Failure{EX_NOINPUT, "the contents of " + id.text() + " are not in the queue"};
  }
  const std::string contents = must(std::move(read));
  std::string_view part = contents;
  const std::size_t body = body_offset(contents);
  if (line_.header) part = part.substr(0, body);
  if (line_.body) part = part.substr(body);
  if (line_.json) {
    around_.out << contents_as_json(id, part);
  } else if (line_.raw) {
    around_.out << part;
  } else {
    around_.out << printable_lines(part);
  }
  return EX_OK;
}

int Program::forecast() {
  const queue::MessageDetails message = only_message();
  const engine::PlannedConfig planned = engine::plan_of(loaded_.config);
  Source source;
  const Foretell ask = [&](const std::vector<scheduler::Role>& roles) {
    return foretell(roles, scheduler::kMostRehearsed, source);
  };
  Prospects prospects = prospects_of(message, planned.plan.terms.retry, around_.now,
                                     planned.plan.terms.overrides, ask);
  prospects.source = source;
  return say(prospects);
}

engine::ControlAnswer Program::foretell_some(engine::ControlRequest request, Source& source) {
  const engine::Config& config = loaded_.config;
  const auto asked = engine::ask_daemon(config.control_socket(), request, kStatusPatience);
  if (asked && asked->code == 0) {
    source.kind = asked->rehearsals ? Source::Kind::daemon : Source::Kind::schedule;
    return *asked;
  }
  source.kind = config.learn ? Source::Kind::queue : Source::Kind::schedule;
  source.trouble = asked ? asked->error : io::to_string(asked.error());
  if (!asked && engine::nobody_there(asked.error())) source.trouble.clear();
  return engine::control_offline(config, request, around_.operator_name);
}

std::optional<std::vector<scheduler::Rehearsal>> Program::foretell(
    const std::vector<scheduler::Role>& roles, std::size_t limit, Source& source) {
  std::vector<scheduler::Rehearsal> all;
  std::size_t next = 0;
  do {
    engine::ControlRequest request;
    request.verb = engine::ControlVerb::forecast;
    request.limit = limit;
    for (; next < roles.size() && request.roles.size() < engine::kMostRoles; ++next) {
      request.roles.push_back(roles[next]);
    }
    const std::size_t asked = request.roles.size();
    engine::ControlAnswer answer = foretell_some(std::move(request), source);
    if (!answer.rehearsals || answer.rehearsals->size() != asked) return std::nullopt;
    std::ranges::move(*answer.rehearsals, std::back_inserter(all));
  } while (next < roles.size());
  return all;
}

int Program::why() {
  // While we are still root: it may not know the owner.
  queue::Selection asked;
  asked.messages = {only_id()};
  DaemonState state = daemon(asked);
  const queue::MessageDetails message = only_message();
  ask_for_its_lanes(message, state);
  const engine::PlannedConfig planned = engine::plan_of(loaded_.config);
  const Rules rules{planned.plan.terms.retry, loaded_.config.sessions,
                    planned.plan.terms.overrides};
  const CountBefore count = [this](const queue::RecipientRow& row) {
    return must(queue().before(row.id, around_.now));
  };
  Source source;
  const Foretell ask = [&](const std::vector<scheduler::Role>& roles) {
    return foretell(roles, 1, source);
  };
  return say(reasons_of(message, std::move(state), rules, around_.now, count, ask));
}

int Program::what_if() {
  const engine::Config& config = loaded_.config;
  const engine::Terms terms = engine::plan_of(config).plan.terms;
  const scheduler::RetryPolicy& in_force = terms.retry;
  const std::optional<mail::Duration> since = mail::parse_duration(line_.since);
  if (!since || *since == mail::Duration::zero()) {
    throw Failure{EX_USAGE, "--since: not a length of time: \"" + line_.since + "\""};
  }
  const scheduler::Schedule now{.policy = in_force, .delays = {}};
  const scheduler::Schedule other = must(schedule_of(line_.schedule, in_force));
  // Of older mail only what is still open is known, and that would not be a fair part of it.
  const mail::Duration reach = std::min(*since, config.history);
  engine::WhatIfAnswer answer =
      must(engine::what_if(queue(), now, other, terms.overrides, around_.now - reach, around_.now));
  WhatIfView view{.in_force = now,
                  .other = other,
                  .since = reach,
                  .since_cut = reach < *since,
                  .answer = std::move(answer),
                  .destinations = {}};
  view.destinations = view.answer.counted.most_changed(kDestinationsChanged);
  return say(view, around_.width);
}

int Program::change(engine::ControlVerb verb) {
  return carry_out({.verb = verb,
                    .selection = must(selection_of(line_.filters, around_.now)),
                    .everything = line_.everything});
}

int Program::carry_out(const engine::ControlRequest& request) {
  const Answered done = have_done(request);
  return say(Changed{request.verb, done.answer.operated, done.by_daemon});
}

Program::Answered Program::have_done(const engine::ControlRequest& request) {
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
  if (answer.code != 0) throw Failure{answer.code, answer.error};
  return {std::move(answer), by_daemon};
}

int Program::check() {
  const std::vector<queue::Violation> violations = must(queue().check(around_.now));
  say(violations);
  return violations.empty() ? EX_OK : 1;
}

/// What the configuration says of it. Whose mail hosts are known to the daemon only is known by
/// who answered last.
void Program::tell_rules(const mail::Destination& name, DestinationView& view) {
  const engine::PlannedConfig planned = engine::plan_of(loaded_.config);
  int line = view.lane ? view.lane->line : 0;
  if (line == 0) {
    const auto answered = std::ranges::find_if(
        view.listing.rows, [](const queue::RecipientRow& row) { return row.last.has_value(); });
    const std::optional<mail::Verdict> last =
        answered == view.listing.rows.end() ? std::nullopt : answered->last;
    const auto entry = engine::entry_of(planned.plan.terms.overrides, name, last);
    if (entry) line = entry->line;
  }
  const auto given =
      std::ranges::find(loaded_.config.destinations, line, &engine::DestinationConfig::line);
  if (line == 0 || given == loaded_.config.destinations.end()) return;
  view.rules = rules_text(*given);
  view.rules_from = loaded_.config.file + ":" + std::to_string(line);
}

int Program::destination() {
  const auto name = mail::Destination::parse(line_.name);
  if (!name) throw Failure{EX_USAGE, name.error().why};
  queue::Selection of;
  of.destination = name->text();
  if (line_.forget) {
    return carry_out({.verb = engine::ControlVerb::forget, .selection = of, .everything = false});
  }
  DestinationView view;
  view.destination = name->text();
  view.daemon = daemon(of);
  if (view.daemon.view && !view.daemon.view->lanes.empty()) {
    view.lane = view.daemon.view->lanes.front();
  }
  const queue::Summary summary = must(queue().summary(around_.now, kDestinationsInJson));
  for (const queue::DestinationRow& row : summary.destinations) {
    if (row.destination == view.destination) view.row = row;
  }
  view.site = engine::known_site(must(queue().lessons()), *name, around_.now);
  view.listing = listing(of, line_.limit);
  tell_rules(*name, view);
  return say(view, around_.width);
}

int Program::explain() {
  if (source_of(line_.name) == ExplainSource::message) {
    const mail::QueueId id = must(mail::QueueId::parse(line_.name));
    const engine::ExplainedMail told = explained(must(queue().show(id)), around_.now);
    around_.out << (line_.json ? as_json(told, "") : present(told, ""));
    return EX_OK;
  }
  std::string wrong;
  const ExplainForm form{line_.json, around_.now};
  const int code = explain_outside(line_.name, around_.in, form, around_.out, wrong);
  if (code != EX_OK) throw Failure{code, wrong};
  return EX_OK;
}

/// The mails are read before we become the owner of the queue, who may not see them.
int Program::record() {
  if (source_of(line_.name) == ExplainSource::message ||
      source_of(line_.name) == ExplainSource::words) {
    throw Failure{EX_USAGE, "--record takes a mail, an mbox or a Maildir"};
  }
  std::vector<Return> returns;
  std::string wrong;
  ExplainForm form{line_.json, around_.now, {}};
  form.instead = [&](const engine::ExplainedMail& mail, const std::string& where) {
    std::vector<Return> more = returns_of(mail, where, loaded_.config.suppression_verp);
    std::ranges::move(more, std::back_inserter(returns));
    if (returns.size() > kMostReturns) throw Failure{EX_DATAERR, "too many mails at once"};
  };
  const int code = explain_outside(line_.name, around_.in, form, around_.out, wrong);
  if (code != EX_OK) throw Failure{code, wrong};
  const std::vector<Recorded> all = join(
      std::move(returns),
      [this](const std::vector<queue::Sought>& sought) { return must(queue().find_sent(sought)); });
  engine::ControlRequest request{.verb = engine::ControlVerb::suppress, .selection = {}};
  const auto send = [&] {
    if (!request.edits.empty()) (void)have_done(request);
    request.edits.clear();
  };
  for (const Recorded& one : all) {
    if (!one.why_not.empty()) continue;
    request.edits.push_back({queue::SuppressionVerb::returned, "", one.sent->recipient,
                             one.what.cause, one.what.reply});
    if (request.edits.size() == engine::kMostEdits) send();
  }
  send();
  around_.out << (line_.json ? as_json(all) : present(all));
  return EX_OK;
}

std::string Program::all_of_import() {
  if (!line_.name.empty() && line_.name != "-") return must(io::read_file(line_.name, kMostImport));
  if (around_.in == nullptr) throw Failure{EX_USAGE, "there is no standard input"};
  std::string text(kMostImport + 1, '\0');
  around_.in->read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(around_.in->gcount()));
  if (text.size() > kMostImport) throw Failure{EX_DATAERR, "more than 64 MiB"};
  return text;
}

int Program::suppression() {
  std::vector<queue::SuppressionEdit> edits;
  switch (line_.deed) {
    case ListDeed::list: {
      SuppressionView view{.rows = must(queue().suppressions(line_.limit + 1)),
                           .cut = false,
                           .policy = engine::plan_of(loaded_.config).plan.terms.suppression,
                           .now = around_.now};
      view.cut = view.rows.size() > line_.limit;
      if (view.cut) view.rows.pop_back();
      return say(view, around_.width);
    }
    case ListDeed::add:
    case ListDeed::remove:
      for (const std::string& typed : line_.addresses) {
        const auto verb = line_.deed == ListDeed::add ? queue::SuppressionVerb::add
                                                      : queue::SuppressionVerb::remove;
        const auto address = mail::Address::parse(typed);
        if (!address) {
          throw Failure{EX_USAGE, "\"" + mail::printable(typed, 100) +
                                      "\" is no address: " + address.error().why};
        }
        edits.push_back({verb, address->text(), {}, "", line_.note});
      }
      return edit_suppressions(std::move(edits), line_.deed == ListDeed::add ? "added" : "removed");
    case ListDeed::import: {
      const auto listed = read_addresses(all_of_import());
      if (!listed) throw Failure{EX_DATAERR, listed.error().why};
      for (const Listed& one : *listed) {
        edits.push_back({queue::SuppressionVerb::add, one.address, {}, "", one.note});
      }
      return edit_suppressions(std::move(edits), "added");
    }
  }
  return EX_SOFTWARE;
}

int Program::edit_suppressions(std::vector<queue::SuppressionEdit> edits, std::string_view done) {
  SuppressionsChanged changed{.deed = std::string{done}};
  for (std::size_t at = 0; at < edits.size(); at += engine::kMostEdits) {
    engine::ControlRequest request{.verb = engine::ControlVerb::suppress, .selection = {}};
    const std::size_t end = std::min(edits.size(), at + engine::kMostEdits);
    for (std::size_t i = at; i < end; ++i) request.edits.push_back(std::move(edits[i]));
    const Answered answered = have_done(request);
    changed.changed += answered.answer.operated.changed;
    changed.by_daemon = answered.by_daemon;
  }
  return say(changed);
}

int Program::print_config() {
  // Where we can be the daemon's user, we see the files the config names as it will.
  (void)engine::become_owner_of(loaded_.config.state);
  const engine::Orders orders = engine::orders_of(loaded_);
  const std::string toml = config_text(loaded_.config);
  std::vector<std::string> problems;
  for (const engine::ConfigProblem& problem : orders.problems) {
    problems.push_back(mail::printable(problem.text(), 500));
  }
  if (line_.json) {
    around_.out << config_as_json(loaded_.config.file, toml, problems);
  } else {
    around_.out << toml;
    for (const std::string& problem : problems) around_.error << "tenax: " << problem << "\n";
  }
  return problems.empty() ? EX_OK : EX_CONFIG;
}

int Program::classify_input() {
  if (around_.in == nullptr) throw Failure{EX_USAGE, "there is no standard input"};
  return classify(*around_.in, around_.out, around_.now, line_.json);
}

}  // namespace

int run(const std::vector<std::string>& words, Surroundings& around) {
  std::variant<CommandLine, Ended> read = read_command_line(words);
  const bool json = std::find(words.begin(), words.end(), "--json") != words.end();
  const auto complain = [&](int code, const std::string& text) {
    const std::string line = mail::printable(text, 1000);
    if (json) around.out << error_as_json(code, line) << std::flush;
    // Where the answer cannot be written, the reason cannot be part of it.
    if (!json || !around.out) around.error << "tenax: " << line << "\n";
    return code;
  };
  const auto written = [&](int code) {
    around.out.flush();
    return around.out ? code : complain(EX_IOERR, "the output could not be written");
  };
  if (const Ended* ended = std::get_if<Ended>(&read)) {
    if (!ended->error.empty()) return complain(ended->code, ended->error);
    around.out << ended->out;
    return written(ended->code);
  }
  const CommandLine& typed = std::get<CommandLine>(read);
  if (typed.command == Command::simulate) {
    if (around.in == nullptr) return complain(EX_USAGE, "there is no standard input");
    return written(simulate(*around.in, around.out, around.error));
  }
  try {
    Program program{std::get<CommandLine>(std::move(read)), around};
    return written(program.run());
  } catch (const Failure& failure) {
    return complain(failure.code, failure.text);
  }
}

}  // namespace tenax::cli
