// SPDX-License-Identifier: Apache-2.0
#pragma once
// The commands of `tenax`, each from what was typed to what is printed; it returns the exit code.
// They fetch and print only: what is found out of it, and in what words, is said elsewhere.

#include "tools/tenax/call.h"

namespace tenax::cli::command {

// command_look.cpp: what is there
int overview(Call& call);
int list(Call& call);
int mailq(Call& call);
int show(Call& call);
int destination(Call& call);
int check(Call& call);
int config(Call& call);

// command_foretell.cpp: what is going to happen, and why
int forecast(Call& call);  // prospects.h
int why(Call& call);       // why.h
int what_if(Call& call);

// command_change.cpp: what the daemon is to do
int change(Call& call, engine::ControlVerb verb);
int carry_out(Call& call, const engine::ControlRequest& request);
int suppression(Call& call);  // suppression.h

// command_returned.cpp: mail that came back
int explain(Call& call);   // explain.h
int record(Call& call);    // recording.h
int classify(Call& call);  // classify.h

}  // namespace tenax::cli::command
