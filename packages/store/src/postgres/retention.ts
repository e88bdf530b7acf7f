/** Removes what ended long ago, a bounded part at a time. Servers that do so at once skip what another one removes. */
import type { ExecutionId, Instant } from '@busbar/kernel'
import { firstIdOf } from '../first-id.js'
import type { Reader } from './connection.js'

export const retentionStatements = {
  ended: { name: 'remove_ended', once: true, text: 'SELECT id FROM busbar_remove_ended_v1($1, $2, $3) AS id' },
  logs: { name: 'remove_logs', once: true, text: 'SELECT busbar_remove_logs_v1($1, $2, $3) AS removed' },
  // The outer condition is looked at again where somebody has just put the snapshot once more.
  snapshots: {
    name: 'remove_snapshots',
    once: true,
    text: `
WITH gone AS (
  DELETE FROM snapshots WHERE used_at < $1 AND id = ANY (ARRAY(
    SELECT unused.id FROM snapshots unused
    WHERE unused.used_at < $1 AND NOT EXISTS (SELECT FROM executions WHERE definition = unused.id) LIMIT $2
  ))
  RETURNING 1
)
SELECT count(*)::integer AS removed FROM gone`,
  },
} as const

/** `server` counts what is gone. */
export async function removeEnded(reader: Reader, server: string, endedBefore: Instant, limit: number): Promise<readonly ExecutionId[]> {
  const rows = await reader.query<{ readonly id: ExecutionId }>(retentionStatements.ended, [server, endedBefore, limit])
  return rows.map(({ id }) => id)
}

/** No further than the executions that were made at that moment: nothing ends before it is made. */
export async function removeLogs(reader: Reader, endedBefore: Instant, limit: number): Promise<number> {
  const [row] = await reader.query<{ readonly removed: number }>(retentionStatements.logs, [endedBefore, firstIdOf(endedBefore), limit])
  return row?.removed ?? 0
}

export async function removeSnapshots(reader: Reader, unusedSince: Instant, limit: number): Promise<number> {
  const [row] = await reader.query<{ readonly removed: number }>(retentionStatements.snapshots, [unusedSince, limit])
  return row?.removed ?? 0
}
