/** How WAIT tasks write times (conductor-semantics.md §10.13). */

const duration = /^(?:(\d+) ?(?:days?|d))? ?(?:(\d+) ?(?:hours?|hrs?|h))? ?(?:(\d+) ?(?:minutes?|mins?|m))? ?(?:(\d+) ?(?:seconds?|secs?|s))?$/i

/** No duration or date is longer. */
const textLengthMax = 100

/** Seconds of `1 day 2 hours 3 minutes 4 seconds`, any part of which may be missing; null when it is no duration. */
export function parseWaitDuration(text: string): number | null {
  const parts = text.length > textLengthMax ? null : duration.exec(text.trim().replace(/\s+/g, ' '))
  if (parts === null) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(part => Number(part ?? 0))
  return days * 86_400 + hours * 3_600 + minutes * 60 + seconds
}

export interface WaitUntil {
  /** Epoch milliseconds, if the clock that was read were that of UTC. */
  readonly localMs: number
  /** What its zone is ahead of UTC; null: as the server's zone is. */
  readonly offsetMinutes: number | null
}

const moment = /^(\d{1,5})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2})(?: (\S+))?)?$/

/** `yyyy-MM-dd`, `yyyy-MM-dd HH:mm`, `yyyy-MM-dd HH:mm z`; null when it is none of them. Days and hours beyond the end of theirs run on. */
export function parseWaitUntil(text: string): WaitUntil | null {
  const parts = text.length > textLengthMax ? null : moment.exec(text)
  if (parts === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.slice(1, 6).map(part => Number(part ?? 0))
  const offsetMinutes = parts[6] === undefined ? null : offsetOf(parts[6])
  return offsetMinutes === undefined ? null : { localMs: Date.UTC(year, month - 1, day, hour, minute), offsetMinutes }
}

const offset = /^(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})$/i

/** Undefined when the zone is unknown. */
function offsetOf(zone: string): number | undefined {
  const known = zones[zone.toUpperCase()]
  if (known !== undefined) return known * 60
  const [, sign, hours, minutes] = offset.exec(zone) ?? []
  if (sign === undefined) return undefined
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

/** Hours ahead of UTC of the short names in common use. Names shared by several zones mean the one Java takes them for. */
const zones: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  WET: 0,
  WEST: 1,
  BST: 1,
  CET: 1,
  CEST: 2,
  EET: 2,
  EEST: 3,
  MSK: 3,
  IST: 5.5,
  JST: 9,
  KST: 9,
  AEST: 10,
  AEDT: 11,
  NZST: 12,
  NZDT: 13,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  AKST: -9,
  AKDT: -8,
  HST: -10,
}
