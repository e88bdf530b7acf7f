/** Time zones: local times to moments and back, from the platform's own tables. */

export interface LocalTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const zonesMax = 500
const formats = new Map<string, Intl.DateTimeFormat | null>()

/** Whether the platform knows it: `UTC`, `Europe/Berlin`, `+02:00`. */
export function isZone(zone: string): boolean {
  return formatOf(zone) !== null
}

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const made = makeFormat(zone)
  if (formats.size >= zonesMax) formats.clear()
  formats.set(zone, made)
  return made
}

function makeFormat(zone: string): Intl.DateTimeFormat | null {
  const numeric = 'numeric'
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    })
  } catch {
    return null
  }
}

export function localFields(zone: string, moment: number): LocalTime {
  const local = new Date(moment + offsetAt(zone, moment))
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  }
}

/** Milliseconds by which local time is ahead of UTC. */
export function offsetAt(zone: string, moment: number): number {
  if (zone === 'UTC') return 0
  const parts: Partial<Record<string, number>> = {}
  for (const { type, value } of formatOf(zone)?.formatToParts(moment) ?? []) parts[type] = Number(value)
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000
}

const dayMs = 86_400_000

/** The moments of a local time: two when the clocks are turned back over it, none when they skip it. */
export function momentsOf(zone: string, local: LocalTime): readonly number[] {
  const utc = utcOf(local)
  const offsets = new Set([offsetAt(zone, utc - dayMs), offsetAt(zone, utc + dayMs)])
  return [...offsets]
    .map(offset => utc - offset)
    .filter(moment => offsetAt(zone, moment) === utc - moment)
    .toSorted((a, b) => a - b)
}

/** When the clocks skip a local time: the moment at which they go on. */
export function momentAfterGap(zone: string, local: LocalTime): number {
  const utc = utcOf(local)
  return turnBetween(zone, utc - dayMs, utc + dayMs)
}

/** The first moment with another offset than `from`; there must be one before `until`. */
export function turnBetween(zone: string, from: number, until: number): number {
  const offset = offsetAt(zone, from)
  let before = Math.floor(from / 1000)
  let after = Math.ceil(until / 1000)
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (offsetAt(zone, middle * 1000) === offset) before = middle
    else after = middle
  }
  return after * 1000
}

function utcOf({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
