// SPDX-License-Identifier: Apache-2.0
// Run by the build: checks a file of rules and writes it as a source file.
//
//   embed_cause_rules bounce/cause.rules out.cpp

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "bounce/cause_rules.h"

namespace {

/// A compiler need not take a literal of more than 65,536 octets.
constexpr std::size_t kLongestPiece = 16'000;

void write(std::ostream& out, std::string_view text) {
  out << "// Written by the build from bounce/cause.rules.\n"
         "#include \"bounce/cause_rules.h\"\n\n"
         "namespace tenax::bounce {\n\n"
         "RuleText built_in_rule_text() {\n"
         "  return {\"cause.rules\",\n";
  while (!text.empty()) {
    // At the end of a line, where no character is cut in two.
    std::size_t end = text.size() <= kLongestPiece ? text.size() : text.rfind('\n', kLongestPiece);
    if (end == text.npos) end = text.find('\n');
    end = std::min(end, text.size() - 1) + 1;
    out << "R\"RULES(" << text.substr(0, end) << ")RULES\"\n";
    text.remove_prefix(end);
  }
  out << "};\n}\n\n"
         "const CauseRules& built_in_rules() {\n"
         "  static const CauseRules rules = [] {\n"
         "    const RuleText text = built_in_rule_text();\n"
         "    return CauseRules::parse({&text, 1}).value();  // the build has checked it\n"
         "  }();\n"
         "  return rules;\n"
         "}\n\n"
         "}  // namespace tenax::bounce\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream in{argv[1], std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const tenax::bounce::RuleText named{argv[1], text};
  const auto rules = tenax::bounce::CauseRules::parse({&named, 1});
  if (!rules) {
    std::fprintf(stderr, "%s\n", rules.error().why.c_str());
    return 1;
  }
  if (rules->size() == 0) {
    std::fprintf(stderr, "%s: no rules\n", argv[1]);
    return 1;
  }
  std::ofstream out{argv[2], std::ios::binary};
  write(out, text);
  return out.flush() ? 0 : 1;
}
