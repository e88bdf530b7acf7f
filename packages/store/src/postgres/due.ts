import type { ExecutionId, Instant } from '@busbar/kernel'
import type { DueExecution } from '../store.js'
import type { LaneWork } from './lane.js'

export const dueStatements = {
  due: { name: 'due', text: 'SELECT id, due AS at FROM executions WHERE due <= $1 ORDER BY due, id LIMIT $2' },
  next: { name: 'next_due', text: 'SELECT due AS at FROM executions WHERE due IS NOT NULL ORDER BY due LIMIT 1' },
  take: { name: 'take_due', text: 'SELECT id, at FROM busbar_take_due_v1($1, $2, $3, $4, $5::bigint, $6::bigint, $7::int)' },
} as const

export interface TakeDue {
  readonly now: Instant
  readonly until: Instant
  readonly limit: number
}

/** One at a time: they all want the same rows. */
export const takeDueWork: LaneWork<TakeDue, readonly DueExecution[]> = {
  keysOf: () => ['due'],
  statement: dueStatements.take,
  values: ([call]) => [call?.now, call?.until, call?.limit],
  results: rows => [rows as readonly DueExecution[]],
  recovered: async noted => [
    noted === ''
      ? []
      : noted.split(' ').map(one => {
          const colon = one.lastIndexOf(':')
          return { id: one.slice(0, colon) as ExecutionId, at: Number(one.slice(colon + 1)) as Instant }
        }),
  ],
}
