import { after, type Instant, instant, type JsonObject } from '@busbar/kernel'
import type { TaskRule } from '../decide/mapping.js'
import type { Task } from '../decide/task.js'
import { parseWaitDuration, parseWaitUntil } from '../definition/wait-time.js'

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
    const seconds = parseWaitDuration(duration)
    return seconds === null ? { error: `Not valid duration: ${duration}` } : { at: after(from, seconds * 1_000) }
  }
  if (until !== '') {
    const moment = parseWaitUntil(until)
    if (moment === null) return { error: `Invalid/Unsupported Wait Until format.  Provided: ${until}` }
    // Where no zone is named it is UTC: a definition means the same on every machine.
    return { at: instant(moment.localMs - (moment.offsetMinutes ?? 0) * 60_000) }
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
