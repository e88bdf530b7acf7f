/** Why a caller hears "no". The server maps each code to a status in one table. */
export type ProblemCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'missing'
  | 'conflict'
  | 'throttled'
  | 'unavailable'
  /** What was asked for is real, but not built yet: the message names it. */
  | 'unsupported'

/** An expected "no" of a rule: a value, never thrown. The message says what was expected, what was found and what to do. */
export interface Refusal {
  readonly kind: 'refusal'
  readonly code: ProblemCode
  readonly message: string
  /** What the dialect's wire needs to answer exactly as its clients expect, e.g. a list of violations. */
  readonly details?: unknown
}

export function refuse(code: ProblemCode, message: string, details?: unknown): Refusal {
  return details === undefined ? { kind: 'refusal', code, message } : { kind: 'refusal', code, message, details }
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'refusal'
}

/** Something the caller or the operator must hear; thrown by floors that do I/O. Only `unavailable` is retried by us. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly details: unknown
  constructor(code: ProblemCode, message: string, options: { cause?: unknown; details?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.details = options.details
  }
}
