import type { Instant, JsonObject } from '@busbar/kernel'
import type { TaskRule } from '../decide/mapping.js'
import type { Task } from '../decide/task.js'

/** Waits for a while, until a moment, or for an update from outside. */
export const wait: TaskRule = {
  schedule(mapping, place) {
    const input = mapping.input(place.node)
    const until = wakeTime(input, mapping.turn.now)
    mapping.add(place, { type: 'WAIT', name: place.node.task.name, input, how: 'engine', wakeAt: 'at' in until ? until.at : null })
  },
  look(turn, task) {
    if (task.wakeAt !== null) {
      if (task.wakeAt <= turn.now) turn.close(task, 'completed', {})
      return
    }
    const until = wakeTime(task.data.input ?? {}, task.openedAt)
    if ('error' in until) return turn.close(task, 'failedFinally', { reason: until.error })
    if (until.at === null) return
    if (until.at <= turn.now) return turn.close(task, 'completed', {})
    turn.view.setWake(task.ordinal, until.at, turn.now)
  },
}

type Wake = { readonly at: Instant | null } | { readonly error: string }

/** When a WAIT that began at `from` is over; null: when somebody says so. */
export function wakeTime(input: JsonObject, from: Instant): Wake {
  const duration = text(input['duration'])
  const until = text(input['until'])
  if (duration !== '' && until !== '') return { error: "Both 'duration' and 'until' specified. Please provide only one input" }
  if (duration !== '') {
    const ms = parseDuration(duration)
    return ms === null ? { error: `Not valid duration: ${duration}` } : { at: (from + ms) as Instant }
  }
  if (until !== '') {
    const at = parseMoment(until)
    return at === null ? { error: `Invalid/Unsupported Wait Until format.  Provided: ${until}` } : { at }
  }
  return { at: null }
}

/** A WAIT without a timer, open or over. */
export function waitsForUpdate(task: Task): boolean {
  if (task.data.type !== 'WAIT') return false
  const wake = wakeTime(task.data.input ?? {}, task.openedAt)
  return 'at' in wake && wake.at === null
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value)
}

const durationForm =
  /^\s*(?:(\d+)\s*(?:days|day|d))?\s*(?:(\d+)\s*(?:hours|hour|hrs|hr|h))?\s*(?:(\d+)\s*(?:minutes|minute|mins|min|m))?\s*(?:(\d+)\s*(?:seconds|second|secs|sec|s))?\s*$/i

function parseDuration(duration: string): number | null {
  if (duration.length > 100) return null
  const parts = durationForm.exec(duration)
  if (parts === null) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(part => Number(part ?? 0))
  const ms = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
  return Number.isSafeInteger(ms) ? ms : null
}

const momentForm = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d)(?: (\S+))?)?$/
const offsets: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  CET: 1,
  CEST: 2,
}

/** `yyyy-MM-dd`, `yyyy-MM-dd HH:mm`, `yyyy-MM-dd HH:mm z`; without a zone: UTC. */
function parseMoment(moment: string): Instant | null {
  const parts = momentForm.exec(moment.trim())
  if (parts === null) return null
  const [year, month, day, hour, minute] = parts.slice(1, 6).map(part => Number(part ?? 0)) as [number, number, number, number, number]
  const offset = offsetMinutes(parts[6] ?? 'UTC')
  if (offset === null || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59) return null
  return (Date.UTC(year, month - 1, day, hour, minute) - offset * 60_000) as Instant
}

function offsetMinutes(zone: string): number | null {
  const named = offsets[zone.toUpperCase()]
  if (named !== undefined) return named * 60
  const parts = /^(?:GMT|UTC)?([+-])(\d\d?):?(\d\d)?$/i.exec(zone)
  if (parts === null) return null
  const minutes = Number(parts[2]) * 60 + Number(parts[3] ?? 0)
  return parts[1] === '-' ? -minutes : minutes
}
