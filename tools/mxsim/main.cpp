// SPDX-License-Identifier: Apache-2.0
// tenax-mxsim: a receiver in any mood you like, for trying a sender. See tools/mxsim/script.h for
// the rules.

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <fstream>
#include <iostream>

#include "tools/mxsim/receiver.h"

namespace {

using namespace tenax::mxsim;
namespace asio = boost::asio;

/// Reads rules from a file, "#" comments and empty lines skipped. Prints what is wrong and where.
bool read_rules(const std::string& file, std::vector<Rule>& rules) {
  std::ifstream lines{file};
  if (!lines) {
    std::cerr << "tenax-mxsim: cannot read " << file << '\n';
    return false;
  }
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    auto rule = parse_rule(line);
    if (!rule) {
      std::cerr << "tenax-mxsim: " << file << ':' << number << ": " << rule.error().why << '\n';
      return false;
    }
    rules.push_back(std::move(*rule));
  }
  return true;
}

asio::ip::tcp::endpoint endpoint_of(const std::string& text) {
  const auto colon = text.rfind(':');
  std::string address = colon == std::string::npos ? "127.0.0.1" : text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  const int port = std::stoi(text.substr(colon == std::string::npos ? 0 : colon + 1));
  if (port < 0 || port > 65535) throw std::out_of_range{"port"};
  return {asio::ip::make_address(address), static_cast<std::uint16_t>(port)};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A simulated receiving mail server that follows a script"};
  std::vector<std::string> where{"127.0.0.1:2525"};
  std::vector<std::string> rule_lines;
  std::vector<std::string> rule_files;
  std::string port_file;
  unsigned seed = 1;
  ReceiverOptions options;
  app.add_option("--listen", where, "Address:port; several may be given; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--rule", rule_lines,
                 "A rule, e.g. 'rcpt *@grey.test greylist 60s'; the first that answers wins");
  app.add_option("--rules", rule_files, "A file of rules, one a line");
  app.add_option("--name", options.name, "The name in the greeting")->capture_default_str();
  app.add_option("--log", options.log,
                 "A line of JSON for each message taken and each refusal; - for standard output");
  app.add_option("--mbox", options.mbox, "Append what was taken to this mbox file");
  app.add_option("--sessions", options.sessions, "Connections at once; more get 421")
      ->capture_default_str();
  app.add_option("--recipients", options.most_recipients, "In one transaction; more get 452")
      ->capture_default_str();
  app.add_option("--size", options.most_octets, "Largest message, in octets")
      ->capture_default_str();
  app.add_option("--seed", seed, "For rules with a chance")->capture_default_str();
  app.add_option("--port-file", port_file, "Write the ports here, one a line, once all are open");
  app.add_flag("--sync-log", options.sync_log, "Sync the log before each 250 after the dot");
  CLI11_PARSE(app, argc, argv);

  std::vector<Rule> rules;
  for (const std::string& line : rule_lines) {
    auto rule = parse_rule(line);
    if (!rule) {
      std::cerr << "tenax-mxsim: --rule '" << line << "': " << rule.error().why << '\n';
      return 64;
    }
    rules.push_back(std::move(*rule));
  }
  for (const std::string& file : rule_files) {
    if (!read_rules(file, rules)) return 66;
  }

  asio::io_context context{1};
  Receiver receiver{context, Script{std::move(rules), seed}, options};
  try {
    std::string ports;
    for (const std::string& text : where)
      ports += std::to_string(receiver.listen(endpoint_of(text))) + '\n';
    if (!port_file.empty()) {
      // Whoever waits for the file must never see half of it.
      std::ofstream{port_file + ".new"} << ports;
      if (std::rename((port_file + ".new").c_str(), port_file.c_str()) != 0)
        throw std::runtime_error{"cannot write " + port_file};
    }
  } catch (const std::exception& problem) {
    std::cerr << "tenax-mxsim: cannot listen: " << problem.what() << '\n';
    return 69;
  }
  asio::signal_set stop{context, SIGINT, SIGTERM};
  stop.async_wait([&](const boost::system::error_code&, int) { context.stop(); });
  context.run();
  return 0;
}
