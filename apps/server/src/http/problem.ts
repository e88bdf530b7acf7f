import { hostname } from 'node:os'
import { isRefusal, Problem, type ProblemCode, type Refusal } from '@busbar/kernel'
import { type Answer, json, text } from './answer.js'
import type { Owner } from './route.js'

/** The one table from a reason to a status. */
const statusOf = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  throttled: 429,
  unavailable: 503,
  unsupported: 501,
} as const satisfies Record<ProblemCode, number>

/** A caller that is told to come back should wait this long. */
const retryAfterSeconds = { throttled: 1, unavailable: 2 } as const

/** A status other than the table's, where the original's clients know it so. */
export class WireProblem extends Problem {
  readonly status: number
  constructor(status: number, message: string, details?: unknown) {
    super('invalid', message, { details })
    this.status = status
  }
}

export function throwIfRefused<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new Problem(value.code, value.message, { details: value.details })
  return value
}

/** Trouble of the server's own, gone in a while: nothing that an answer 200 could say of one item among many. */
export function isPassing(problem: Problem): boolean {
  return problem.code === 'unavailable'
}

/** The answer for a problem, in the words of the API that was called. */
export function answerOf(problem: Problem, owner: Owner): Answer {
  const status = statusFor(problem)
  const answer = owner === 'conductor' ? conductorError(status, problem) : stroemError(status, problem)
  if (problem.code !== 'throttled' && problem.code !== 'unavailable') return answer
  return { ...answer, headers: { 'retry-after': String(secondsFor(problem)) } }
}

function statusFor(problem: Problem): number {
  if (problem instanceof WireProblem) return problem.status
  const details = problem.details
  if (typeof details === 'object' && details !== null && 'status' in details && typeof details.status === 'number') return details.status
  return statusOf[problem.code]
}

function secondsFor(problem: Problem): number {
  const details = problem.details
  if (typeof details === 'object' && details !== null && 'retryAfterSeconds' in details) return Number(details.retryAfterSeconds)
  return problem.code === 'throttled' ? retryAfterSeconds.throttled : retryAfterSeconds.unavailable
}

const instance = hostname()

/** Conductor's ErrorResponse. Answers to violated constraints carry no instance. */
function conductorError(status: number, problem: Problem): Answer {
  const violations = violationsOf(problem.details)
  if (violations) {
    return json(status, { status, message: 'Validation failed, check below errors for detail.', retryable: false, validationErrors: violations })
  }
  const retryable = problem.code === 'unavailable'
  return json(status, { status, message: problem.message, instance, retryable })
}

function violationsOf(details: unknown): readonly unknown[] | null {
  if (typeof details !== 'object' || details === null || !('violations' in details)) return null
  return Array.isArray(details.violations) ? details.violations : null
}

function stroemError(status: number, problem: Problem): Answer {
  // What the original's framework refuses before a handler sees it is plain text.
  if (problem instanceof WireProblem) return text(status, problem.message)
  return json(status, { error: problem.message })
}

/** What anybody hears of a fault of ours; the log has the rest under the same id. */
export function answerForBug(owner: Owner, requestId: string): Answer {
  if (owner === 'conductor') return json(500, { status: 500, message: 'Internal server error', instance, retryable: false, requestId })
  return json(500, { error: 'Internal server error' })
}
