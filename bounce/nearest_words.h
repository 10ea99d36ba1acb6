// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which words of a notice say why: the nearest to the recipient that are no riddle.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "mail/enhanced_status.h"
#include "mail/stage.h"

#include "bounce/cause.h"
#include "bounce/returned_mail.h"

namespace tenax::bounce {

/// What decided, and what it said beside the cause.
struct Judged {
  Judgement judgement;
  int code = 0;  // 0: none
  std::optional<mail::EnhancedStatus> status;
  std::string text;
};

/// A text as it is judged, each way once, however many recipients ask: always with the same `told`,
/// and in this order. Keeps a view of the text. Concurrency: value.
class JudgedText {
 public:
  explicit JudgedText(std::string_view text) : text_{text} {}
  [[nodiscard]] bool empty() const { return text_.empty(); }

  /// A server's own words; nullptr where none stand in it.
  [[nodiscard]] const Judged* reply(const std::optional<mail::EnhancedStatus>& told);
  /// All words but those of every notice, and those of a queue that gave up.
  [[nodiscard]] const Judged& reasons(const std::optional<mail::EnhancedStatus>& told);
  /// With what a queue said when it gave up; nullptr where it said nothing.
  [[nodiscard]] const Judged* words(const std::optional<mail::EnhancedStatus>& told);

 private:
  std::string_view text_;
  std::optional<mail::Stage> stage_;
  std::optional<std::optional<Judged>> reply_;
  std::optional<Judged> reasons_;
  std::optional<Judged> words_;
  std::string routineless_;
  bool shorter_ = false;
};

/// The texts in the order of their nearness to the recipient; the first that is no riddle decides.
/// Before the whole notice is asked, which speaks of much, a clear status is enough. Concurrency:
/// pure.
[[nodiscard]] Judged judged(std::initializer_list<std::string_view> texts, std::string_view notice,
                            const std::optional<mail::EnhancedStatus>& told);
[[nodiscard]] Judged judged(std::initializer_list<std::string_view> texts, JudgedText& notice,
                            const std::optional<mail::EnhancedStatus>& told);

/// What a refusal means that somebody wrote down, a log or a queue: "host mx.example.net said: 550
/// ..." is of the server only from its code on, and what stands around that is asked where the
/// server's own words are a riddle. Concurrency: pure.
[[nodiscard]] Judgement judge_told(const Refusal& refusal);

/// Does it tell, in words that are seldom said of anything but mail, what is wrong?
[[nodiscard]] bool names_trouble(const Judged& found);

/// One status out of what fields, reply and cause say. A vague one yields to the reply's.
/// `for_good`: the notice calls it permanent.
[[nodiscard]] mail::EnhancedStatus settle_status(const std::optional<mail::EnhancedStatus>& told,
                                                 const Judged& judged, Action action,
                                                 bool for_good);

/// As it is shown: a server's reply without what stands around it, else all of it; one line.
[[nodiscard]] std::string shown_reply(std::string_view text);

}  // namespace tenax::bounce
