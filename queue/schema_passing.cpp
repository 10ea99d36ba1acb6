// SPDX-License-Identifier: Apache-2.0
#include "queue/schema.h"

namespace tenax::queue {

// Times, words and columns as in the tables that these rows are written out to. Nothing but what
// one INSERT says is ever changed: a row is written once and, when it is written out, goes.
const char* const kPassingSchema = R"sql(

DROP TRIGGER mark_goes_forward;
CREATE TRIGGER mark_goes_forward BEFORE UPDATE ON mark
WHEN NEW.last_id < OLD.last_id OR NEW.generation < OLD.generation
BEGIN SELECT RAISE(FAIL, 'queue ids never go backwards'); END;

-- A message that was leased by the commit that accepted it, and its only recipient.
CREATE TABLE passing (
  id           INTEGER PRIMARY KEY CHECK (id > 0),
  sender       TEXT CHECK (sender <> ''),
  ret          TEXT    NOT NULL CHECK (ret = 'unspecified' OR ret = 'full' OR ret = 'headers'),
  envid        TEXT    NOT NULL,
  body         TEXT    NOT NULL CHECK (body = '7bit' OR body = '8bit'),
  smtputf8     INTEGER NOT NULL CHECK (smtputf8 = 0 OR smtputf8 = 1),
  automatic    INTEGER NOT NULL CHECK (automatic = 0 OR automatic = 1),
  uid          INTEGER NOT NULL,
  pid          INTEGER NOT NULL,
  door         TEXT    NOT NULL,
  accepted     INTEGER NOT NULL,
  message_id   TEXT    NOT NULL,
  subject      TEXT    NOT NULL,
  recipient_id INTEGER NOT NULL CHECK (recipient_id > 0),
  forward_path TEXT    NOT NULL CHECK (forward_path <> ''),
  destination  TEXT    NOT NULL CHECK (destination <> ''),
  notify       TEXT    NOT NULL,
  original     TEXT,
  next_notice  INTEGER,
  lease_owner  TEXT    NOT NULL,
  bytes        BLOB    NOT NULL
) STRICT;

-- That it was delivered by the first attempt, by the first host that was asked.
CREATE TABLE passed (
  id          INTEGER PRIMARY KEY,                     -- the message's
  destination TEXT    NOT NULL,
  started     INTEGER NOT NULL,
  finished    INTEGER NOT NULL,
  counted     INTEGER NOT NULL CHECK (counted = 0 OR counted = 1),
  kind        TEXT    NOT NULL CHECK (kind = 'delivered'),
  scope       TEXT    NOT NULL CHECK (scope = 'recipient' OR scope = 'message' OR scope = 'host'),
  fault       TEXT    NOT NULL CHECK (fault = 'theirs' OR fault = 'ours'),
  stage       TEXT    NOT NULL,
  status      TEXT    NOT NULL,
  code        INTEGER CHECK (code BETWEEN 200 AND 599),
  reply       BLOB,
  text        TEXT    NOT NULL,
  host        TEXT    NOT NULL,
  address     TEXT    NOT NULL,
  port        INTEGER NOT NULL,
  tls         TEXT    NOT NULL,
  in_doubt    INTEGER NOT NULL CHECK (in_doubt = 0 OR in_doubt = 1),
  passed_on   INTEGER NOT NULL CHECK (passed_on = 0 OR passed_on = 1),
  CHECK ((code IS NULL) = (reply IS NULL))
) STRICT;

)sql";

}  // namespace tenax::queue
