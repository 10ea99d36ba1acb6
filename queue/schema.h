// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tables of the queue. They are written to be read: queue/schema.cpp.

namespace tenax::queue {

/// Makes the tables of version 1 in an empty database.
extern const char* const kSchema;

/// From version 1 to 2: a recipient may enter leased; fewer copies of pages.
extern const char* const kSchema2;

/// From version 2 to 3: what receivers have seen of a recipient.
extern const char* const kSchema3;

/// From version 3 to 4: what receivers taught the scheduler.
extern const char* const kSchema4;

/// From version 4 to 5: who was told of a delay; what is held in a storm of refusals.
extern const char* const kSchema5;

/// From version 5 to 6: addresses that mail does not reach (queue/schema_suppression.cpp).
extern const char* const kSchema6;

/// From version 9 to 10: only attempts that somebody may ask for are found by their destination;
/// the checks are in words that SQLite checks faster.
extern const char* const kSchema10;

/// From version 10 to 11: mail that passes, in short (queue/schema_passing.cpp).
extern const char* const kPassingSchema;

/// From version 11 to 12: a delivery by the only host that was asked is one row of the history.
extern const char* const kSchema12;

/// From version 12 to 13: an operator's order to try now stays with the recipient.
extern const char* const kSchema13;

}  // namespace tenax::queue
