// SPDX-License-Identifier: Apache-2.0
#include "queue/schema.h"

namespace tenax::queue {

const char* const kSchema6 = R"sql(

-- Addresses that mail does not reach: counted failures, and what the operator says
-- (docs/suppression.md). In lower case, for case makes no difference here.
CREATE TABLE suppression (
  id       INTEGER PRIMARY KEY,
  address  TEXT    NOT NULL UNIQUE CHECK (address <> ''),
  failures INTEGER NOT NULL CHECK (failures >= 0),
  first    INTEGER,
  last     INTEGER,                        -- of the counted failures
  cause    TEXT    NOT NULL DEFAULT '',
  text     TEXT    NOT NULL DEFAULT '',
  added    INTEGER,                        -- by the operator: it stays
  by       TEXT    NOT NULL DEFAULT '',
  note     TEXT    NOT NULL DEFAULT '',
  CHECK ((failures > 0) = (last IS NOT NULL)),
  CHECK ((failures > 0) = (first IS NOT NULL)),
  CHECK (failures > 0 OR added IS NOT NULL)
) STRICT;

CREATE INDEX suppression_last ON suppression (last);

-- Whose mail came back, by whatever way we heard of it: it is counted once.
CREATE TABLE returned (
  recipient_id INTEGER PRIMARY KEY REFERENCES recipient (id) ON DELETE CASCADE,
  happened     INTEGER NOT NULL
) STRICT;

)sql";

}  // namespace tenax::queue
