import type { Answer, Json, JsonObject } from '@busbar/kernel'
import type { Turn } from '../decide/turn.js'
import { javaText } from '../expression/java-text.js'
import { runSimpleScript } from './simple-script.js'

export type Evaluated =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly why: 'error' | 'timeout' | 'limit'; readonly message: string }

/** The value of a script; the sandbox knows its input as `$`. Simple ones are answered here; the others are asked for: null until the answer is there. */
export function evaluateScript(turn: Turn, key: string, code: string, input: JsonObject): Evaluated | null {
  const simple = runSimpleScript(code, input)
  if (turn.isBlind) return null
  if (simple !== null) return { ok: true, value: simple.value }
  const answer = turn.answer({ key, kind: 'evaluate', language: 'javascript', code, input: plain(input) })
  return answer && evaluatedOf(answer)
}

function evaluatedOf(answer: Answer): Evaluated {
  if (answer.ok) return answer
  if (answer.why !== 'error') return answer
  // Of what the script itself threw no line is told.
  const where = answer.message.startsWith('Error: ') ? '' : ` at line ${answer.line ?? 1}`
  return { ok: false, why: 'error', message: `Error evaluating the script \`${answer.message}\`${where}` }
}

/** An input may hold a loop's output that gathers itself when it is read. */
function plain(input: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(input)) as JsonObject
}

/** As the original writes what a script gave: its lists and maps are Java's by then. */
export function textOf(value: Json): string {
  return javaText(value)
}
