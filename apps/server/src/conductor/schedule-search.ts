/** Searching schedules and what they started: sorting, paging, and the clauses that the scheduler's query knows. */
import { scheduledRunToWire, type ScheduleState, scheduleToWire } from '@busbar/conductor'
import { type Json, type JsonObject, Problem } from '@busbar/kernel'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { readInteger, readText } from './read-query.js'

interface Page {
  readonly totalHits: number
  readonly results: readonly JsonObject[]
}

export function searchSchedules(schedules: readonly ScheduleState[], call: Call): Page {
  return pageOf(
    schedules.map(({ schedule }) => scheduleToWire(schedule)).toSorted((a, b) => compare(a['name'], b['name'])),
    call,
  )
}

export function searchRuns(schedules: readonly ScheduleState[], call: Call): Page {
  const clauses = clausesOf(readText(call, 'query') ?? '')
  const runs = schedules.flatMap(({ schedule, runs: made }) => made.map(run => scheduledRunToWire(schedule, run)))
  return pageOf(
    runs.filter(run => clauses.every(holds => holds(run))),
    call,
  )
}

function pageOf(found: readonly JsonObject[], call: Call): Page {
  const start = Math.max(0, readInteger(call, 'start', 0))
  const size = Math.min(Math.max(0, readInteger(call, 'size', 100)), limits.listMax)
  return { totalHits: found.length, results: sorted(found, readText(call, 'sort') ?? '').slice(start, start + size) }
}

/** `field:ASC|DESC`, separated by commas; without a direction it is no order. */
function sorted(found: readonly JsonObject[], sort: string): readonly JsonObject[] {
  const orders = sort.split(',').flatMap(item => {
    const [, field, direction] = /^\s*(\w+):(ASC|DESC)\s*$/i.exec(item) ?? []
    return field === undefined ? [] : [{ field, sign: direction?.toUpperCase() === 'DESC' ? -1 : 1 }]
  })
  if (orders.length === 0) return found
  return found.toSorted((a, b) => {
    for (const { field, sign } of orders) {
      const order = compare(a[field], b[field]) * sign
      if (order !== 0) return order
    }
    return 0
  })
}

function compare(a: Json | undefined, b: Json | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a ?? ''), String(b ?? '')]
  return left === right ? 0 : left < right ? -1 : 1
}

type Clause = (run: JsonObject) => boolean

const queryLengthMax = 4_000

function clausesOf(query: string): readonly Clause[] {
  if (query.length > queryLengthMax) throw new Problem('invalid', `the query parameter query: expected at most ${queryLengthMax} characters`)
  return query
    .split(' AND ')
    .map(text => text.trim())
    .filter(text => text !== '' && text !== '*')
    .map(clauseOf)
}

/** What is no clause is taken for the name of a schedule, as in the original. */
function clauseOf(text: string): Clause {
  const list = /^(scheduleName|state)\s+IN\s*\(([^)]*)\)$/.exec(text)
  if (list !== null) {
    const values = new Set((list[2] ?? '').split(',').map(unquoted))
    return run => values.has(String(run[list[1] ?? '']))
  }
  const time = /^scheduledTime\s*([<>])\s*(\d{1,16})$/.exec(text)
  if (time !== null) return run => (time[1] === '<' ? Number(run['scheduledTime']) < Number(time[2]) : Number(run['scheduledTime']) > Number(time[2]))
  const equal = /^(workflowName|executionId)\s*=\s*(.*)$/.exec(text)
  if (equal === null) return run => run['scheduleName'] === text
  const wanted = unquoted(equal[2] ?? '')
  return equal[1] === 'workflowName' ? run => String(run['workflowName']).includes(wanted) : run => run['executionId'] === wanted
}

function unquoted(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, '$2')
}
