// SPDX-License-Identifier: Apache-2.0
// Rules of causes as arrays of constants.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bounce/rule_reader.h"
#include "cmake/embed/embed.h"

namespace tenax::bounce::rules {

namespace {

// --- how each kind of thing in a table is written ----------------------------------------------

std::string code(std::uint64_t number) { return std::to_string(number) + "U"; }
std::string code(int number) { return std::to_string(number); }
std::string code(bool yes) { return yes ? "true" : "false"; }
std::string code(std::optional<bool> perhaps) { return perhaps ? code(*perhaps) : "std::nullopt"; }

template <class Enum>
std::string code(std::string_view type, Enum value) {
  return std::string{type} + "{" + std::to_string(static_cast<int>(value)) + "}";
}

std::string list(std::initializer_list<std::string> members) {
  std::string code = "{";
  for (const std::string& member : members) code += member + ",";
  code.back() = '}';
  return code;
}

std::string code(std::uint32_t number) { return code(std::uint64_t{number}); }
std::string code(Part part) { return list({code(part.begin), code(part.size)}); }
std::string code(Span span) { return list({code(span.least), code(span.most)}); }
std::string code(const Spelling& of) {
  return list({code(of.hash), code(of.letters), code(of.symbol)});
}
std::string code(const Leads& of) {
  return list({code(of.sets), code(of.alternatives), code(of.phrases)});
}
std::string code(const Alternative& of) { return list({code(of.symbols), code(of.set)}); }
std::string code(const Element& of) { return list({code(of.symbol), code(of.gap)}); }
std::string code(const Phrase& of) {
  return list({code(of.elements), code(of.wakes), code(of.in_links)});
}
std::string code(const CodePattern& of) {
  return list({code(of.enhanced), code(of.klass), code(of.subject), code(of.detail)});
}
std::string code(const Condition& of) {
  return list(
      {code("Asks", of.asks), code(of.not_so), code("mail::Stage", of.stage), code(of.any_of)});
}
std::string code(const Rule& of) {
  return list({code("Cause", of.cause), code(of.temporary), code("Evidence", of.evidence),
               code(of.conditions), code(of.source)});
}

// --- the file ----------------------------------------------------------------------------------

template <class Things>
std::string items(const Things& things) {
  std::string all;
  std::size_t line = 0;
  for (const auto& thing : things) {
    all += code(thing) + ",";
    if (all.size() - line > 100) line = (all += '\n').size();
  }
  return all;
}

template <class T>
void write_array(std::ostream& out, std::string_view type, std::string_view name,
                 std::span<const T> things) {
  out << "constexpr std::array<" << type << ", " << things.size() << "> " << name << " = {{\n"
      << items(things) << "}};\n\n";
}

void write(std::ostream& out, std::string_view text, const Table& table) {
  out << "#include <array>\n\n"
         "#include \"bounce/cause_rules.h\"\n"
         "#include \"bounce/rule_table.h\"\n\n"
         "namespace tenax::bounce {\n\n"
         "RuleText built_in_rule_text() {\n"
         "  return {\"cause.rules\",\n"
      << embed::literal(text)
      << "};\n}\n\n"
         "namespace rules {\n\n"
         "namespace {\n\n";
  write_array(out, "Part", "kWordDrawers", table.words.drawers);
  write_array(out, "Spelling", "kWords", table.words.spellings);
  write_array(out, "Part", "kBeginningDrawers", table.beginnings.drawers);
  write_array(out, "Spelling", "kBeginnings", table.beginnings.spellings);
  write_array(out, "std::uint32_t", "kNumbers", table.numbers);
  write_array(out, "Leads", "kLeads", table.leads);
  write_array(out, "Alternative", "kAlternatives", table.alternatives);
  write_array(out, "Element", "kElements", table.elements);
  write_array(out, "Phrase", "kPhrases", table.phrases);
  write_array(out, "CodePattern", "kCodes", table.codes);
  write_array(out, "Condition", "kConditions", table.conditions);
  write_array(out, "Rule", "kRules", table.rules);
  // constexpr: nothing of it is made when the program starts.
  out << "constexpr Table kTable = {\n.text =\n"
      << embed::literal(table.text)
      << ",\n.words = {kWordDrawers, kWords},\n"
         ".beginnings = {kBeginningDrawers, kBeginnings},\n"
         ".lengths = {{"
      << items(table.lengths)
      << "}},\n.numbers = kNumbers,\n.leads = kLeads,\n.alternatives = kAlternatives,\n"
         ".elements = kElements,\n.phrases = kPhrases,\n.codes = kCodes,\n"
         ".conditions = kConditions,\n.rules = kRules,\n.wordless = "
      << code(table.wordless) << ",\n.temporary = {{" << items(table.temporary)
      << "}}};\n\n"
         "}  // namespace\n\n"
         "const Table& built_in() { return kTable; }\n\n"
         "}  // namespace rules\n"
         "}  // namespace tenax::bounce\n";
}

}  // namespace
}  // namespace tenax::bounce::rules

namespace tenax::embed {

Source cause_rules(std::span<const DataFile> files) {
  std::vector<bounce::RuleText> texts;
  for (const DataFile& file : files) texts.push_back({file.name, file.text});
  const auto table = bounce::rules::read(texts);
  if (!table) return {.wrong = table.error().why};
  if ((*table)->rules.empty()) return {.wrong = files.front().name + ": no rules"};
  std::ostringstream out;
  bounce::rules::write(out, files.front().text, **table);
  return {.text = std::move(out).str()};
}

}  // namespace tenax::embed
