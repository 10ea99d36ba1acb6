// SPDX-License-Identifier: Apache-2.0
#include "scheduler/overrides.h"

#include <algorithm>
#include <utility>

namespace tenax::scheduler {

namespace {

bool is_wild(char c) { return c == '*' || c == '?'; }

/// A name in full is more exact than any pattern.
std::size_t exactness_of(std::string_view pattern) {
  constexpr std::size_t kName = 1000;  // longer than any pattern
  const bool in_full = !pattern.starts_with('.') && std::ranges::none_of(pattern, is_wild);
  const auto plain = std::ranges::count_if(pattern, [](char c) { return !is_wild(c); });
  return static_cast<std::size_t>(plain) + (in_full ? kName : 0);
}

/// Goes back to the last "*" only: its time is the product of the two lengths at worst.
bool fits(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t behind = 0;  // where what the star stands for ends
  for (std::size_t n = 0; n < name.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      behind = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++behind;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.starts_with('.')) {
    return fits(pattern.substr(1), name) || fits("*" + std::string{pattern}, name);
  }
  return fits(pattern, name);
}

Overrides::Overrides(std::vector<Override> entries) {
  if (entries.empty()) return;
  auto table = std::make_shared<Table>();
  for (Override& given : entries) {
    const auto entry = std::make_shared<const Override>(std::move(given));
    for (const std::string& pattern : entry->domains) {
      if (pattern == "*") {
        if (table->all == nullptr) table->all = entry;
      } else if (pattern.starts_with('.') || std::ranges::any_of(pattern, is_wild)) {
        table->patterns.push_back({pattern, exactness_of(pattern), entry});
      } else {
        table->domains.try_emplace(pattern, entry);
      }
    }
    for (const std::string& pattern : entry->mail_hosts) {
      table->hosts.push_back({pattern, exactness_of(pattern), entry});
    }
  }
  const auto more_exact = [](const Rule& a, const Rule& b) { return a.exactness > b.exactness; };
  std::ranges::stable_sort(table->patterns, more_exact);
  std::ranges::stable_sort(table->hosts, more_exact);
  table_ = std::move(table);
}

OverridePtr Overrides::find(const mail::Destination& destination,
                            const std::vector<std::string>& mail_hosts) const {
  if (table_ == nullptr) return nullptr;
  const std::string& name = destination.name();
  if (const auto found = table_->domains.find(name); found != table_->domains.end()) {
    return found->second;
  }
  for (const Rule& rule : table_->patterns) {
    if (matches(rule.pattern, name)) return rule.entry;
  }
  // A next hop without a look-up of its MX is its own mail host.
  const std::vector<std::string> itself = {name};
  const std::vector<std::string>& hosts = destination.by_mx() ? mail_hosts : itself;
  for (const Rule& rule : table_->hosts) {
    const auto fits_it = [&rule](const std::string& host) { return matches(rule.pattern, host); };
    if (std::ranges::any_of(hosts, fits_it)) return rule.entry;
  }
  return table_->all;
}

}  // namespace tenax::scheduler
