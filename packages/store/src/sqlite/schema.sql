CREATE TABLE attempts (
  execution_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL CHECK (ordinal BETWEEN 1 AND 16777215),
  key TEXT NOT NULL,
  number INTEGER NOT NULL,
  queue TEXT,
  priority INTEGER NOT NULL,
  lease_ms INTEGER,
  state TEXT NOT NULL CHECK (state = 'waiting' OR state = 'leased' OR state = 'closed' OR state = 'held'),
  -- Waiting: not before; leased and held: since; closed: when.
  state_at INTEGER NOT NULL,
  until INTEGER CHECK (until IS NULL OR state = 'leased'),
  outcome TEXT CHECK (
    outcome IS NULL OR outcome = 'completed' OR outcome = 'failed' OR outcome = 'tolerated' OR outcome = 'failedFinally' OR outcome = 'timedOut'
    OR outcome = 'cancelled' OR outcome = 'skipped'
  ),
  fence INTEGER NOT NULL CHECK (fence >= 0),
  claims INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  first_claimed_at INTEGER,
  -- Of the last claim; while leased, the holder.
  last_worker TEXT,
  wake_at INTEGER,
  data TEXT NOT NULL,
  PRIMARY KEY (execution_id, ordinal),
  CHECK ((state = 'closed') = (outcome IS NOT NULL)),
  CHECK (queue IS NOT NULL OR state = 'closed' OR state = 'held'),
  CHECK (last_worker IS NOT NULL OR state <> 'leased')
) STRICT;

CREATE TABLE definitions (
  kind TEXT NOT NULL CHECK (kind = 'workflow' OR kind = 'task'),
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (kind, namespace, name, version)
) STRICT;

CREATE TABLE execution_briefs (
  execution_id TEXT PRIMARY KEY NOT NULL,
  brief TEXT NOT NULL
) STRICT;

CREATE TABLE execution_tallies (
  dialect TEXT NOT NULL,
  status TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 0),
  PRIMARY KEY (dialect, status)
) STRICT, WITHOUT ROWID;

CREATE TABLE executions (
  id TEXT PRIMARY KEY NOT NULL,
  dialect TEXT NOT NULL CHECK (dialect = 'conductor' OR dialect = 'stroem'),
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  label_version TEXT NOT NULL,
  handle TEXT NOT NULL,
  source TEXT NOT NULL,
  definition TEXT NOT NULL,
  -- The id of the attempt that started it, which names its execution too.
  parent TEXT,
  status TEXT NOT NULL CHECK (
    status = 'running' OR status = 'completed' OR status = 'paused' OR status = 'failed' OR status = 'timedOut' OR status = 'cancelled'
  ),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ended_at INTEGER,
  due INTEGER,
  version INTEGER NOT NULL CHECK (version > 0),
  last_ordinal INTEGER NOT NULL,
  last_message INTEGER NOT NULL,
  -- How to read state and brief: see stateFormat in rows.ts.
  format INTEGER NOT NULL,
  state TEXT NOT NULL,
  -- Null when it is large: then it stands in execution_briefs, so that an update does not write it again.
  brief TEXT
) STRICT;

CREATE TABLE facts (
  name TEXT PRIMARY KEY,
  text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE logs (
  execution_id TEXT NOT NULL,
  last INTEGER NOT NULL,
  count INTEGER NOT NULL CHECK (count > 0),
  source TEXT NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (execution_id, last)
) STRICT;

CREATE TABLE messages (
  position INTEGER PRIMARY KEY,
  sender TEXT NOT NULL,
  number INTEGER NOT NULL,
  receiver TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (sender, number)
) STRICT;

CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT;

CREATE TABLE snapshots (
  id TEXT PRIMARY KEY NOT NULL,
  text TEXT NOT NULL
, used_at INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE workers (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  last_seen INTEGER NOT NULL,
  registered_at INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE INDEX attempts_open
  -- queues.ts: the open attempts of a queue
  ON attempts (queue, execution_id, ordinal) WHERE state IN ('waiting', 'leased');

CREATE INDEX attempts_waiting
  -- claim.ts: the next of a queue; queues.ts: sizes
  ON attempts (queue, priority DESC, state_at, execution_id, ordinal) WHERE state = 'waiting';

CREATE INDEX executions_by_creation
  -- list.ts: all of a dialect
  ON executions (dialect, created_at, id);

CREATE INDEX executions_by_definition
  -- retention.ts: whether a snapshot is still run by
  ON executions (definition);

CREATE INDEX executions_by_handle
  -- list.ts: those of one handle
  ON executions (dialect, handle, created_at, id) WHERE handle <> '';

CREATE INDEX executions_by_name
  -- list.ts: those of one name
  ON executions (dialect, name, created_at, id);

CREATE INDEX executions_due
  -- due.ts: what is due, and when the next is
  ON executions (due, id) WHERE due IS NOT NULL;

CREATE INDEX executions_ended
  -- retention.ts: those that ended before a moment
  ON executions (ended_at, id) WHERE ended_at IS NOT NULL;

CREATE INDEX executions_not_completed
  -- list.ts: those that run, are paused or ended badly; few beside the completed ones
  ON executions (dialect, created_at, id, status, name) WHERE status <> 'completed';

CREATE INDEX logs_by_source
  -- logs.ts: lines of one source
  ON logs (execution_id, source, last);

CREATE INDEX messages_by_receiver
  -- messages.ts: those to one receiver; remove.ts: removed with it
  ON messages (receiver);

CREATE INDEX snapshots_by_use
  -- retention.ts: those that nobody put for a while; it changes once an hour at most
  ON snapshots (used_at);
