// SPDX-License-Identifier: Apache-2.0
#include "mail/verdict.h"

#include "mail/word_table.h"

namespace tenax::mail {

namespace {

constexpr WordTable<3> kKinds = {"delivered", "deferred", "failed"};
constexpr WordTable<3> kScopes = {"host", "message", "recipient"};
static_assert(kKinds.size() == static_cast<std::size_t>(Kind::failed) + 1);
static_assert(kScopes.size() == static_cast<std::size_t>(Scope::recipient) + 1);

}  // namespace

std::string_view to_string(Kind kind) { return word_of(kKinds, kind); }
std::string_view to_string(Scope scope) { return word_of(kScopes, scope); }
std::optional<Kind> parse_kind(std::string_view text) { return value_of<Kind>(kKinds, text); }
std::optional<Scope> parse_scope(std::string_view text) { return value_of<Scope>(kScopes, text); }

}  // namespace tenax::mail
