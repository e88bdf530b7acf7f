import type { Instant, QueueName } from '@busbar/kernel'
import { attemptFromRow, type AttemptRow } from '../rows.js'
import type { Claimed, QueueSize } from '../store.js'
import { dueStatements } from './due.js'
import type { Reader } from './connection.js'

/** The names of all queues in which something waits: a seek for each, however much waits in it. */
const waitingQueues = `
RECURSIVE queues(queue) AS (
  (SELECT queue FROM attempts WHERE state = 'waiting' ORDER BY queue LIMIT 1)
  UNION ALL
  SELECT (SELECT a.queue FROM attempts a WHERE a.state = 'waiting' AND a.queue > q.queue ORDER BY a.queue LIMIT 1) FROM queues q WHERE q.queue IS NOT NULL
)`

export const queueStatements = {
  sizes: {
    name: 'queue_sizes',
    text: `
SELECT queue, count(*) FILTER (WHERE state_at <= $1)::int AS ready, count(*) FILTER (WHERE state_at > $1)::int AS delayed,
  min(state_at) FILTER (WHERE state_at > $1) AS "nextAt"
FROM attempts WHERE state = 'waiting' GROUP BY queue ORDER BY queue`,
  },
  /** Queues with something that could have been claimed at a moment. */
  stocked: {
    name: 'stocked',
    text: `
WITH ${waitingQueues}
SELECT q.queue FROM queues q WHERE q.queue IS NOT NULL AND EXISTS (
  SELECT FROM attempts a WHERE a.state = 'waiting' AND a.queue = q.queue AND a.state_at <= $1) ORDER BY q.queue`,
  },
  open: {
    name: 'open_attempts',
    text: `SELECT * FROM attempts WHERE state IN ('waiting', 'leased') AND queue = $1 ORDER BY execution_id, ordinal LIMIT $2 OFFSET $3`,
  },
} as const

/** What was left lying since a moment: the next due time, queues, and whether there are messages. */
export const surveyStatement = {
  name: 'survey',
  text: `
SELECT (${dueStatements.next.text}) AS due, ARRAY(${queueStatements.stocked.text}) AS stocked, EXISTS (SELECT FROM messages WHERE sent_at <= $1) AS left`,
} as const

export async function queueSizes(reader: Reader, now: Instant): Promise<readonly QueueSize[]> {
  return reader.query<QueueSize>(queueStatements.sizes, [now])
}

export async function openAttempts(reader: Reader, queue: QueueName, offset: number, limit: number): Promise<readonly Claimed[]> {
  const rows = await reader.query<AttemptRow>(queueStatements.open, [queue, limit, offset])
  return rows.map(row => ({ execution: row.execution_id, attempt: attemptFromRow(row) }))
}
