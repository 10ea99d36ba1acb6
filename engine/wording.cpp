// SPDX-License-Identifier: Apache-2.0
#include "engine/wording.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "mail/ascii.h"
#include "mail/header.h"
#include "mail/printable.h"

#include "io/file.h"

#include "engine/config_keys.h"
#include "scheduler/overrides.h"

namespace tenax::engine {

namespace {

constexpr std::size_t kMostFiles =
    50;  // languages; a wrong directory is found out before it is read
constexpr std::string_view kEnding = ".words";

void report(std::vector<ConfigProblem>& problems, const Config& config, std::string_view key,
            std::string what) {
  problems.push_back({config.file, config.line_of(key), std::string{key}, std::move(what)});
}

/// Paths of the files of phrases in that directory, in order of their names.
std::vector<std::string> files_in(const std::string& directory, std::string& fault) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> files;
  for (fs::directory_iterator each{directory, error}, end; !error && each != end;
       each.increment(error)) {
    const std::string path = each->path().string();
    if (!path.ends_with(kEnding)) continue;
    if (files.size() == kMostFiles) {
      fault = "more than " + std::to_string(kMostFiles) + " files of words";
      return {};
    }
    files.push_back(path);
  }
  if (error) fault = mail::printable(directory, 300) + ": " + error.message();
  std::ranges::sort(files);
  return files;
}

}  // namespace

Wording Wording::read(const Config& config, std::vector<ConfigProblem>& problems) {
  Wording wording;
  wording.by_message_ = config.notice_by_message;
  wording.html_ = config.notice_html;
  for (const std::string_view tag : bounce::languages()) {
    wording.languages_.push_back(bounce::built_in(tag));
  }
  if (!config.notice_words.empty()) wording.read_files(config, problems);

  const auto find = [&](std::string_view key, std::string_view tag) {
    bounce::PhrasesPtr phrases = wording.in_language(tag);
    if (phrases) return phrases;
    std::string known;
    for (const bounce::PhrasesPtr& each : wording.languages_) {
      known += (known.empty() ? "" : ", ") + std::string{each->tag()};
    }
    report(problems, config, key,
           "no words in \"" + mail::printable(tag, 40) + "\"; there are " + known);
    return bounce::built_in("en");
  };
  wording.otherwise_ = find("notice.language", config.notice_language);
  for (const std::string& line : config.notice_languages) {
    const LanguageChoice choice = parse_language_choice(line);
    wording.choices_.push_back(
        {mail::to_lower(choice.pattern), find("notice.languages", choice.tag)});
  }
  return wording;
}

void Wording::read_files(const Config& config, std::vector<ConfigProblem>& problems) {
  std::string fault;
  const std::vector<std::string> files = files_in(config.notice_words, fault);
  if (!fault.empty()) report(problems, config, "notice.words", std::move(fault));
  for (const std::string& path : files) {
    const std::string name = std::filesystem::path{path}.filename().string();
    const std::string tag = name.substr(0, name.size() - kEnding.size());
    const std::string why = check_language(tag);
    if (why.empty()) {
      read_file(config, path, tag, problems);
    } else {
      problems.push_back({mail::printable(path, 300), 0, "", why});
    }
  }
}

void Wording::read_file(const Config& config, const std::string& path, const std::string& tag,
                        std::vector<ConfigProblem>& problems) {
  const io::Result<std::string> text = io::read_regular_file(path, bounce::kLongestWords);
  if (!text) return report(problems, config, "notice.words", io::to_string(text.error()));
  std::vector<bounce::PhraseProblem> found;
  const auto base = std::ranges::find_if(
      languages_, [&tag](const bounce::PhrasesPtr& each) { return each->tag() == tag; });
  // Of a language we have, a file says some things otherwise; any other has to say everything.
  auto phrases = std::make_shared<const bounce::Phrases>(
      base == languages_.end() ? bounce::Phrases::read(tag, *text, found)
                               : bounce::Phrases::read_over(**base, *text, found));
  for (const bounce::PhraseProblem& problem : found) {
    problems.push_back({mail::printable(path, 300), problem.line, "", problem.what});
  }
  if (base != languages_.end()) {
    *base = std::move(phrases);
  } else if (found.empty()) {
    languages_.push_back(std::move(phrases));
  }
}

bounce::PhrasesPtr Wording::in_language(std::string_view tag) const {
  const auto found = std::ranges::find_if(
      languages_, [tag](const bounce::PhrasesPtr& each) { return each->tag() == tag; });
  return found == languages_.end() ? nullptr : *found;
}

bounce::PhrasesPtr Wording::phrases_for(const mail::Address& told, std::string_view header) const {
  const std::string address = mail::to_lower(told.text());
  const std::string domain = told.domain().lower();
  for (const Choice& choice : choices_) {
    const bool whole = choice.pattern.find('@') != std::string::npos;
    if (scheduler::matches(choice.pattern, whole ? address : domain)) return choice.phrases;
  }
  if (!by_message_) return otherwise_;
  const mail::Header fields = mail::Header::parse(header);
  const mail::HeaderField* const language = fields.find("Content-Language");
  if (language == nullptr) return otherwise_;
  std::vector<std::string_view> known;
  for (const bounce::PhrasesPtr& each : languages_) known.push_back(each->tag());
  const std::string_view tag = bounce::first_known(language->value, known);
  return tag.empty() ? otherwise_ : in_language(tag);
}

}  // namespace tenax::engine
