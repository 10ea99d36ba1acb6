// SPDX-License-Identifier: Apache-2.0
#pragma once
// Notices for people only, from any program: who did not get the mail, and which words say why.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tenax::bounce {

/// What a notice says before the mail that came back begins, and that mail's header section.
struct NoticeText {
  std::string text;
  std::string returned_header;  // "" where nothing came back
  std::string behind;           // that header section: the mail's text, or the notice goes on
  bool announced = false;       // a line says that it comes
};

/// Concurrency: pure.
[[nodiscard]] NoticeText part_notice(std::string_view text);

/// "<p>No&nbsp;such user" as "No such user".
[[nodiscard]] std::string without_markup(std::string_view html);
/// XML of any kind: each element a line, its name in front of its text as a label.
[[nodiscard]] std::string elements_as_lines(std::string_view xml);

/// One recipient as the text shows it, with what is said of it.
struct Mention {
  std::string address;
  std::string said;       // from its address on to the next one's; "" if there is nothing
  std::string elsewhere;  // other lines that name it, and what follows them
  std::string led_to;     // where mail for it went, if the text says so
};

/// Who has a part in the mail and is no recipient of it, most likely.
struct Strangers {
  std::string_view author;    // of the mail that came back: the notice was sent to it
  std::string_view notifier;  // who writes
};

/// A notice's lines and the addresses in them. Keeps a view of `text`. Concurrency: value.
class TextReader {
 public:
  explicit TextReader(std::string_view text);

  /// The recipients that the text says have failed: the surest kind of mention only.
  [[nodiscard]] std::vector<Mention> mentions(const Strangers& strangers) const;

  /// A user of the notifier's own, called by name alone: a line of one word behind a colon's.
  [[nodiscard]] std::string_view lone_name() const;

  [[nodiscard]] bool names(std::string_view address) const;

  /// On a line of its own, or in front of a colon?
  [[nodiscard]] bool stands_alone(std::string_view address) const;

  /// What is said of an address that is known already.
  [[nodiscard]] Mention mention_of(std::string_view address) const;

 private:
  struct Occurrence {
    std::size_t line = 0;
    std::string address;  // in lower case
    std::string as_written;
    int strength = 0;
    std::size_t end = 0;                // in its line
    bool starts = false;                // nothing stands before it
    std::optional<std::size_t> led_to;  // the occurrence that mail for it went on to
  };
  [[nodiscard]] std::optional<std::size_t> led_to(std::size_t at, std::string_view before) const;
  [[nodiscard]] bool led_to_program(std::size_t at, std::string_view before) const;
  void tell_source(Mention& mention) const;
  [[nodiscard]] Mention tell(const Occurrence& first, int least) const;
  [[nodiscard]] std::string_view rest_of(const Occurrence& occurrence) const;

  std::vector<std::string_view> lines_;
  std::vector<Occurrence> occurrences_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_address_;
  std::unordered_map<std::string, std::string> sources_;  // of an address: whom mail was for
};

/// Lines as one line, of at most `limit` bytes.
[[nodiscard]] std::string joined(std::string_view text, std::size_t limit = 1000);

}  // namespace tenax::bounce
