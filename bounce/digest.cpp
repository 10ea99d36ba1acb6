// SPDX-License-Identifier: Apache-2.0
#include "bounce/digest.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "bounce/cause.h"
#include "bounce/explanation.h"
#include "bounce/person_text.h"
#include "bounce/report.h"
#include "bounce/status_fields.h"

namespace tenax::bounce {

namespace {

using Kind = Line::Kind;

constexpr std::size_t kMostNamed = 100;  // in words
constexpr std::size_t kFewWords = 200;   // octets of an answer, where it is one of many

constexpr std::array<std::pair<Ended, std::string_view>, 5> kEnds{
    {{Ended::by_answer, "by-answer"},
     {Ended::in_time, "in-time"},
     {Ended::untried, "untried"},
     {Ended::by_rule, "by-rule"},
     {Ended::by_operator, "by-operator"}}};

/// Writes the words of one digest.
class Writer {
 public:
  Writer(const Digest& digest, const Phrases& say) : digest_{digest}, say_{say} {}

  Page write() && {
    add(Kind::paragraph, say_.fill("system", {{"name", digest_.our_name}}));
    add(Kind::gap, "");
    add(Kind::paragraph, counted("opening.digest", digest_.failures.size()));
    for (const Group& group : groups()) about(group);
    if (left_out_ > 0) {
      add(Kind::gap, "");
      add(Kind::paragraph, counted("more", left_out_));
    }
    closing();
    return std::move(page_);
  }

 private:
  /// Failures of which the same is to be said.
  struct Group {
    Page said;
    std::vector<const Digest::Failure*> failures;
  };

  void add(Kind kind, std::string text) { page_.push_back({kind, std::move(text)}); }
  [[nodiscard]] std::string counted(std::string_view key, std::size_t n) const {
    return say_.fill(key, {{"n", std::to_string(n)}});
  }

  /// What it means and what can be done.
  [[nodiscard]] Page said_of(const Subject& subject) const {
    Page said;
    std::string ending = ending_of(subject, say_);
    if (!ending.empty()) said.push_back({Kind::paragraph, std::move(ending)});
    if (!subject.verdict || subject.ended == Ended::by_operator) return said;
    const Cause cause = cause_of(*subject.verdict);
    const Explanation explanation = explain(cause, false, say_);
    const Actor actor = actor_of(cause, false);
    said.push_back({Kind::paragraph, say_.fill("means", {{"text", explanation.what}})});
    if (actor != Actor::nobody) {
      const std::string name = "actor." + std::string{to_string(actor)};
      said.push_back({Kind::paragraph, say_.fill("who", {{"who", say_.of(name)}})});
    }
    said.push_back({Kind::paragraph, say_.fill("yours", {{"text", explanation.yours}})});
    return said;
  }

  /// The largest first.
  [[nodiscard]] std::vector<Group> groups() const {
    std::vector<Group> groups;  // as many as there are causes, endings and lifetimes
    for (const Digest::Failure& failure : digest_.failures) {
      Page said = said_of(failure.subject);
      auto group = std::ranges::find(groups, said, &Group::said);
      if (group == groups.end()) {
        groups.push_back({std::move(said), {}});
        group = groups.end() - 1;
      }
      group->failures.push_back(&failure);
    }
    std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
      return a.failures.size() > b.failures.size();
    });
    return groups;
  }

  void about(const Group& group) {
    add(Kind::gap, "");
    page_.insert(page_.end(), group.said.begin(), group.said.end());
    add(Kind::paragraph, counted("digest.group", group.failures.size()));
    for (const Digest::Failure* const failure : group.failures) {
      if (named_ == kMostNamed) {
        ++left_out_;
        continue;
      }
      ++named_;
      name(*failure);
    }
  }

  void name(const Digest::Failure& failure) {
    const Subject& subject = failure.subject;
    add(Kind::recipient, "<" + subject.address.text() + ">");
    const std::string accepted = say_.date(failure.accepted);
    add(Kind::note, failure.title.empty() ? say_.fill("message.untitled", {{"date", accepted}})
                                          : say_.fill("message.titled", {{"title", failure.title},
                                                                         {"date", accepted}}));
    const bool answered =
        subject.verdict && subject.last_attempt && subject.ended != Ended::by_operator;
    if (!answered) return;
    const std::string words = words_of(*subject.verdict, kFewWords);
    const std::string host = host_of(subject.verdict->host);
    const std::string date = say_.date(*subject.last_attempt);
    add(Kind::quote, host.empty() ? say_.fill("attempt", {{"date", date}, {"words", words}})
                                  : say_.fill("attempt.host",
                                              {{"date", date}, {"host", host}, {"words", words}}));
  }

  void closing() {
    add(Kind::gap, "");
    add(Kind::paragraph, std::string{say_.of("encloses.nothing")});
    if (digest_.postmaster.empty()) return;
    add(Kind::paragraph, say_.fill("questions", {{"postmaster", digest_.postmaster},
                                                 {"id", digest_.notice.text()}}));
  }

  const Digest& digest_;
  const Phrases& say_;
  Page page_;
  std::size_t named_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace

std::string_view to_string(Ended ended) {
  const auto found = std::ranges::find(kEnds, ended, &std::pair<Ended, std::string_view>::first);
  return found->second;
}

Ended parse_ended(std::string_view word) {
  const auto found = std::ranges::find(kEnds, word, &std::pair<Ended, std::string_view>::second);
  return found == kEnds.end() ? Ended::by_answer : found->first;
}

Notice compose(const Digest& digest) {
  assert(!digest.failures.empty());
  const PhrasesPtr phrases = digest.phrases ? digest.phrases : built_in("en");
  const Frame frame{
      .notice = digest.notice,
      .told = digest.told,
      .from_domain = digest.from_domain,
      .subject = phrases->fill("title.digest", {{"n", std::to_string(digest.failures.size())}}),
      .answers = {},
      .now = digest.now,
      .boundary_token = digest.boundary_token,
      .language = std::string{phrases->tag()},
      .html = digest.html};
  std::vector<Part> parts;
  parts.push_back(fields_part(international(digest), status_fields(digest)));
  return assemble(frame, Writer{digest, *phrases}.write(), std::move(parts));
}

}  // namespace tenax::bounce
