// SPDX-License-Identifier: Apache-2.0
// tenaxd: the queue's daemon, in the foreground.

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

#include "engine/daemon.h"

int main(int argc, char** argv) {
  tenax::engine::DaemonOptions options;
  CLI::App app{
      "Tenax: takes mail from this machine's programs and holds fast until it is delivered"};
  // An empty argument is a variable that was not set, not a wish for the usual place.
  const CLI::Validator given{
      [](const std::string& value) { return std::string{value.empty() ? "it is empty" : ""}; }, "",
      "given"};
  app.add_option("--config", options.config, "the config file")->type_name("FILE")->check(given);
  app.add_option("--state", options.state, "where the queue lies")->type_name("DIR")->check(given);
  app.add_option("--log-level", options.log_level, "what is logged")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  app.add_flag("--once", options.once, "run the queue once and leave");
  app.set_version_flag("--version", "tenaxd " TENAX_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) != 0) return EX_USAGE;
    std::cout.flush();
    if (std::cout) return EX_OK;
    std::fprintf(stderr, "tenaxd: the output could not be written\n");
    return EX_IOERR;
  }
  try {
    return tenax::engine::run_daemon(options);
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "tenaxd: %s\n", bug.what());
    return EX_SOFTWARE;
  }
}
