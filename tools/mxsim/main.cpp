// SPDX-License-Identifier: Apache-2.0
// tenax-mxsim: a receiver in any mood you like, for trying a sender. See tools/mxsim/script.h for
// the rules.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "tools/mxsim/receiver.h"

namespace {

using namespace tenax::mxsim;
namespace asio = boost::asio;

constexpr int kUsage = 64;  // as sysexits.h numbers them
constexpr int kNoInput = 66;
constexpr int kCannotCreate = 73;

const char* const kGrammar =
    "\nA rule is one line: STAGE [PATTERN] [first N | every N | chance P] ACTION\n"
    "  STAGE    connect, ehlo, mail, rcpt, data, dot, rset or quit\n"
    "  PATTERN  * stands for any characters; of the recipient at rcpt, data and dot, of the "
    "sender\n"
    "           at mail, else of the client's address; it holds a * or an @. Without: *\n"
    "  first N  only the first N times it matches; every N: each Nth time; chance P: 0 to 1\n"
    "  ACTION   reply CODE TEXT        instead of the good answer; after 421 the connection ends\n"
    "           greylist TIME [REPLY]  450 until client, sender, recipient have waited so long\n"
    "           rate N/TIME [REPLY]    452 beyond N in that time\n"
    "           delay TIME             before whatever answers; later rules are asked, too\n"
    "           hangup, silence, garbage\n"
    "  The first rule that answers wins. In a file of rules lines that begin with # are "
    "comments.\n";

/// 0, or the exit code of what is wrong, which is printed with its place.
int read_rules(const std::string& file, std::vector<Rule>& rules) {
  std::ifstream lines{file};
  if (!lines) {
    std::cerr << "tenax-mxsim: cannot read " << file << '\n';
    return kNoInput;
  }
  auto read = parse_rules(lines);
  if (!read) {
    std::cerr << "tenax-mxsim: " << file << ':' << read.error().why << '\n';
    return kUsage;
  }
  std::ranges::move(*read, std::back_inserter(rules));
  return 0;
}

asio::ip::tcp::endpoint endpoint_of(const std::string& text) {
  const auto colon = text.rfind(':');
  std::string address = colon == std::string::npos ? "127.0.0.1" : text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  const std::string digits = text.substr(colon == std::string::npos ? 0 : colon + 1);
  const bool is_number = !digits.empty() && digits.size() <= 5 &&
                         digits.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number || std::stoi(digits) > 65535) {
    throw std::invalid_argument{"\"" + digits + "\" is no port"};
  }
  boost::system::error_code none;
  const asio::ip::address found = asio::ip::make_address(address, none);
  if (none) throw std::invalid_argument{"\"" + address + "\" is no address"};
  return {found, static_cast<std::uint16_t>(std::stoi(digits))};
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
  app.set_version_flag("--version", "tenax-mxsim " TENAX_VERSION);
  app.footer(kGrammar);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : kUsage;
  }

  std::vector<Rule> rules;
  for (const std::string& line : rule_lines) {
    auto rule = parse_rule(line);
    if (!rule) {
      std::cerr << "tenax-mxsim: --rule '" << line << "': " << rule.error().why << '\n';
      return kUsage;
    }
    rules.push_back(std::move(*rule));
  }
  for (const std::string& file : rule_files) {
    if (const int failed = read_rules(file, rules); failed != 0) return failed;
  }

  std::vector<asio::ip::tcp::endpoint> doors;
  for (const std::string& text : where) {
    try {
      doors.push_back(endpoint_of(text));
    } catch (const std::invalid_argument& problem) {
      std::cerr << "tenax-mxsim: --listen " << text << ": " << problem.what() << '\n';
      return kUsage;
    }
  }
  // Found out now: a log that takes nothing would make every test of a sender look well.
  for (const std::string& file : {options.log, options.mbox}) {
    if (file.empty() || file == "-" || std::ofstream{file, std::ios::app}) continue;
    std::cerr << "tenax-mxsim: cannot write " << file << ": " << std::strerror(errno) << '\n';
    return kCannotCreate;
  }

  asio::io_context context{1};
  Receiver receiver{context, Script{std::move(rules), seed}, options};
  try {
    std::string ports;
    for (const asio::ip::tcp::endpoint& door : doors)
      ports += std::to_string(receiver.listen(door)) + '\n';
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
