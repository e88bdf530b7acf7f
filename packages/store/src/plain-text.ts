import { assertNever, type Attempt, type Changes, endOfTime, isPlain, Problem } from '@busbar/kernel'

/** What stands in a column of its own: names, labels, queues, times. What travels inside JSON may hold any text and number. */
export function mustBePlain(what: string, ...texts: readonly (string | null)[]): void {
  for (const text of texts) {
    if (isPlain(text)) continue
    const found = text?.includes('\0') ? 'a NUL character' : 'half of a surrogate pair'
    throw new Problem('invalid', `${what} ${JSON.stringify(text)} contains ${found}: remove it`)
  }
}

export function changesMustBePlain({ execution, briefChanged, due, attempts, notes }: Changes): void {
  if (execution) {
    const { label, createdAt, updatedAt, endedAt } = execution
    if (briefChanged) mustBePlain('the label', label.namespace, label.name, label.version, label.handle, label.source)
    mustBeWhole('a time of the execution', due, createdAt, updatedAt, endedAt)
  }
  for (const { attempt } of attempts) {
    mustBePlain('the attempt of', attempt.key, attempt.queue, attempt.lastWorker)
    mustBeWhole(`a time or number of the attempt of "${attempt.key}"`, ...numbersOf(attempt))
  }
  for (const { source, at } of notes) {
    mustBePlain('the source', source)
    if (!(Math.abs(at) <= endOfTime)) throw new Problem('invalid', `the time of a log line is ${at}: expected milliseconds since 1970`)
  }
}

/** Larger integers could be written, and never read again; others are refused by the database with less of an explanation. */
function mustBeWhole(what: string, ...numbers: readonly (number | null)[]): void {
  for (const number of numbers) {
    if (number !== null && !Number.isSafeInteger(number)) throw new Problem('invalid', `${what} is ${number}: expected a whole number below 2^53`)
  }
}

function numbersOf({ number, priority, leaseMs, openedAt, firstClaimedAt, wakeAt, state }: Attempt): readonly (number | null)[] {
  const numbers = [number, priority, leaseMs, openedAt, firstClaimedAt, wakeAt]
  switch (state.kind) {
    case 'waiting':
      return [...numbers, state.notBefore]
    case 'leased':
      return [...numbers, state.since, state.until]
    case 'held':
      return [...numbers, state.since]
    case 'closed':
      return [...numbers, state.at]
    default:
      return assertNever(state)
  }
}
