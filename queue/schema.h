// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tables of the queue. They are written to be read: queue/schema.cpp.

namespace tenax::queue {

/// Makes the tables of version 1 in an empty database; later versions are steps in migrations.cpp.
extern const char* const kSchema;

}  // namespace tenax::queue
