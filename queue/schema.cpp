// SPDX-License-Identifier: Apache-2.0
#include "queue/schema.h"

namespace tenax::queue {

// All times are milliseconds since 1970 UTC. docs/queue-states.md is the law these tables hold.
const char* const kSchema = R"sql(

-- What must never go backwards. One row.
CREATE TABLE mark (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  last_id    INTEGER NOT NULL CHECK (last_id >= 0),     -- the newest queue id known to be given out
  generation INTEGER NOT NULL CHECK (generation >= 0),  -- counts openings; part of each new id
  routes     TEXT    NOT NULL                           -- which every open recipient follows
) STRICT;
INSERT INTO mark VALUES (1, 0, 0, '');

CREATE TRIGGER mark_goes_forward BEFORE UPDATE ON mark
WHEN NEW.last_id < OLD.last_id OR NEW.generation < OLD.generation
BEGIN SELECT RAISE(ABORT, 'queue ids never go backwards'); END;
CREATE TRIGGER mark_stays BEFORE DELETE ON mark
BEGIN SELECT RAISE(ABORT, 'queue ids never go backwards'); END;


-- A message: its envelope, and what we know of it without reading it.
CREATE TABLE message (
  id         INTEGER PRIMARY KEY CHECK (id > 0),        -- the queue id
  sender     TEXT CHECK (sender <> ''),                 -- MAIL FROM; NULL is the null path
  ret        TEXT    NOT NULL CHECK (ret IN ('unspecified', 'full', 'headers')),
  envid      TEXT    NOT NULL,                          -- RFC 3461 4.4, decoded
  body       TEXT    NOT NULL CHECK (body IN ('7bit', '8bit')),
  smtputf8   INTEGER NOT NULL CHECK (smtputf8 IN (0, 1)),
  automatic  INTEGER NOT NULL CHECK (automatic IN (0, 1)),
  size       INTEGER NOT NULL CHECK (size >= 0),        -- octets of the contents
  origin     TEXT    NOT NULL CHECK (origin IN ('submitted', 'notice')),
  about      INTEGER,                                   -- a notice: the message it tells of
  uid        INTEGER NOT NULL,                          -- who handed it in; -1 unknown
  pid        INTEGER NOT NULL,
  door       TEXT    NOT NULL,
  accepted   INTEGER NOT NULL,                          -- the lifetime counts from here
  message_id TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  place      TEXT    NOT NULL CHECK (place IN ('database', 'file', 'gone')),
  file       TEXT,                                      -- its name in contents/, if it ever had one
  open       INTEGER NOT NULL CHECK (open >= 0),        -- recipients not yet in a final state
  ended      INTEGER,                                   -- when the last of them closed
  CHECK (place <> 'file' OR file IS NOT NULL),
  CHECK ((open = 0) = (ended IS NOT NULL)),
  CHECK ((place = 'gone') = (ended IS NOT NULL)),       -- contents are kept exactly while open
  CHECK (origin <> 'notice' OR sender IS NULL),         -- promise 7: nobody can answer a notice
  CHECK (origin = 'notice' OR about IS NULL)
) STRICT;

CREATE INDEX message_open  ON message (accepted, size) WHERE ended IS NULL;
CREATE INDEX message_ended ON message (ended) WHERE ended IS NOT NULL;
CREATE UNIQUE INDEX message_file ON message (file) WHERE file IS NOT NULL;
CREATE INDEX message_about ON message (about) WHERE about IS NOT NULL;

CREATE TRIGGER message_stays_while_open BEFORE DELETE ON message WHEN OLD.ended IS NULL
BEGIN SELECT RAISE(ABORT, 'an open message is never deleted'); END;


-- Small contents lie here, large ones in contents/<message.file>: docs/decisions/0001.
CREATE TABLE contents (
  message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  bytes      BLOB NOT NULL
) STRICT;


-- A hand-over already answered. Outlives its message, so that a hand-over repeated late (by a drop
-- file found after a long silence) is still known.
CREATE TABLE submission (
  id         TEXT    PRIMARY KEY CHECK (length(id) = 32),
  message_id INTEGER NOT NULL,
  accepted   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX submission_accepted ON submission (accepted);


-- One row per recipient. All outcomes in mail are per recipient, so this is where the truth is.
-- AUTOINCREMENT: a report may come long after its recipient was purged, and must not meet another.
CREATE TABLE recipient (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id   INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  forward_path TEXT    NOT NULL CHECK (forward_path <> ''),  -- RCPT TO, as given (RFC 5321 2.4)
  destination  TEXT    NOT NULL CHECK (destination <> ''),   -- next hop; the scheduler's lane
  notify       TEXT    NOT NULL,                             -- RFC 3461 4.1; '' is none given
  original     TEXT,                                         -- RFC 3461 4.2, as xtext
  state        TEXT    NOT NULL
               CHECK (state IN ('waiting', 'leased', 'held', 'delivered', 'failed', 'removed')),
  attempts     INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),  -- finished and counted
  retried      INTEGER NOT NULL DEFAULT 0,                   -- first attempts go before later ones
  next_attempt INTEGER,                                      -- exactly while waiting or leased
  next_notice  INTEGER,                                      -- when the sender hears of the delay
  lease_owner  TEXT,                                         -- which daemon has it
  ended        INTEGER,
  CHECK (retried = (attempts > 0)),       -- not a generated column: those keep an index from covering
  CHECK ((state IN ('waiting', 'leased')) = (next_attempt IS NOT NULL)),
  CHECK ((state = 'leased') = (lease_owner IS NOT NULL)),
  CHECK ((state IN ('delivered', 'failed', 'removed')) = (ended IS NOT NULL)),
  CHECK (ended IS NULL OR next_notice IS NULL)
) STRICT;

CREATE INDEX recipient_of_message ON recipient (message_id);
-- Who is due? Whatever does not wait is not in these indexes at all. They hold the state so that a
-- walk through a crowd never needs the rows themselves.
CREATE INDEX recipient_due  ON recipient (state, retried, next_attempt, destination)
  WHERE state = 'waiting';
CREATE INDEX recipient_lane ON recipient (state, destination, retried, next_attempt)
  WHERE state = 'waiting';
-- Not the leased ones: only the end of their attempt knows whether the sender need hear of it.
CREATE INDEX recipient_notice ON recipient (next_notice)
  WHERE next_notice IS NOT NULL AND state <> 'leased';
CREATE INDEX recipient_open   ON recipient (state, destination) WHERE ended IS NULL;
CREATE INDEX recipient_ended  ON recipient (ended, state) WHERE ended IS NOT NULL;

CREATE TRIGGER recipient_enters BEFORE INSERT ON recipient
WHEN NEW.state NOT IN ('waiting', 'held')
BEGIN SELECT RAISE(ABORT, 'a recipient enters waiting or held'); END;

-- The arrows of docs/queue-states.md, and no others.
CREATE TRIGGER recipient_moves BEFORE UPDATE OF state ON recipient
WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN (
  'waiting>leased', 'waiting>held', 'waiting>removed',
  'held>waiting', 'held>leased', 'held>removed',
  'leased>waiting', 'leased>delivered', 'leased>failed', 'leased>removed')
BEGIN SELECT RAISE(ABORT, 'no such transition'); END;

CREATE TRIGGER recipient_final BEFORE UPDATE ON recipient WHEN OLD.ended IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a final state is never overwritten'); END;

CREATE TRIGGER recipient_stays_while_open BEFORE DELETE ON recipient WHEN OLD.ended IS NULL
BEGIN SELECT RAISE(ABORT, 'an open recipient is never deleted'); END;

-- The last recipient to close ends the message and forgets its contents, in the same commit.
CREATE TRIGGER recipient_closes AFTER UPDATE OF state ON recipient
WHEN OLD.ended IS NULL AND NEW.ended IS NOT NULL
BEGIN
  UPDATE message SET open  = open - 1,
                     ended = CASE WHEN open = 1 THEN NEW.ended END,
                     place = CASE WHEN open = 1 THEN 'gone' ELSE place END
   WHERE id = NEW.message_id;
  DELETE FROM contents
   WHERE message_id = NEW.message_id
     AND EXISTS (SELECT 1 FROM message WHERE id = NEW.message_id AND open = 0);
END;


-- History: one row per settled request, one answer per recipient, one row per host tried.
CREATE TABLE attempt (
  id          INTEGER PRIMARY KEY,
  message_id  INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  destination TEXT    NOT NULL,                         -- '' when no attempt was made
  started     INTEGER NOT NULL,
  finished    INTEGER NOT NULL
) STRICT;

CREATE INDEX attempt_of_message ON attempt (message_id);
CREATE INDEX attempt_destination ON attempt (destination);

CREATE TABLE answer (
  id           INTEGER PRIMARY KEY,
  attempt_id   INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
  recipient_id INTEGER NOT NULL REFERENCES recipient (id) ON DELETE CASCADE,
  counted      INTEGER NOT NULL CHECK (counted IN (0, 1)),  -- 0: our own fault (promise 9)
  kind         TEXT    NOT NULL CHECK (kind IN ('delivered', 'deferred', 'failed')),
  scope        TEXT    NOT NULL CHECK (scope IN ('host', 'message', 'recipient')),
  fault        TEXT    NOT NULL CHECK (fault IN ('theirs', 'ours')),
  stage        TEXT    NOT NULL,
  status       TEXT    NOT NULL,                        -- '4.7.1'; '' if there is none
  code         INTEGER CHECK (code BETWEEN 200 AND 599),    -- NULL: the server said nothing
  reply        BLOB,                                    -- its lines, LF between; bytes as they came
  text         TEXT    NOT NULL,
  host         TEXT    NOT NULL,
  address      TEXT    NOT NULL,
  port         INTEGER NOT NULL,
  tls          TEXT    NOT NULL,
  in_doubt     INTEGER NOT NULL CHECK (in_doubt IN (0, 1)),
  passed_on    INTEGER NOT NULL CHECK (passed_on IN (0, 1)),
  CHECK ((code IS NULL) = (reply IS NULL))
) STRICT;

CREATE INDEX answer_of_attempt   ON answer (attempt_id);
CREATE INDEX answer_of_recipient ON answer (recipient_id);    -- the newest is the last verdict

-- None for an attempt whose only host took everything: its answers name the host.
CREATE TABLE host_try (
  attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
  n          INTEGER NOT NULL CHECK (n BETWEEN 0 AND 99),
  host       TEXT    NOT NULL,
  address    TEXT    NOT NULL,
  port       INTEGER NOT NULL,
  tls        TEXT    NOT NULL,
  stage      TEXT    NOT NULL,
  text       TEXT    NOT NULL,
  started    INTEGER NOT NULL,
  took       INTEGER NOT NULL,
  PRIMARY KEY (attempt_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  id         INTEGER PRIMARY KEY,
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  happened   INTEGER NOT NULL,
  what       TEXT    NOT NULL
) STRICT;

CREATE INDEX event_of_message ON event (message_id);

-- History is bounded: a patient schedule leaves some 50 answers in five days, but a network of our
-- own that is down for days, or a script that says retry every minute, would leave thousands.
CREATE TRIGGER answer_bound AFTER INSERT ON answer
BEGIN
  DELETE FROM answer WHERE recipient_id = NEW.recipient_id AND id <= (
    SELECT id FROM answer WHERE recipient_id = NEW.recipient_id
     ORDER BY id DESC LIMIT 1 OFFSET 500);
END;
CREATE TRIGGER attempt_without_answers AFTER DELETE ON answer
BEGIN
  DELETE FROM attempt WHERE id = OLD.attempt_id
     AND NOT EXISTS (SELECT 1 FROM answer WHERE attempt_id = OLD.attempt_id);
END;
CREATE TRIGGER event_bound AFTER INSERT ON event
BEGIN
  DELETE FROM event WHERE message_id = NEW.message_id AND id <= (
    SELECT id FROM event WHERE message_id = NEW.message_id
     ORDER BY id DESC LIMIT 1 OFFSET 200);
END;

)sql";

const char* const kSchema2 = R"sql(

-- What is delivered at once is leased in the very commit that accepts it.
--
-- A statement that may be undone by itself (ABORT) makes SQLite copy every page before changing it.
-- Ours are undone together with all that their caller did, so they need not be: RAISE(FAIL) here,
-- UPDATE OR FAIL there, and no trigger on the tables into which every message is inserted: that a
-- recipient enters in no final state, and that history is bounded, is seen to by queue/writes.cpp.
DROP TRIGGER recipient_enters;
DROP TRIGGER answer_bound;

DROP TRIGGER recipient_moves;
CREATE TRIGGER recipient_moves BEFORE UPDATE OF state ON recipient
WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN (
  'waiting>leased', 'waiting>held', 'waiting>removed',
  'held>waiting', 'held>leased', 'held>removed',
  'leased>waiting', 'leased>delivered', 'leased>failed', 'leased>removed')
BEGIN SELECT RAISE(FAIL, 'no such transition'); END;

DROP TRIGGER recipient_final;
CREATE TRIGGER recipient_final BEFORE UPDATE ON recipient WHEN OLD.ended IS NOT NULL
BEGIN SELECT RAISE(FAIL, 'a final state is never overwritten'); END;

)sql";

const char* const kSchema3 = R"sql(

-- Refusals that may have started a receiver's clock for this recipient (greylisting): the scheduler
-- reads from them how old it is in the eyes of that receiver.
ALTER TABLE recipient ADD COLUMN knocks      INTEGER NOT NULL DEFAULT 0 CHECK (knocks >= 0);
ALTER TABLE recipient ADD COLUMN first_knock INTEGER;
ALTER TABLE recipient ADD COLUMN last_knock  INTEGER;

)sql";

const char* const kSchema4 = R"sql(

-- What receivers taught the scheduler, in its own words. No message depends on it: a row that is
-- lost or damaged has to be learnt again.
CREATE TABLE lesson (
  id      INTEGER PRIMARY KEY,
  key     TEXT    NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 512),
  written INTEGER NOT NULL,                                -- when it was true
  text    BLOB    NOT NULL CHECK (length(text) <= 16384)
) STRICT;

CREATE INDEX lesson_written ON lesson (written);

)sql";

const char* const kSchema5 = R"sql(

-- Whoever was told of a delay may be told of its end. And we hold mail ourselves, too, out of the
-- hand of its lease: when a destination suddenly refuses most of it (docs/notices.md).
ALTER TABLE recipient ADD COLUMN told    INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1));
ALTER TABLE recipient ADD COLUMN stormed INTEGER NOT NULL DEFAULT 0 CHECK (stormed IN (0, 1));

DROP TRIGGER recipient_moves;
CREATE TRIGGER recipient_moves BEFORE UPDATE OF state ON recipient
WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN (
  'waiting>leased', 'waiting>held', 'waiting>removed',
  'held>waiting', 'held>leased', 'held>removed',
  'leased>waiting', 'leased>held', 'leased>delivered', 'leased>failed', 'leased>removed')
BEGIN SELECT RAISE(FAIL, 'no such transition'); END;

)sql";

const char* const kSchema10 = R"sql(

-- Why does its mail wait? Asked of a destination, and answered by its deferrals: what was delivered,
-- nearly all, need not be found by where it went (docs/decisions/0006).
ALTER TABLE attempt ADD COLUMN deferred INTEGER NOT NULL DEFAULT 0 CHECK (deferred IN (0, 1));
UPDATE attempt SET deferred = 1
 WHERE id IN (SELECT attempt_id FROM answer WHERE kind = 'deferred' AND counted = 1);

DROP INDEX attempt_destination;
CREATE INDEX attempt_deferred ON attempt (destination) WHERE deferred = 1;

-- The same rules in words that SQLite checks faster: for a list of more than two it fills a table in
-- memory, anew for each statement. No row changes, so the text of the tables is changed where it
-- stands, in the way that SQLite's manual describes (ALTER TABLE, 7); other connections notice by the
-- version of the schema, which goes up with what follows.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
  'ret IN (''unspecified'', ''full'', ''headers'')',
  'ret = ''unspecified'' OR ret = ''full'' OR ret = ''headers'''),
  'place IN (''database'', ''file'', ''gone'')',
  'place = ''database'' OR place = ''gone'' OR place = ''file''')
 WHERE type = 'table' AND name = 'message';
UPDATE sqlite_schema SET sql = replace(replace(sql,
  'state IN (''waiting'', ''leased'', ''held'', ''delivered'', ''failed'', ''removed'')',
  'state = ''leased'' OR state = ''delivered'' OR state = ''waiting'' OR state = ''held'' ' ||
  'OR state = ''failed'' OR state = ''removed'''),
  'state IN (''delivered'', ''failed'', ''removed'')',
  'state = ''delivered'' OR state = ''failed'' OR state = ''removed''')
 WHERE type = 'table' AND name = 'recipient';
UPDATE sqlite_schema SET sql = replace(replace(sql,
  'kind IN (''delivered'', ''deferred'', ''failed'')',
  'kind = ''delivered'' OR kind = ''deferred'' OR kind = ''failed'''),
  'scope IN (''host'', ''message'', ''recipient'')',
  'scope = ''recipient'' OR scope = ''message'' OR scope = ''host''')
 WHERE type = 'table' AND name = 'answer';
PRAGMA writable_schema = RESET;

DROP TRIGGER recipient_moves;
CREATE TRIGGER recipient_moves BEFORE UPDATE OF state ON recipient
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
  WHEN 'waiting' THEN NEW.state = 'leased' OR NEW.state = 'held' OR NEW.state = 'removed'
  WHEN 'held'    THEN NEW.state = 'waiting' OR NEW.state = 'leased' OR NEW.state = 'removed'
  WHEN 'leased'  THEN NEW.state = 'delivered' OR NEW.state = 'waiting' OR NEW.state = 'failed'
                   OR NEW.state = 'held' OR NEW.state = 'removed'
  ELSE 0 END
BEGIN SELECT RAISE(FAIL, 'no such transition'); END;

)sql";

const char* const kSchema12 = R"sql(

-- Where the only host took everything, an answer tells all of its attempt: when it began and ended is
-- all that the attempt would add, and nearly every message has no other. A row and two indexes less
-- to be written (docs/decisions/0006).
ALTER TABLE answer ADD COLUMN started  INTEGER CHECK ((started IS NULL) = (attempt_id IS NOT NULL));
ALTER TABLE answer ADD COLUMN finished INTEGER CHECK ((finished IS NULL) = (attempt_id IS NOT NULL));
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'attempt_id   INTEGER NOT NULL REFERENCES',
                                            'attempt_id   INTEGER REFERENCES')
 WHERE type = 'table' AND name = 'answer';
PRAGMA writable_schema = RESET;

DROP INDEX answer_of_attempt;
CREATE INDEX answer_of_attempt ON answer (attempt_id) WHERE attempt_id IS NOT NULL;
ALTER TABLE passed DROP COLUMN destination;

)sql";

const char* const kSchema13 = R"sql(

-- Until its next attempt that counts: the operator wants it tried, whatever was learnt of when.
ALTER TABLE recipient ADD COLUMN insisted INTEGER NOT NULL DEFAULT 0 CHECK (insisted IN (0, 1));

-- What stood for that until now, a moment each.
DELETE FROM lesson WHERE key LIKE 'insisted %';

)sql";

}  // namespace tenax::queue
