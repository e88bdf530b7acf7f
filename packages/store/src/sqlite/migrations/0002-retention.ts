/** What the removal of what ended long ago goes by. */
export const retention = `
-- The last time that somebody who starts executions put it; 0: never since it was copied here.
ALTER TABLE snapshots ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;

CREATE INDEX snapshots_by_use
  -- retention.ts: those that nobody put for a while; it changes once an hour at most
  ON snapshots (used_at);

CREATE INDEX executions_ended
  -- retention.ts: those that ended before a moment
  ON executions (ended_at, id) WHERE ended_at IS NOT NULL;

CREATE INDEX executions_by_definition
  -- retention.ts: whether a snapshot is still run by
  ON executions (definition);
`
