// SPDX-License-Identifier: Apache-2.0
#include "tests/scheduler/hint_replies.h"

namespace tenax::scheduler {

std::vector<Family> silences() { return {}; }

}  // namespace tenax::scheduler
