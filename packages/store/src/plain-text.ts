import { type Changes, Problem } from '@busbar/kernel'

/**
 * What stands in a column of its own (names, labels, queues) has no NUL character: one of our databases cannot hold it,
 * the driver of the other cuts the text there. What travels inside JSON may hold any text, because JSON escapes it.
 */
export function mustBePlain(what: string, ...texts: readonly (string | null)[]): void {
  for (const text of texts) {
    if (text?.includes('\0')) throw new Problem('invalid', `${what} ${JSON.stringify(text)} contains a NUL character: remove it`)
  }
}

export function changesMustBePlain({ execution, briefChanged, attempts, notes }: Changes): void {
  if (execution && briefChanged) {
    const { namespace, name, version, handle, source } = execution.label
    mustBePlain('the label', namespace, name, version, handle, source)
  }
  for (const { attempt } of attempts) mustBePlain('the attempt of', attempt.key, attempt.queue, attempt.lastWorker)
  for (const { source } of notes) mustBePlain('the source', source)
}
