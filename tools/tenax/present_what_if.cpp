// SPDX-License-Identifier: Apache-2.0
// The recorded queue under another schedule, as a table.

#include <array>
#include <cstdlib>

#include "mail/reply.h"

#include "tools/tenax/present.h"
#include "tools/tenax/schedule.h"
#include "tools/tenax/words.h"

namespace tenax::cli {

namespace {

using scheduler::Guess;
using scheduler::WhatIf;

std::string mean(double sum_of_millis, std::int64_t count) {
  if (count == 0) return "-";
  const double millis = sum_of_millis / static_cast<double>(count);
  return mail::in_short(mail::Duration{static_cast<std::int64_t>(millis)});
}

std::string range(std::int64_t least, std::int64_t most) {
  if (least == most) return {};
  return " (" + std::to_string(least) + " to " + std::to_string(most) + ")";
}

std::string which_mail(const WhatIfView& view) {
  return "mail accepted in the last " + mail::in_short(view.since) +
         (view.since_cut ? ", as long as history is kept" : "");
}

std::string what_was_read(const WhatIfView& view) {
  const WhatIf& all = view.answer.counted;
  std::string text = which_mail(view) + ": " + counted(all.recipients(), "recipient") +
                     " attempted, " + std::to_string(all.put_off()) + " put off at least once";
  if (view.answer.left_out > 0) {
    text += "; " + std::to_string(view.answer.left_out) +
            " left out, never reached or no longer recorded whole";
  }
  return text + "\n";
}

std::string sums_table(const WhatIf& all) {
  const std::array<const WhatIf::Way*, 5> ways{&all.recorded(), &all.in_force(),
                                               &all.other(Guess::middle), &all.other(Guess::best),
                                               &all.other(Guess::worst)};
  Table table{{{""},
               {"RECORDED", true},
               {"IN FORCE", true},
               {"OTHER", true},
               {"BEST", true},
               {"WORST", true}}};
  const auto row = [&](const char* name, const auto& cell) {
    std::vector<std::string> cells{name};
    for (const WhatIf::Way* way : ways) cells.push_back(cell(*way));
    table.row(std::move(cells));
  };
  const auto length = [](const WhatIf::Way& way, mail::Duration delay) {
    return way.delays.count() == 0 ? std::string{"-"} : mail::in_short(delay);
  };
  row("attempts", [](const auto& way) { return std::to_string(way.outcome.attempts); });
  row("mean delay", [&](const auto& way) { return length(way, way.delays.mean()); });
  row("95 % within", [&](const auto& way) { return length(way, way.delays.quantile(0.95)); });
  row("delivered", [](const auto& way) { return std::to_string(way.outcome.delivered); });
  row("expired", [](const auto& way) { return std::to_string(way.outcome.expired); });
  return table.text(0);
}

std::string differences(const WhatIf& all) {
  const auto saved = [&all](Guess guess) {
    return all.recorded().outcome.attempts - all.other(guess).outcome.attempts;
  };
  const std::int64_t less = saved(Guess::middle);
  std::string text = counted(std::abs(less), "attempt") + (less < 0 ? " more" : " saved");
  text += less < 0 ? range(-saved(Guess::best), -saved(Guess::worst))
                   : range(saved(Guess::worst), saved(Guess::best));
  text += "\n";
  const auto lost = [&all](Guess guess) { return all.other(guess).outcome.lost; };
  if (lost(Guess::worst) > 0) {
    text += counted(lost(Guess::middle), "recipient") +
            range(lost(Guess::best), lost(Guess::worst)) +
            " that took delivery would have expired\n";
  }
  const std::int64_t revived = all.other(Guess::middle).outcome.revived;
  if (revived > 0) {
    text += counted(revived, "recipient") +
            " that expired would still be tried; whether that helps is not known\n";
  }
  return text;
}

std::string destinations_table(const WhatIfView& view, std::size_t width) {
  Table table{{{"DESTINATION"},
               {"PUT OFF", true},
               {"ATTEMPTS", true},
               {"OTHER", true},
               {"MEAN DELAY", true},
               {"OTHER", true},
               {"EXPIRED", true},
               {"OTHER", true}}};
  for (const auto& [name, share] : view.destinations) {
    table.row({mail::printable(name, 255), std::to_string(share.put_off),
               std::to_string(share.recorded.attempts), std::to_string(share.other.attempts),
               mean(share.recorded_delay, share.delayed),
               mean(share.other_delay, share.other_delayed), std::to_string(share.recorded.expired),
               std::to_string(share.other.expired)});
  }
  return table.text(width);
}

}  // namespace

std::string present(const WhatIfView& view, std::size_t width) {
  const WhatIf& all = view.answer.counted;
  if (all.put_off() == 0) {
    return "nothing to replay: of " + which_mail(view) + ", nobody was put off\n";
  }
  if (all.too_few()) {
    return "too little to replay: of " + which_mail(view) + ", " +
           counted(all.recorded().delays.count(), "recipient") +
           (all.recorded().delays.count() == 1 ? " was" : " were") +
           " put off and then delivered, and fewer than " + std::to_string(WhatIf::kFewest) +
           " say nothing\n";
  }
  return what_was_read(view) + "in force: " + in_words(view.in_force) +
         "\nother:    " + in_words(view.other) + "\n\n" + sums_table(all) + "\n" +
         differences(all) + "\n" + destinations_table(view, width) +
         "\ndelays are those of recipients put off and then delivered. BEST and WORST are the "
         "bounds of an estimate,\nOTHER and IN FORCE its middle: tenax(1)\n";
}

}  // namespace tenax::cli
