/**
 * What can be told about `${…}` in the parameters of top-level tasks when a definition is registered (conductor-api.md
 * §1.4). As in the original, only innermost expressions are looked at, and only the text before the first dot counts.
 */
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { parsePath } from '../expression/parse-path.js'

export interface KnownNames {
  readonly isReference: (name: string) => boolean
  readonly isEnvironment: (name: string) => boolean
}

/** The messages for the parameters of the task called `taskName`. */
export function wrongExpressions(parameters: JsonObject, taskName: string, known: KnownNames): readonly string[] {
  const messages: string[] = []
  for (const [key, value] of Object.entries(parameters)) if (value !== undefined) collect(key, value, taskName, known, messages)
  return messages
}

/** Below a list the key is that of the list; below an object, its own. */
function collect(key: string, value: Json, taskName: string, known: KnownNames, messages: string[]): void {
  if (typeof value === 'string') {
    for (const path of innermostExpressions(value)) {
      const message = wrongPath(path, key, value, taskName, known)
      if (message !== null) messages.push(message)
    }
  } else if (isJsonObject(value)) {
    for (const [inner, member] of Object.entries(value)) if (member !== undefined) collect(inner, member, taskName, known, messages)
  } else if (value !== null && typeof value === 'object') {
    for (const item of value) collect(key, item, taskName, known, messages)
  }
}

function wrongPath(path: string, key: string, value: string, taskName: string, known: KnownNames): string | null {
  if (parsePath(path) === null) return `key: ${key} input parameter value: ${path} is not valid`
  if (known.isEnvironment(path)) return null
  const [first = ''] = path.split('.', 1)
  if (first === 'workflow' || known.isReference(first)) return null
  return `taskReferenceName: ${first} for given task: ${taskName} input value: ${key} of input parameter: ${value} is not defined in workflow definition.`
}

function* innermostExpressions(text: string): IterableIterator<string> {
  for (let start = nextExpression(text, 0); start !== -1; ) {
    const next = nextExpression(text, start + 2)
    const end = text.indexOf('}', start)
    if (end !== -1 && (next === -1 || end < next)) yield text.slice(start + 2, end)
    start = next
  }
}

/** The next `${` that no `$` before it escapes. */
function nextExpression(text: string, from: number): number {
  let start = text.indexOf('${', from)
  while (start > 0 && text[start - 1] === '$') start = text.indexOf('${', start + 1)
  return start
}
