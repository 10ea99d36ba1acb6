// SPDX-License-Identifier: Apache-2.0
// What a site taught, in plain words.

#include <cstdio>
#include <utility>

#include "mail/printable.h"

#include "tools/tenax/present.h"
#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

using scheduler::SiteView;

constexpr std::size_t kSharersNamed = 10;
constexpr double kBelieved = 0.4;  // scheduler/site has the same opinion

std::string at(mail::WallTime when, mail::WallTime now) {
  return moment(when) + " (" + relative(when, now) + ")";
}

std::string times(int count) { return counted(count, "time"); }

std::string name_of(const std::string& text) { return mail::printable(text, 255); }

std::string of_the_name(const SiteView::Down& down, mail::WallTime now) {
  return "its name does not resolve since " + at(down.since, now) + ", asked " +
         times(down.failures) + "; next look " + relative(down.next_probe, now);
}

std::string of_an_outage(const SiteView::Down& down, mail::WallTime now) {
  return "down since " + at(down.since, now) + ", found so " + times(down.failures) +
         "; next probe " + relative(down.next_probe, now);
}

std::string of_past_outages(const scheduler::PastOutages& past, mail::WallTime now) {
  std::string text = "was down " + times(past.count) + ", last for " + mail::in_short(past.last) +
                     " until " + at(past.ended, now);
  if (past.count > 1) text += "; at the longest " + mail::in_short(past.longest);
  return text;
}

std::string of_strangers(const SiteView::Greylisting& wait, mail::WallTime now) {
  std::string text = "greylists strangers: ";
  const std::string too_short =
      wait.too_short.count() > 0 ? "refused at " + mail::in_short(wait.too_short) : std::string{};
  if (!wait.enough) {
    return text + (too_short.empty() ? "" : too_short + ", ") +
           "an age that is enough is not known";
  }
  text += "accepts " + mail::in_short(*wait.enough) + " after the first knock, seen " +
          times(wait.passes);
  if (wait.last_pass) text += ", last at " + at(*wait.last_pass, now);
  if (!too_short.empty()) text += "; " + too_short;
  if (wait.stated) text += "; it says so itself";
  if (wait.punishes) text += "; who knocks too early waits longer";
  return text;
}

std::string of_success(const SiteView::Greylisting& wait) {
  if (wait.everybody_after_success > 0) return "once it took one message of ours it takes all";
  if (wait.sender_after_success > 0) {
    return "a sender whose message it took may write to others there at once";
  }
  if (wait.sender_after_success < 0 || wait.everybody_after_success < 0) {
    return "who was taken once is known there, others wait like strangers";
  }
  return {};
}

std::string period_in_words(mail::Duration period) {
  using std::chrono::hours;
  using std::chrono::minutes;
  if (period == minutes{1}) return "minute";
  if (period == hours{1}) return "hour";
  if (period == hours{24}) return "day";
  return mail::in_short(period);
}

std::string of_other_limits(const std::vector<SiteView::Limit>& limits) {
  std::string text;
  for (std::size_t i = 1; i < limits.size(); ++i) {
    const scheduler::Rate& rate = limits[i].rate;
    text += (i == 1 ? "no more than " : ", ") + std::to_string(rate.count) + " in any " +
            period_in_words(rate.period);
  }
  return text;
}

std::vector<std::string> of_the_door(const SiteView::Door& door, mail::WallTime now) {
  std::vector<std::string> lines;
  if (door.closed_since) {
    lines.push_back("takes nothing since " + at(*door.closed_since, now) + "; next knock " +
                    relative(door.next_probe, now));
  }
  if (!door.limits.empty()) {
    const auto& [rate, taken] = door.limits.front();
    lines.push_back("takes about " + counted(rate.count, "message") + " in any " +
                    period_in_words(rate.period) + "; " + std::to_string(taken) + " in the last");
    const std::string others = of_other_limits(door.limits);
    if (!others.empty()) lines.push_back(others);
    if (door.counts_refused) lines.push_back("counts what it refuses, too");
  }
  if (door.limits_everyone) lines.push_back("limits each sender and destination for itself");
  if (door.states_false_times) {
    lines.push_back("the times it states while it takes nothing are not true");
  }
  if (door.gap.count() > 0) {
    lines.push_back("is sent one message every " + mail::in_short(door.gap) + " at most");
  }
  return lines;
}

std::string of_stated_times(double trust) {
  char degree[16];
  std::snprintf(degree, sizeof degree, "%.1f", trust);
  return std::string{"the times its replies state are "} +
         (trust >= kBelieved ? "believed (" : "not believed (") + degree + ")";
}

std::string of_a_host(const SiteView::Host& host, mail::WallTime now) {
  std::string text = name_of(host.name) + " has not answered since " + at(host.down->since, now);
  return text + "; next look " + relative(host.down->next_probe, now);
}

std::string of_sharers(const SiteView& site) {
  std::string text;
  for (std::size_t i = 0; i < site.destinations.size() && i < kSharersNamed; ++i) {
    text += (i > 0 ? ", " : "") + name_of(site.destinations[i]);
  }
  const std::size_t more =
      site.destinations.size() - std::min(site.destinations.size(), kSharersNamed);
  if (more > 0) text += " and " + std::to_string(more) + " more";
  return text;
}

}  // namespace

std::vector<std::string> in_words(const SiteView& site, mail::WallTime now) {
  std::vector<std::string> lines;
  const auto add = [&lines](std::string line) {
    if (!line.empty()) lines.push_back(std::move(line));
  };
  if (site.name_down) add(of_the_name(*site.name_down, now));
  if (site.down) add(of_an_outage(*site.down, now));
  for (std::string& line : of_the_door(site.door, now)) add(std::move(line));
  if (site.sessions) add("at most " + counted(*site.sessions, "connection") + " at once");
  if (site.greylisting) {
    add(of_strangers(*site.greylisting, now));
    add(of_success(*site.greylisting));
  }
  if (site.takes_strangers) add("takes strangers at once");
  if (site.states_times) add(of_stated_times(site.trust));
  for (const SiteView::Host& host : site.hosts) {
    if (host.down && site.hosts.size() > 1) add(of_a_host(host, now));
    if (host.asked_first) add(name_of(host.name) + " is asked first");
  }
  if (site.outages.count > 0) add(of_past_outages(site.outages, now));
  if (lines.empty()) add("nothing out of the ordinary");
  return lines;
}

std::string present(const SiteView& site, mail::WallTime now) {
  std::string text = "site: " + name_of(site.name);
  if (site.destinations.size() > 1) text += ", shared by " + of_sharers(site);
  text += "\nlearnt";
  if (site.touched != mail::WallTime{}) text += ", last met " + at(site.touched, now);
  text += ":\n";
  for (const std::string& line : in_words(site, now)) text += "  " + line + "\n";
  return text;
}

}  // namespace tenax::cli
