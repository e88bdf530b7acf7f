import type { Instant, QueueName } from '@busbar/kernel'
import type { Claimed, QueueSize } from '../store.js'
import type { Database } from './driver.js'
import { attemptFromRow, type AttemptRow } from '../rows.js'

export function prepareQueueSizes(database: Database): (now: Instant) => readonly QueueSize[] {
  const select = database.prepare<QueueSize>(`
    SELECT queue, sum(state_at <= ?1) AS ready, sum(state_at > ?1) AS delayed, min(CASE WHEN state_at > ?1 THEN state_at END) AS nextAt
    FROM attempts INDEXED BY attempts_waiting WHERE state = 'waiting' GROUP BY queue ORDER BY queue`)
  return now => select.all(now).map(({ queue, ready, delayed, nextAt }) => ({ queue, ready, delayed, nextAt }))
}

export function prepareOpenAttempts(database: Database): (queue: QueueName, offset: number, limit: number) => readonly Claimed[] {
  const select = database.prepare<AttemptRow>(`
    SELECT * FROM attempts INDEXED BY attempts_open WHERE state IN ('waiting', 'leased') AND queue = ?
    ORDER BY execution_id, ordinal LIMIT ? OFFSET ?`)
  return (queue, offset, limit) => select.all(queue, limit, offset).map(row => ({ execution: row.execution_id, attempt: attemptFromRow(row) }))
}
