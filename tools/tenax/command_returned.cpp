// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <vector>

#include "tools/tenax/classify.h"
#include "tools/tenax/commands.h"
#include "tools/tenax/explain.h"
#include "tools/tenax/recording.h"

namespace tenax::cli::command {

namespace {

constexpr std::size_t kMostReturns = 100'000;  // of one run of explain --record

}  // namespace

int explain(Call& call) {
  if (source_of(call.line().name) == ExplainSource::message) {
    const mail::QueueId id = must(mail::QueueId::parse(call.line().name));
    const engine::ExplainedMail told = explained(must(call.queue().show(id)), call.now());
    call.out() << (call.line().json ? as_json(told, "") : present(told, ""));
    return EX_OK;
  }
  std::string wrong;
  const ExplainForm form{call.line().json, call.now()};
  const int code = explain_outside(call.line().name, call.around().in, form, call.out(), wrong);
  if (code != EX_OK) throw Failure{code, wrong};
  return EX_OK;
}

/// The mails are read before we become the owner of the queue, who may not see them.
int record(Call& call) {
  if (source_of(call.line().name) == ExplainSource::message ||
      source_of(call.line().name) == ExplainSource::words) {
    throw Failure{EX_USAGE, "--record takes a mail, an mbox or a Maildir"};
  }
  std::vector<Return> returns;
  std::string wrong;
  ExplainForm form{call.line().json, call.now(), {}};
  form.instead = [&](const engine::ExplainedMail& mail, const std::string& where) {
    std::vector<Return> more = returns_of(mail, where, call.config().suppression_verp);
    std::ranges::move(more, std::back_inserter(returns));
    if (returns.size() > kMostReturns) throw Failure{EX_DATAERR, "too many mails at once"};
  };
  const int code = explain_outside(call.line().name, call.around().in, form, call.out(), wrong);
  if (code != EX_OK && returns.empty()) throw Failure{code, wrong};
  const std::vector<Recorded> all =
      join(std::move(returns), [&call](const std::vector<queue::Sought>& sought) {
        return must(call.queue().find_sent(sought));
      });
  engine::ControlRequest request{.verb = engine::ControlVerb::suppress, .selection = {}};
  const auto send = [&] {
    if (!request.edits.empty()) (void)call.have_done(request);
    request.edits.clear();
  };
  for (const Recorded& one : all) {
    if (!one.why_not.empty()) continue;
    request.edits.push_back({queue::SuppressionVerb::returned, "", one.sent->recipient,
                             one.what.cause, one.what.reply});
    if (request.edits.size() == engine::kMostEdits) send();
  }
  send();
  call.out() << (call.line().json ? as_json(all) : present(all));
  if (code != EX_OK) throw Failure{code, wrong};  // of a folder, not all could be read
  return EX_OK;
}

int classify(Call& call) {
  if (call.around().in == nullptr) throw Failure{EX_USAGE, "there is no standard input"};
  return cli::classify(*call.around().in, call.out(), call.now(), call.line().json);
}

}  // namespace tenax::cli::command
