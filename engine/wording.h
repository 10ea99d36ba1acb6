// SPDX-License-Identifier: Apache-2.0
#pragma once
// Corridor: config -> bounce. In which language whom is told, and in whose words.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"

#include "bounce/phrases.h"
#include "engine/config.h"

namespace tenax::engine {

/// Concurrency: value; never changed once it is shared.
class Wording {
 public:
  /// The built-in languages with what the files of notice.words say otherwise. Reads those.
  static Wording read(const Config& config, std::vector<ConfigProblem>& problems);

  /// For whoever hears of a message with this header section: by who they are, else as their own
  /// message says (Content-Language), else as for everybody.
  [[nodiscard]] bounce::PhrasesPtr phrases_for(const mail::Address& told,
                                               std::string_view header) const;

  [[nodiscard]] bool html() const { return html_; }

 private:
  struct Choice {
    std::string pattern;  // in lower case; of an address when there is an @ in it
    bounce::PhrasesPtr phrases;
  };
  [[nodiscard]] bounce::PhrasesPtr in_language(std::string_view tag) const;
  void read_files(const Config& config, std::vector<ConfigProblem>& problems);
  void read_file(const Config& config, const std::string& path, const std::string& tag,
                 std::vector<ConfigProblem>& problems);

  std::vector<bounce::PhrasesPtr> languages_;
  std::vector<Choice> choices_;
  bounce::PhrasesPtr otherwise_;
  bool by_message_ = true;
  bool html_ = true;
};

using WordingPtr = std::shared_ptr<const Wording>;

}  // namespace tenax::engine
