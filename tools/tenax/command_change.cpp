// SPDX-License-Identifier: Apache-2.0
#include <istream>
#include <vector>

#include "mail/address.h"
#include "mail/printable.h"

#include "io/file.h"

#include "engine/route.h"
#include "tools/tenax/commands.h"
#include "tools/tenax/suppression.h"
#include "tools/tenax/words.h"

namespace tenax::cli::command {

namespace {

constexpr std::size_t kMostImport = std::size_t{64} << 20;  // octets

std::string all_of_import(Call& call) {
  if (!call.line().name.empty() && call.line().name != "-")
    return must(io::read_file(call.line().name, kMostImport));
  if (call.around().in == nullptr) throw Failure{EX_USAGE, "there is no standard input"};
  std::string text(kMostImport + 1, '\0');
  call.around().in->read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(call.around().in->gcount()));
  if (text.size() > kMostImport) throw Failure{EX_DATAERR, "more than 64 MiB"};
  return text;
}

int edit_suppressions(Call& call, std::vector<queue::SuppressionEdit> edits,
                      std::string_view done) {
  SuppressionsChanged changed{.deed = std::string{done}};
  for (std::size_t at = 0; at < edits.size(); at += engine::kMostEdits) {
    engine::ControlRequest request{.verb = engine::ControlVerb::suppress, .selection = {}};
    const std::size_t end = std::min(edits.size(), at + engine::kMostEdits);
    for (std::size_t i = at; i < end; ++i) request.edits.push_back(std::move(edits[i]));
    const Call::Answered answered = call.have_done(request);
    changed.changed += answered.answer.operated.changed;
    changed.by_daemon = answered.by_daemon;
  }
  return call.say(changed);
}

}  // namespace

int change(Call& call, engine::ControlVerb verb) {
  return carry_out(call, {.verb = verb,
                          .selection = must(selection_of(call.line().filters, call.now())),
                          .everything = call.line().everything});
}

int carry_out(Call& call, const engine::ControlRequest& request) {
  const Call::Answered done = call.have_done(request);
  Changed changed{request.verb, done.answer.operated, done.by_daemon};
  const bool of_mail = request.verb != engine::ControlVerb::forget;
  if (of_mail && !done.by_daemon) changed.dropped = call.dropped();
  call.say(changed);
  if (!call.line().json) {
    if (changed.dropped.value_or(0) > 0) {
      call.around().error << "tenax: " << in_the_drop_folder(*changed.dropped) << " and "
                          << (*changed.dropped == 1 ? "is" : "are") << " not touched\n";
    }
    for (const mail::QueueId id : changed.operated.unknown) {
      call.around().error << "tenax: no message " << id.text() << " in the queue\n";
    }
  }
  return changed.operated.unknown.empty() ? EX_OK : EX_NOINPUT;
}

int suppression(Call& call) {
  std::vector<queue::SuppressionEdit> edits;
  switch (call.line().deed) {
    case ListDeed::list: {
      SuppressionView view{.rows = must(call.queue().suppressions(call.line().limit + 1)),
                           .cut = false,
                           .policy = engine::plan_of(call.config()).plan.terms.suppression,
                           .now = call.now()};
      view.cut = view.rows.size() > call.line().limit;
      if (view.cut) view.rows.pop_back();
      return call.say(view, call.around().width);
    }
    case ListDeed::add:
    case ListDeed::remove:
      for (const std::string& typed : call.line().addresses) {
        const auto verb = call.line().deed == ListDeed::add ? queue::SuppressionVerb::add
                                                            : queue::SuppressionVerb::remove;
        const auto address = mail::Address::parse(typed);
        if (!address) throw Failure{EX_USAGE, address.error().why};
        edits.push_back({verb, address->text(), {}, "", call.line().note});
      }
      return edit_suppressions(call, std::move(edits),
                               call.line().deed == ListDeed::add ? "added" : "removed");
    case ListDeed::import: {
      const auto listed = read_addresses(all_of_import(call));
      if (!listed) throw Failure{EX_DATAERR, listed.error().why};
      for (const Listed& one : *listed) {
        edits.push_back({queue::SuppressionVerb::add, one.address, {}, "", one.note});
      }
      return edit_suppressions(call, std::move(edits), "added");
    }
  }
  return EX_SOFTWARE;
}

}  // namespace tenax::cli::command
