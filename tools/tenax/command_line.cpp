// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/command_line.h"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "mail/address.h"
#include "mail/destination.h"
#include "mail/domain.h"
#include "mail/ids.h"
#include "mail/recipient.h"
#include "mail/reply.h"

#include "engine/control_lines.h"
#include "engine/next_hop.h"

namespace tenax::cli {

namespace {

constexpr std::size_t kLongestReplyFilter = 500;
const char* const kJson = "--json";

const char* const kFooter =
    "\nLengths of time: 90s, 15m, 4h, 5d, 1h30m. Exit codes are those of sysexits.h; tenax(1) "
    "lists "
    "them.\n";

/// An empty argument is a variable that was not set: taken for no filter, or for the default
/// place, it would have a verb act on far more than was meant, or elsewhere.
CLI::Validator not_empty() {
  return CLI::Validator{
      [](const std::string& value) { return std::string{value.empty() ? "it is empty" : ""}; }, "",
      "not empty"};
}

void add_filters(CLI::App& verb, CommandLine& line) {
  Filters& filters = line.filters;
  verb.add_option("--sender", filters.sender, "From this address, @domain or <>")
      ->check(not_empty());
  verb.add_option("--recipient", filters.recipient, "To this address or @domain")
      ->check(not_empty());
  verb.add_option("--domain", filters.domain, "To this domain, whatever its next hop")
      ->check(not_empty());
  verb.add_option("--destination", filters.destination, "By this next hop")->check(not_empty());
  verb.add_option("--state", filters.states,
                  "waiting, leased, held, delivered, failed, removed, open, ended or all; several "
                  "with commas")
      ->allow_extra_args(false)
      ->check(not_empty());
  verb.add_option("--older", filters.older, "Accepted longer ago than this")->check(not_empty());
  verb.add_option("--newer", filters.newer, "Accepted more recently than this")->check(not_empty());
  verb.add_option("--reply", filters.reply, "The last reply contains this")->check(not_empty());
}

CLI::App& add_verb(CLI::App& app, CommandLine& line, Command command, const char* name,
                   const char* says) {
  CLI::App& verb = *app.add_subcommand(name, says);
  verb.fallthrough();  // --json and the like may follow the verb
  verb.final_callback([&line, command] { line.command = command; });
  return verb;
}

void add_changing(CLI::App& app, CommandLine& line, Command command, const char* name,
                  const char* says) {
  CLI::App& verb = add_verb(app, line, command, name, says);
  verb.add_option("ids", line.filters.ids, "Queue ids")->check(not_empty());
  add_filters(verb, line);
  verb.add_flag("--all", line.everything, "The whole queue is meant");
}

void add_what_if(CLI::App& app, CommandLine& line) {
  CLI::App& verb = add_verb(app, line, Command::what_if, "what-if",
                            "Replays the recorded history under another retry schedule");
  ScheduleWords& words = line.schedule;
  const auto option = [&verb](const char* name, std::string& value, const char* says) {
    verb.add_option(name, value, says)->check(not_empty());
  };
  option("--schedule", words.delays, "Delays with commas, of which the last repeats: 5m,10m,20m");
  option("--first-delay", words.first_delay, "Or retry.first_delay");
  option("--longest-delay", words.longest_delay, "Or retry.longest_delay");
  option("--growth", words.growth, "Or retry.growth");
  option("--jitter", words.jitter, "Also retry.jitter");
  option("--lifetime", words.lifetime, "Also retry.lifetime");
  option("--since", line.since, "Of mail accepted more recently than this");
}

void add_suppression(CLI::App& app, CommandLine& line) {
  CLI::App& verb = add_verb(app, line, Command::suppression, "suppression",
                            "Addresses that mail does not reach: the list, shown and edited");
  verb.require_subcommand(1);
  const auto deed = [&](ListDeed what, const char* name, const char* says) -> CLI::App& {
    CLI::App& sub = *verb.add_subcommand(name, says);
    sub.fallthrough();
    sub.final_callback([&line, what] { line.deed = what; });
    return sub;
  };
  CLI::App& list = deed(ListDeed::list, "list", "Shows it, those that changed last first");
  list.add_option("--limit", line.limit, "At most so many lines")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  CLI::App& add = deed(ListDeed::add, "add", "Suppresses addresses until they are removed");
  add.add_option("addresses", line.addresses, "Addresses")->required()->check(not_empty());
  add.add_option("--note", line.note, "Why, for whoever reads the list");
  CLI::App& remove = deed(ListDeed::remove, "remove", "Takes addresses off, and forgets why");
  remove.add_option("addresses", line.addresses, "Addresses")->required()->check(not_empty());
  CLI::App& import = deed(ListDeed::import, "import", "Adds an address a line, a note behind it");
  import.add_option("file", line.name, "A file; without it, or with -: standard input")
      ->check(not_empty());
}

void add_reading(CLI::App& app, CommandLine& line) {
  CLI::App& list = add_verb(app, line, Command::list, "list", "Lists recipients");
  list.add_option("ids", line.filters.ids, "Queue ids")->check(not_empty());
  add_filters(list, line);
  list.add_option("--limit", line.limit, "At most so many lines")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));

  CLI::App& show = add_verb(app, line, Command::show, "show", "Shows one message, all of it");
  show.add_option("id", line.filters.ids, "Queue id")->required()->expected(1);
  show.add_flag("--header", line.header, "Its header section instead");
  show.add_flag("--body", line.body, "Its body instead");
  show.add_flag("--raw", line.raw, "Its contents byte for byte, not to a terminal");

  CLI::App& forecast =
      add_verb(app, line, Command::forecast, "forecast", "What is going to happen, and when");
  forecast.add_option("id", line.filters.ids, "Queue id")->required()->expected(1);

  CLI::App& why = add_verb(app, line, Command::why, "why", "What holds a message right now");
  why.add_option("id", line.filters.ids, "Queue id")->required()->expected(1);

  add_what_if(app, line);

  CLI::App& destination =
      add_verb(app, line, Command::destination, "destination", "One next hop: its lane, its mail");
  destination
      .add_option("name", line.name, "As in the table: example.net, [relay.example.com]:587")
      ->required();
  destination.add_flag("--forget", line.forget, "Forget what its receiver taught");
  destination.add_option("--limit", line.limit, "At most so many lines")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));

  add_verb(app, line, Command::check, "check", "Verifies the promises of the queue");
  add_verb(app, line, Command::mailq, "mailq", "The queue as sendmail -bp lists it");
  add_verb(app, line, Command::config, "config", "The configuration in effect, and its problems");
  CLI::App& explain = add_verb(app, line, Command::explain, "explain",
                               "What a bounce, a reply or a message of the queue tells");
  explain
      .add_option("what", line.name,
                  "A mail, mbox or Maildir, a queue id, or a reply's words; without it, or with "
                  "-: standard input")
      ->check(not_empty());
  explain.add_flag("--record", line.record,
                   "Note it in the history of the message that came back, and count it");
  add_suppression(app, line);
  CLI::App& simulate =
      add_verb(app, line, Command::simulate, "simulate", "The scheduler in a simulated world");
  simulate.add_flag("--stdio", line.stdio, "The world speaks on standard input, one object a line")
      ->required();
  add_verb(app, line, Command::classify, "classify",
           "What replies mean: a text a line on standard input");
}

/// A "--state" behind a verb that filters means a state; with a slash it can only be the directory.
void part_states_from_directory(CommandLine& line) {
  std::vector<std::string>& states = line.filters.states;
  const auto directory = std::find_if(states.begin(), states.end(), [](const std::string& value) {
    return value.find('/') != std::string::npos;
  });
  if (directory == states.end()) return;
  line.state = *directory;
  states.erase(directory);
}

std::string first_line(std::string_view text) {
  return mail::printable(text.substr(0, text.find('\n')), 300);
}

std::vector<std::string_view> parts_of(std::string_view list) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.push_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

mail::Parsed<std::string> in_the_queues_spelling(std::string text) {
  return mail::Parsed<std::string>{boost::system::in_place_value, std::move(text)};
}

/// Whole addresses and "@domain", in the spelling the queue keeps.
mail::Parsed<std::string> address_or_domain(const std::string& text, const char* flag) {
  if (!text.empty() && text.front() == '@') {
    const auto domain = mail::Domain::parse(std::string_view{text}.substr(1));
    if (!domain) return mail::ParseError{std::string{flag} + ": " + domain.error().why};
    return in_the_queues_spelling("@" + domain->text());
  }
  const auto address = mail::Address::parse(text);
  if (!address) return mail::ParseError{std::string{flag} + ": " + address.error().why};
  return in_the_queues_spelling(address->text());
}

mail::Parsed<std::vector<mail::RecipientState>> states_of(const std::vector<std::string>& lists) {
  using State = mail::RecipientState;
  std::vector<State> states;
  for (const std::string& list : lists) {
    for (const std::string_view name : parts_of(list)) {
      if (name == "open" || name == "all") {
        states.insert(states.end(), {State::waiting, State::leased, State::held});
      }
      if (name == "ended" || name == "all") {
        states.insert(states.end(), {State::delivered, State::failed, State::removed});
      }
      if (name == "open" || name == "ended" || name == "all") continue;
      const std::optional<State> state = mail::parse_recipient_state(name);
      if (!state) {
        return mail::ParseError{"--state: there is no state \"" + mail::printable(name, 60) +
                                "\" (a state directory is given before the verb)"};
      }
      states.push_back(*state);
    }
  }
  std::sort(states.begin(), states.end());
  states.erase(std::unique(states.begin(), states.end()), states.end());
  return states;
}

mail::Parsed<mail::WallTime> time_before(const std::string& age, const char* flag,
                                         mail::WallTime now) {
  const std::optional<mail::Duration> length = mail::parse_duration(age);
  if (!length) {
    return mail::ParseError{std::string{flag} + ": not a length of time: \"" +
                            mail::printable(age, 60) + "\""};
  }
  return now - *length;
}

/// As far as it can be told of a line that makes no sense otherwise.
bool asks_for_json(const std::vector<std::string>& words) {
  bool json = false;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag(kJson, json);
  try {
    app.parse(std::vector<std::string>{words.rbegin(), words.rend()});
  } catch (const CLI::ParseError&) {
    return true;  // "--json=perhaps"
  }
  return json;
}

}  // namespace

std::variant<CommandLine, Ended> read_command_line(const std::vector<std::string>& words) {
  CommandLine line;
  const auto misused = [&words](std::string why) {
    return Ended{
        .code = EX_USAGE, .out = {}, .error = std::move(why), .json = asks_for_json(words)};
  };
  CLI::App app{
      "Shows and steers the mail queue. Without a verb: how much, how old, where it is "
      "stuck and what comes next.",
      "tenax"};
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", "tenax " TENAX_VERSION);
  app.footer(kFooter);
  app.add_option("--config", line.config, "Configuration file")->check(not_empty());
  app.add_option("--state", line.state, "State directory, where the queue lies")
      ->check(not_empty());
  app.add_flag(kJson, line.json, "Answer in JSON");
  add_reading(app, line);
  add_changing(app, line, Command::retry, "retry", "Makes waiting recipients due now");
  add_changing(app, line, Command::hold, "hold", "Keeps recipients back until released");
  add_changing(app, line, Command::release, "release", "Lets held recipients go on");
  add_changing(app, line, Command::remove, "remove", "Takes recipients out, silently");
  add_changing(app, line, Command::expire, "expire", "Gives recipients up and tells their senders");
  CLI::App& flush = add_verb(app, line, Command::flush, "flush", "Retries everything that waits");
  flush.add_option("--destination", line.filters.destination, "Only by this next hop")
      ->check(not_empty());

  try {
    std::vector<std::string> reversed{words.rbegin(), words.rend()};  // as CLI11 wants them
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return Ended{.code = EX_OK, .out = app.help(), .error = {}, .json = false};
  } catch (const CLI::CallForAllHelp&) {
    return Ended{
        .code = EX_OK, .out = app.help("", CLI::AppFormatMode::All), .error = {}, .json = false};
  } catch (const CLI::CallForVersion& version) {
    return Ended{
        .code = EX_OK, .out = std::string{version.what()} + "\n", .error = {}, .json = false};
  } catch (const CLI::ParseError& problem) {
    return misused(first_line(problem.what()));
  }
  part_states_from_directory(line);
  if (static_cast<int>(line.header) + static_cast<int>(line.body) + static_cast<int>(line.raw) >
      1) {
    return misused("--header, --body and --raw exclude each other");
  }
  return line;
}

mail::Parsed<queue::Selection> selection_of(const Filters& filters, mail::WallTime now) {
  queue::Selection selection;
  if (filters.ids.size() > engine::kMaxSelectedIds) {
    return mail::ParseError{"more than " + std::to_string(engine::kMaxSelectedIds) +
                            " ids: use filters"};
  }
  for (const std::string& text : filters.ids) {
    const auto id = mail::QueueId::parse(text);
    if (!id) return mail::ParseError{"not a queue id: \"" + mail::printable(text, 60) + "\""};
    selection.messages.push_back(*id);
  }
  if (filters.sender == "<>") {
    selection.sender = filters.sender;
  } else if (!filters.sender.empty()) {
    const auto sender = address_or_domain(filters.sender, "--sender");
    if (!sender) return sender.error();
    selection.sender = *sender;
  }
  if (!filters.recipient.empty() && !filters.domain.empty()) {
    return mail::ParseError{"--recipient and --domain exclude each other"};
  }
  if (!filters.recipient.empty() || !filters.domain.empty()) {
    const bool bare = filters.recipient.empty() && filters.domain.front() != '@';
    const std::string text =
        filters.recipient.empty() ? (bare ? "@" : "") + filters.domain : filters.recipient;
    const auto recipient =
        address_or_domain(text, filters.recipient.empty() ? "--domain" : "--recipient");
    if (!recipient) return recipient.error();
    selection.recipient = *recipient;
  }
  if (!filters.destination.empty()) {
    const auto destination = mail::Destination::parse(filters.destination);
    if (!destination) return mail::ParseError{"--destination: " + destination.error().why};
    selection.destination = engine::by_its_key(*destination).text();
  }
  auto states = states_of(filters.states);
  if (!states) return states.error();
  selection.states = std::move(*states);
  if (!filters.older.empty()) {
    const auto before = time_before(filters.older, "--older", now);
    if (!before) return before.error();
    selection.accepted_before = *before;
  }
  if (!filters.newer.empty()) {
    const auto after = time_before(filters.newer, "--newer", now);
    if (!after) return after.error();
    selection.accepted_after = *after;
  }
  if (filters.reply.size() > kLongestReplyFilter) {
    return mail::ParseError{"--reply is too long"};
  }
  selection.reply = filters.reply;
  return selection;
}

}  // namespace tenax::cli
