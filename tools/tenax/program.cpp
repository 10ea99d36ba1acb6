// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/program.h"

#include <sysexits.h>

#include <ostream>
#include <utility>
#include <variant>

#include "mail/printable.h"

#include "tools/tenax/as_json.h"
#include "tools/tenax/call.h"
#include "tools/tenax/commands.h"
#include "tools/tenax/simulate.h"

namespace tenax::cli {

namespace {

int carry_on(Call& call) {
  switch (call.line().command) {
    case Command::overview: return command::overview(call);
    case Command::list: return command::list(call);
    case Command::show: return command::show(call);
    case Command::forecast: return command::forecast(call);
    case Command::why: return command::why(call);
    case Command::what_if: return command::what_if(call);
    case Command::retry:
    case Command::flush: return command::change(call, engine::ControlVerb::retry);
    case Command::hold: return command::change(call, engine::ControlVerb::hold);
    case Command::release: return command::change(call, engine::ControlVerb::release);
    case Command::remove: return command::change(call, engine::ControlVerb::remove);
    case Command::expire: return command::change(call, engine::ControlVerb::expire);
    case Command::check: return command::check(call);
    case Command::mailq: return command::mailq(call);
    case Command::destination: return command::destination(call);
    case Command::config: return command::config(call);
    case Command::explain:
      return call.line().record ? command::record(call) : command::explain(call);
    case Command::suppression: return command::suppression(call);
    case Command::classify: return command::classify(call);
    case Command::simulate: break;  // needs neither config nor queue: see run()
  }
  return EX_SOFTWARE;
}

}  // namespace

int run(const std::vector<std::string>& words, Surroundings& around) {
  std::variant<CommandLine, Ended> read = read_command_line(words);
  const bool json = std::visit([](const auto& one) { return one.json; }, read);
  const auto complain = [&](int code, const std::string& text) {
    const std::string line = mail::printable(text, 1000);
    if (json) around.out << error_as_json(code, line);
    around.out.flush();  // what was told before it went wrong stands
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
    Call call{std::get<CommandLine>(std::move(read)), around};
    return written(carry_on(call));
  } catch (const Failure& failure) {
    return complain(failure.code, failure.text);
  }
}

}  // namespace tenax::cli
