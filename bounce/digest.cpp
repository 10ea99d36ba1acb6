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
constexpr std::size_t kMostWords = 900;  // and of what we say ourselves

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
    if (!digest_.failures.empty()) {
      add(Kind::paragraph, counted("opening.digest", digest_.failures.size()));
      for (const Group& group : groups(digest_.failures)) about(group);
      if (!digest_.delays.empty()) add(Kind::gap, "");
    }
    if (!digest_.delays.empty()) {
      const bool alone = digest_.failures.empty();
      add(Kind::paragraph,
          counted(alone ? "opening.digest.delays" : "digest.delays", digest_.delays.size()));
      for (const Group& group : groups(digest_.delays)) about(group);
    }
    if (digest_.unread > 0) {
      if (!digest_.failures.empty() || !digest_.delays.empty()) add(Kind::gap, "");
      add(Kind::paragraph, counted("digest.unread", digest_.unread));
    }
    if (left_out_ > 0) {
      add(Kind::gap, "");
      add(Kind::paragraph,
          left_out_ == 1 ? std::string{say_.of("more.one")} : counted("more", left_out_));
    }
    closing();
    return std::move(page_);
  }

 private:
  /// Failures of which the same is to be said.
  struct Group {
    Page said;
    std::vector<const Digest::Item*> items;
  };

  void add(Kind kind, std::string text) { page_.push_back({kind, std::move(text)}); }
  [[nodiscard]] std::string counted(std::string_view key, std::size_t n) const {
    return say_.fill(key, {{"n", std::to_string(n)}});
  }

  /// What it means and what can be done.
  [[nodiscard]] Page said_of(const Digest::Item& item) const {
    using Of = Digest::Item::Of;
    const Subject& subject = item.subject;
    Page said;
    std::string ending = item.of == Of::failure ? ending_of(subject, say_) : "";
    if (!ending.empty()) said.push_back({Kind::paragraph, std::move(ending)});
    if (item.of == Of::hold) {
      said.push_back({Kind::paragraph, std::string{say_.of("held.why")}});
      return said;
    }
    if (item.of == Of::pause) {
      said.push_back({Kind::paragraph, std::string{say_.of("paused.why")}});
      return said;
    }
    if (!subject.verdict || subject.ended == Ended::by_operator) return said;
    for (std::string& line : advice_on(*subject.verdict, item.of == Of::delay, say_)) {
      said.push_back({Kind::paragraph, std::move(line)});
    }
    return said;
  }

  /// The largest first.
  [[nodiscard]] std::vector<Group> groups(const std::vector<Digest::Item>& items) const {
    std::vector<Group> groups;  // as many as there are causes, endings and lifetimes
    for (const Digest::Item& item : items) {
      Page said = said_of(item);
      auto group = std::ranges::find(groups, said, &Group::said);
      if (group == groups.end()) {
        groups.push_back({std::move(said), {}});
        group = groups.end() - 1;
      }
      group->items.push_back(&item);
    }
    std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
      return a.items.size() > b.items.size();
    });
    return groups;
  }

  void about(const Group& group) {
    add(Kind::gap, "");
    page_.insert(page_.end(), group.said.begin(), group.said.end());
    add(Kind::paragraph, counted("digest.group", group.items.size()));
    for (const Digest::Item* const item : group.items) {
      if (named_ == kMostNamed) {
        ++left_out_;
        continue;
      }
      ++named_;
      name(*item);
    }
  }

  void name(const Digest::Item& item) {
    const Subject& subject = item.subject;
    add(Kind::recipient, "<" + subject.address.text() + ">");
    const std::string accepted = say_.date(item.accepted);
    add(Kind::note, item.title.empty()
                        ? say_.fill("message.untitled", {{"date", accepted}})
                        : say_.fill("message.titled", {{"title", item.title}, {"date", accepted}}));
    if (subject.next_attempt) {
      add(Kind::note, say_.fill("next", {{"date", say_.date(*subject.next_attempt)}}));
    }
    if (subject.retry_until) {
      add(Kind::note, say_.fill("give-up", {{"date", say_.date(*subject.retry_until)}}));
    }
    if (!subject.verdict || subject.ended == Ended::by_operator) return;
    if (!subject.last_attempt && subject.ended == Ended::by_answer &&
        item.of == Digest::Item::Of::failure) {
      return add(Kind::quote, words_of(*subject.verdict, kMostWords));  // ours: nothing was tried
    }
    if (!subject.last_attempt) return;
    const std::string words = words_of(*subject.verdict, kFewWords);
    const std::string host = host_of(subject.verdict->host);
    const std::string date = say_.date(*subject.last_attempt);
    add(Kind::quote, host.empty() ? say_.fill("attempt", {{"date", date}, {"words", words}})
                                  : say_.fill("attempt.host",
                                              {{"date", date}, {"host", host}, {"words", words}}));
  }

  void closing() {
    add(Kind::gap, "");
    if (digest_.has_report()) {
      add(Kind::paragraph, std::string{say_.of("encloses.nothing")});
    }
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

std::string title_of(const Digest& digest, const Phrases& say) {
  const bool late = digest.failures.empty() && digest.unread == 0;
  const std::size_t n = late ? digest.delays.size() : digest.failures.size() + digest.unread;
  const std::string key = late ? "title.digest.delays" : "title.digest";
  if (n == 1) return std::string{say.of(key + ".one")};
  return say.fill(key, {{"n", std::to_string(n)}});
}

}  // namespace

std::string_view to_string(Ended ended) {
  const auto found = std::ranges::find(kEnds, ended, &std::pair<Ended, std::string_view>::first);
  return found->second;
}

Ended parse_ended(std::string_view word) {
  const auto found = std::ranges::find(kEnds, word, &std::pair<Ended, std::string_view>::second);
  return found == kEnds.end() ? Ended::by_answer : found->first;
}

Page digest_page(const Digest& digest) {
  const PhrasesPtr phrases = digest.phrases ? digest.phrases : built_in("en");
  return Writer{digest, *phrases}.write();
}

Notice compose(const Digest& digest) {
  assert(digest.has_report() || digest.unread > 0);
  const PhrasesPtr phrases = digest.phrases ? digest.phrases : built_in("en");
  const Frame frame{.notice = digest.notice,
                    .told = digest.told,
                    .from_domain = digest.from_domain,
                    .subject = title_of(digest, *phrases),
                    .answers = {},
                    .now = digest.now,
                    .boundary_token = digest.boundary_token,
                    .language = std::string{phrases->tag()},
                    .html = digest.html};
  // A report names recipients (RFC 3464 2.3): without any it is a mail like others.
  if (!digest.has_report()) return letter(frame, digest_page(digest));
  std::vector<Part> parts;
  parts.push_back(fields_part(international(digest), status_fields(digest)));
  return assemble(frame, digest_page(digest), std::move(parts));
}

}  // namespace tenax::bounce
