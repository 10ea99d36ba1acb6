// SPDX-License-Identifier: Apache-2.0
#pragma once
// `tenax explain`: what a bounce, a reply or a message of ours tells, for people or as JSON lines.

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "mail/time.h"

#include "engine/returned_mail.h"
#include "queue/reader.h"

namespace tenax::cli {

/// One JSON object a recipient, a line each; of ordinary mail one that says so. `where` names the
/// mail among several; "" for the only one.
[[nodiscard]] std::string as_json(const engine::ExplainedMail& mail, std::string_view where);

/// The same for people.
[[nodiscard]] std::string present(const engine::ExplainedMail& mail, std::string_view where);

/// What became of each recipient of a message of our own queue, from its history.
[[nodiscard]] engine::ExplainedMail explained(const queue::MessageDetails& message,
                                              mail::WallTime now);

struct ExplainForm {
  bool json = false;
  mail::WallTime now;
  // Is given each mail instead of its being printed.
  std::function<void(const engine::ExplainedMail& mail, const std::string& where)> instead = {};
};

/// Explains what needs no queue; of a stream, `in` (nullptr: there is none). Returns an exit code;
/// when it is not EX_OK, `wrong` says why.
int explain_outside(const std::string& argument, std::istream* in, const ExplainForm& form,
                    std::ostream& out, std::string& wrong);

/// What an argument names: nothing or "-" is standard input, then what lies there comes before a
/// queue id of the same letters, and anything else is a reply.
enum class ExplainSource { stream, path, message, words };
[[nodiscard]] ExplainSource source_of(const std::string& argument);

}  // namespace tenax::cli
