// SPDX-License-Identifier: Apache-2.0
#pragma once
// Holds a checkout to the law: from (path, text) pairs to lines that say where, what and why.

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/house/law.h"
#include "tests/house/source_file.h"

namespace tenax::house {

/// "queue/store.h:12: queue may not include delivery/agent.h: rooms do not know each other".
using Faults = std::vector<std::string>;

inline std::string at(const SourceFile& file, std::size_t line) {
  return file.path + ":" + std::to_string(line) + ": ";
}

inline const RoomLaw* law_of(std::string_view room) {
  for (const RoomLaw& law : room_laws()) {
    if (law.room == room) return &law;
  }
  return nullptr;
}

/// "" when this room may include that file of ours, else the reason.
inline std::string fault_between(const RoomLaw& law, std::string_view path,
                                 std::string_view included) {
  const std::string room = room_of(included);
  if (room == "tests") return "nobody includes tests";
  if (law.room == "tools" && room == "queue") {
    return holds(queue_headers_of_tools(), included) ? "" : std::string{law.reason};
  }
  if (!holds(law.sees, room)) return std::string{law.reason};
  // tools/a and tools/b are two programs.
  if (room == "tools" && split(path, '/').at(1) != split(included, '/').at(1)) {
    return "a program does not include another";
  }
  return "";
}

/// "" when this room may include that header of the system or a package, else the reason.
inline std::string fault_outside(const RoomLaw& law, const std::string& included) {
  for (const Package& package : packages()) {
    if (!included.starts_with(package.prefix)) continue;
    return holds(package.rooms, law.room) ? "" : "that package has its own room";
  }
  const bool standard = included.find_first_of("./") == std::string::npos;
  if (standard) {
    return law.pure && holds(impure_headers(), included) ? std::string{law.reason} : "";
  }
  if (!included.ends_with(".h") || included.starts_with("boost/")) {
    return "no room is named for that package in tests/house/law.h";
  }
  return law.system ? "" : "this room does not speak with the kernel";
}

inline void check_edges(const SourceFile& file, Faults& faults) {
  const RoomLaw* const law = law_of(room_of(file.path));
  if (law == nullptr) {
    faults.push_back(file.path + ": no room of that name in tests/house/law.h");
    return;
  }
  for (const Include& include : includes_of(file)) {
    const std::string room = room_of(include.name);
    const bool ours = law_of(room) != nullptr || room == "tests";
    std::string why;
    if (include.name.empty()) {
      why = "an include names its file";
    } else if (include.quoted != ours) {
      why = "ours from the root in quotes, others' in angle brackets";
    } else {
      why = ours ? fault_between(*law, file.path, include.name) : fault_outside(*law, include.name);
    }
    if (why.empty()) continue;
    faults.push_back(at(file, include.line) + std::string{law->room} + " may not include " +
                     include.name + ": " + why);
  }
}

/// Pure rooms receive `now`; they do not ask for it.
inline void check_purity(const SourceFile& file, Faults& faults) {
  const RoomLaw* const law = law_of(room_of(file.path));
  if (law == nullptr || !law->pure) return;
  std::size_t number = 0;
  for (const std::string& line : split(file.text, '\n')) {
    ++number;
    for (const std::string_view asks : {"_clock::now", "std::time(", "getenv(", "std::rand("}) {
      if (line.find(asks) == std::string::npos) continue;
      faults.push_back(at(file, number) + std::string{asks} +
                       " in a pure room: " + std::string{law->reason});
    }
  }
}

inline void check_names(const SourceFile& file, Faults& faults) {
  std::vector<std::string> parts = split(file.path, '/');
  const std::string stem = split(parts.back(), '.').front();
  parts.pop_back();
  for (const std::string& folder : parts) {
    if (holds(banned_folders(), folder)) {
      faults.push_back(file.path + ": \"" + folder + "\" is a folder named after nothing");
    }
  }
  if (holds(excused_stems(), stem)) return;
  for (const std::string& word : split(stem, '_')) {
    if (holds(banned_words(), word)) {
      faults.push_back(file.path + ": \"" + word + "\" fits anything and says nothing");
    }
  }
}

/// Who includes whom among our own files.
class Graph {
 public:
  explicit Graph(const std::vector<SourceFile>& files) {
    for (const SourceFile& file : files) {
      for (Include& include : includes_of(file)) includes_[file.path].push_back(std::move(include));
    }
  }

  [[nodiscard]] const std::vector<Include>& from(const std::string& path) const {
    static const std::vector<Include> none;
    const auto found = includes_.find(path);
    return found == includes_.end() ? none : found->second;
  }

  /// Every circle once, found from its first file in alphabetical order of search.
  void check_circles(Faults& faults) const {
    std::set<std::string> done;
    for (const auto& [path, includes] : includes_) {
      std::vector<std::string> way;
      walk(path, way, done, faults);
    }
  }

 private:
  void walk(const std::string& path, std::vector<std::string>& way, std::set<std::string>& done,
            Faults& faults) const {
    if (done.contains(path)) return;
    way.push_back(path);
    for (const Include& include : from(path)) {
      const auto seen = std::find(way.begin(), way.end(), include.name);
      if (seen == way.end()) {
        walk(include.name, way, done, faults);
        continue;
      }
      std::string circle;
      for (auto step = seen; step != way.end(); ++step) circle += *step + " -> ";
      faults.push_back(path + ":" + std::to_string(include.line) + ": a circle: " + circle +
                       include.name);
    }
    way.pop_back();
    done.insert(path);
  }

  std::map<std::string, std::vector<Include>> includes_;
};

/// "set(name a.cpp b.cpp)" -> {"a.cpp", "b.cpp"}.
inline std::vector<std::string> cmake_list(std::string_view text, const std::string& name) {
  const std::size_t start = text.find("set(" + name);
  if (start == std::string_view::npos) return {};
  std::string_view words = text.substr(start, text.find(')', start) - start);
  words.remove_prefix(("set(" + name).size());
  std::istringstream stream{std::string{words}};
  return {std::istream_iterator<std::string>{stream}, {}};
}

/// The sources the submission program is built of, as the build lists them.
inline std::vector<std::string> submission_sources(const std::vector<SourceFile>& files) {
  std::vector<std::string> sources;
  for (const SourceFile& file : files) {
    if (file.path.starts_with("tools/sendmail/")) sources.push_back(file.path);
    if (file.path != "CMakeLists.txt") continue;
    for (const auto& [list, room] :
         {std::pair{"submission_files", "queue/"}, std::pair{"intake_files", "engine/"}}) {
      for (const std::string& name : cmake_list(file.text, list)) sources.push_back(room + name);
    }
  }
  return sources;
}

/// The submission program stays small through every header it reaches.
inline void check_submission(const std::vector<SourceFile>& files, const Graph& graph,
                             Faults& faults) {
  std::vector<std::string> open = submission_sources(files);
  std::set<std::string> seen(open.begin(), open.end());
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    for (const Include& include : graph.from(path)) {
      const bool heavy =
          std::any_of(heavy_packages().begin(), heavy_packages().end(),
                      [&](std::string_view prefix) { return include.name.starts_with(prefix); });
      const bool far = room_of(include.name) == "io" && room_of(path) != "io" &&
                       !holds(io_headers_of_submission(), include.name);
      if (heavy || far) {
        faults.push_back(path + ":" + std::to_string(include.line) +
                         ": the submission program may not reach " + include.name +
                         ": it is started once per message");
      } else if (include.quoted && seen.insert(include.name).second) {
        open.push_back(include.name);
      }
    }
  }
}

/// Everything that is wrong with these files; empty when the house stands.
inline Faults check(const std::vector<SourceFile>& files) {
  Faults faults;
  for (const SourceFile& file : files) {
    if (!is_source(file.path)) continue;
    check_edges(file, faults);
    check_purity(file, faults);
    check_names(file, faults);
  }
  const Graph graph{files};
  graph.check_circles(faults);
  check_submission(files, graph, faults);
  return faults;
}

}  // namespace tenax::house
