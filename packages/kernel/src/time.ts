import type { Brand } from './std/brand.js'

/** A moment: milliseconds since 1970 UTC. Always passed in; pure code reads no clock. */
export type Instant = Brand<number, 'Instant'>

export function instant(epochMs: number): Instant {
  return epochMs as Instant
}

export function after(moment: Instant, delayMs: number): Instant {
  return (moment + delayMs) as Instant
}

export function earliest(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null) return b
  if (b === null) return a
  return a < b ? a : b
}
