// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who is being tried at this moment, as an operator is told.

#include "mail/ids.h"
#include "mail/time.h"

namespace tenax::engine {

/// One recipient of a delivery in flight. Concurrency: value.
struct UnderWay {
  mail::QueueId message;
  mail::RecipientId recipient;
  mail::WallTime since;
};

}  // namespace tenax::engine
