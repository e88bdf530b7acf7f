import type { Answer, Json } from '@busbar/kernel'
import type { EngineLimits, Evaluation, EvaluationSetting } from '../api.js'
import type { Run, TextAnswer } from './sandbox.mjs'

/**
 * `Math.random` in a sandbox is seeded by the decision's chance and the code, so deciding again draws the same numbers,
 * and two scripts of one decision draw different ones.
 */
export function toRun({ language = 'javascript', code, input }: Evaluation, { now, chance }: EvaluationSetting, limits: EngineLimits): Run {
  const seed = 1 + hash(code, Math.floor(chance * 2 ** 32))
  return {
    language,
    code,
    inputText: JSON.stringify(input) ?? 'null',
    now,
    seed,
    deadlineMs: limits.evaluationMsMax,
    outputCharsMax: limits.evaluationBytesMax,
  }
}

export function toAnswer(answer: TextAnswer): Answer {
  if (!answer.ok) return answer
  try {
    // Both languages write JSON, and what they wrote is bounded by `outputCharsMax`.
    return { ok: true, value: JSON.parse(answer.text) as Json }
  } catch (error) {
    return { ok: false, why: 'limit', message: `the result cannot be read back: ${String(error)}`, line: null }
  }
}

/** FNV-1a. */
function hash(text: string, seed: number): number {
  let value = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0
  return value
}
