// SPDX-License-Identifier: Apache-2.0
#pragma once
// What was typed, as values: the verb, its filters and flags. Nothing is looked up yet.

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "mail/parsed.h"
#include "mail/time.h"

#include "engine/control.h"
#include "tools/tenax/schedule.h"

namespace tenax::cli {

enum class Command {
  overview,
  list,
  show,
  forecast,
  why,
  what_if,
  retry,
  hold,
  release,
  remove,
  expire,
  flush,
  check,
  mailq,
  destination,
  config,
  simulate,
  classify,
  explain,
  suppression,
};

/// What `suppression` is to do.
enum class ListDeed { list, add, remove, import };

/// As typed.
struct Filters {
  std::vector<std::string> ids;
  std::string sender;
  std::string recipient;
  std::string domain;
  std::string destination;
  std::vector<std::string> states;  // each perhaps a comma list
  std::string older;
  std::string newer;
  std::string reply;
};

struct CommandLine {
  Command command = Command::overview;
  std::string config;  // "" if not given
  std::string state;   // "" if not given
  bool json = false;
  Filters filters;
  bool everything = false;
  std::size_t limit = 1000;
  bool header = false;
  bool body = false;
  bool raw = false;
  std::string name;     // of the destination; what is to be explained
  bool forget = false;  // what its site taught
  bool record = false;  // explain: join what came back to what was sent
  ListDeed deed = ListDeed::list;
  std::vector<std::string> addresses;
  std::string note;
  bool stdio = false;  // simulate: over standard input and output
  ScheduleWords schedule;
  std::string since = "7d";
};

/// The program is done already: help, the version, or a line it could not read.
struct Ended {
  int code = 0;
  std::string out;
  std::string error;  // one line
  bool json = false;  // the line could not be read, but that it asked for JSON could
};

/// `words` without the program's name. Concurrency: pure.
[[nodiscard]] std::variant<CommandLine, Ended> read_command_line(
    const std::vector<std::string>& words);

/// The filters as the queue understands them; fails on addresses, states or ages that are none.
/// Concurrency: pure.
[[nodiscard]] mail::Parsed<queue::Selection> selection_of(const Filters& filters,
                                                          mail::WallTime now);

}  // namespace tenax::cli
