import type { Brand } from './std/brand.js'

/** A moment: milliseconds since 1970 UTC. Always passed in; pure code reads no clock. */
export type Instant = Brand<number, 'Instant'>

export function instant(epochMs: number): Instant {
  return epochMs as Instant
}

/** The last moment that a date can show; it leaves room for one more delay in a safe integer. */
export const endOfTime = 8_640_000_000_000_000 as Instant

/** A whole millisecond, not before `moment` unless that is after the end of time. Delays come from outside: any number may. */
export function bounded(moment: number): Instant {
  return Math.max(-1 * endOfTime, Math.min(Math.ceil(moment), endOfTime)) as Instant
}

export function after(moment: Instant, delayMs: number): Instant {
  return bounded(moment + delayMs)
}

export function earliest(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null) return b
  if (b === null) return a
  return a < b ? a : b
}
