/**
 * Ids.
 *
 * I1. An execution id is a UUID of version 7 whose last 24 bits are zero.
 * I2. The id of its n-th attempt is the same UUID with n in those 24 bits. So an attempt's id names its
 *     execution without an index to look it up in, and deciding twice gives the same ids.
 * I3. An ordinal is never used again within an execution, not even after its attempt was removed.
 * I4. The id of a child is derived from the attempt that starts it, so starting it twice is one child.
 *
 * 12 + 38 random bits beside the millisecond leave one chance in 10^9 of a clash among a thousand ids of one
 * millisecond; the store refuses a clash, it never overwrites.
 */
import type { Brand } from './std/brand.js'
import { invariant } from './std/invariant.js'
import type { Instant } from './time.js'

export type ExecutionId = Brand<string, 'ExecutionId'>
export type AttemptId = Brand<string, 'AttemptId'>
/** Names one activity of one execution: a node, in one iteration. */
export type ActivityKey = Brand<string, 'ActivityKey'>
export type QueueName = Brand<string, 'QueueName'>
export type WorkerId = Brand<string, 'WorkerId'>
/** Content hash of a definition snapshot. */
export type DefinitionId = Brand<string, 'DefinitionId'>

/** More attempts than this in one execution are refused: the ordinal has 24 bits. */
export const ordinalMax = 0xff_ff_ff

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** `chance` gives 50 random bits as two numbers: 12 bits and 38 bits (each an integer below 2^12 and 2^38). */
export function newExecutionId(now: Instant, chance: { high12: number; low38: number }): ExecutionId {
  return compose(now, chance.high12, chance.low38)
}

export function attemptIdOf(execution: ExecutionId, ordinal: number): AttemptId {
  invariant(ordinal > 0 && ordinal <= ordinalMax, `ordinal ${ordinal} is outside 1..${ordinalMax}`)
  return (execution.slice(0, 30) + ordinal.toString(16).padStart(6, '0')) as AttemptId
}

export function executionIdOf(attempt: AttemptId): ExecutionId {
  return `${attempt.slice(0, 30)}000000` as ExecutionId
}

export function ordinalOf(attempt: AttemptId): number {
  return Number.parseInt(attempt.slice(30), 16)
}

/** The id of a child that `parent` starts; `turn` tells several starts by one attempt apart. */
export function childIdOf(parent: AttemptId, turn: number, salt = ''): ExecutionId {
  const time = Number.parseInt(parent.slice(0, 8) + parent.slice(9, 13), 16)
  const text = `${parent}:${turn}:${salt}`
  const a = mix(text, 0x9e3779b9)
  const b = mix(text, 0x85ebca6b)
  return compose(time as Instant, a & 0xfff, (a >>> 12) * 2 ** 18 + (b >>> 14))
}

/** The one execution that bears a name, such as a gate: the same id wherever and whenever it is made. */
export function namedIdOf(kind: string, name: string): ExecutionId {
  const text = `${kind}:${name}`
  const a = mix(text, 0x9e3779b9)
  const b = mix(text, 0x85ebca6b)
  return compose(0, a & 0xfff, (a >>> 12) * 2 ** 18 + (b >>> 14))
}

/** Null for anything that is no execution id of ours; unknown but well-formed ids are found missing later. */
export function parseExecutionId(text: string): ExecutionId | null {
  const lower = text.toLowerCase()
  return uuid.test(lower) && lower.endsWith('000000') ? (lower as ExecutionId) : null
}

export function parseAttemptId(text: string): AttemptId | null {
  const lower = text.toLowerCase()
  return uuid.test(lower) && !lower.endsWith('000000') ? (lower as AttemptId) : null
}

function compose(timeMs: number, high12: number, low38: number): ExecutionId {
  const time = timeMs.toString(16).padStart(12, '0')
  const low = low38.toString(16).padStart(10, '0')
  const variant = (0x8000 | (Number.parseInt(low.slice(0, 4), 16) & 0x3fff)).toString(16)
  const tail = low.slice(4) + '000000'
  return `${time.slice(0, 8)}-${time.slice(8)}-7${high12.toString(16).padStart(3, '0')}-${variant}-${tail}` as ExecutionId
}

/** 32 bits of FNV-1a, finished as MurmurHash3 does; not for security, only to spread. */
function mix(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0
  return (hash ^ (hash >>> 16)) >>> 0
}
