/** A point in time and how its place shows it. */
import { TemplateError } from './fuel.js'

export interface Moment {
  readonly epochSecs: number
  readonly nanos: number
  /** Seconds east of UTC; null: nobody said where. */
  readonly offsetSecs: number | null
  readonly zone: string | null
}

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const dateOnly = /^(\d{4})-(\d{1,2})-(\d{1,2})$/
const dateTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?\s*(Z|z|[+-]\d\d:?\d\d)?$/
const epochSecsMax = 8.64e12

export function momentFromEpoch(epochSecs: number, zone: string | null): Moment {
  if (Math.abs(epochSecs) > epochSecsMax) throw new TemplateError(`\`date\`: ${epochSecs} is no time in seconds since 1970`)
  const moment: Moment = { epochSecs, nanos: 0, offsetSecs: null, zone: null }
  return zone === null ? moment : inZone(moment, zone)
}

/** `2024-02-29`, or RFC 3339 with or without an offset. Only a time with an offset moves to the zone, as in Tera. */
export function momentFromText(text: string, zone: string | null): Moment {
  if (zone !== null) offsetIn(zone, 0)
  const day = dateOnly.exec(text)
  if (day) return { epochSecs: epochOf(text, day.slice(1, 4), []), nanos: 0, offsetSecs: 0, zone: 'UTC' }
  const time = dateTime.exec(text)
  if (!time) throw new TemplateError(`\`date\`: expected a date (2024-02-29) or a time (2024-02-29T10:00:00Z), found ${text.slice(0, 60)}`)
  const local = epochOf(text, time.slice(1, 4), time.slice(4, 7))
  const nanos = Number((time[7] ?? '').padEnd(9, '0'))
  if (time[8] === undefined) return { epochSecs: local, nanos, offsetSecs: 0, zone: 'UTC' }
  const offsetSecs = offsetOf(time[8])
  const moment: Moment = { epochSecs: local - offsetSecs, nanos, offsetSecs, zone: null }
  return zone === null ? moment : inZone(moment, zone)
}

function epochOf(text: string, date: readonly string[], time: readonly string[]): number {
  const [year = 0, month = 0, day = 0] = date.map(Number)
  const [hour = 0, minute = 0, second = 0] = time.map(Number)
  const last = month === 2 && isLeapYear(year) ? 29 : (daysInMonth[month - 1] ?? 0)
  if (day < 1 || day > last || hour > 23 || minute > 59 || second > 60) throw new TemplateError(`\`date\`: ${text} is not in the calendar`)
  const midnight = new Date(0)
  midnight.setUTCFullYear(year, month - 1, day)
  return midnight.getTime() / 1000 + hour * 3600 + minute * 60 + second
}

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

function offsetOf(text: string): number {
  if (text === 'Z' || text === 'z') return 0
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(-2))]
  return (text.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60)
}

// ── Zones ──

function inZone(moment: Moment, zone: string): Moment {
  return { ...moment, offsetSecs: offsetIn(zone, moment.epochSecs * 1000), zone }
}

function offsetIn(zone: string, epochMs: number): number {
  const parts = new Map(
    formatter(zone, 'en-US', 'numeric')
      .formatToParts(epochMs)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return local / 1000 - Math.floor(epochMs / 1000)
}

/** English-speaking places know different zones by a name such as CET; where none does, the offset is the name. */
const localesOfNames = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ', 'en-CA']

export function zoneName(zone: string, epochMs: number): string | null {
  for (const locale of localesOfNames) {
    const name = formatter(zone, locale, 'name')
      .formatToParts(epochMs)
      .find(({ type }) => type === 'timeZoneName')?.value
    if (name !== undefined && /^[A-Z]{3,5}$/.test(name)) return name
  }
  return null
}

const formatters = new Map<string, Intl.DateTimeFormat>()
const formattersMax = 64

function formatter(zone: string, locale: string, purpose: 'numeric' | 'name'): Intl.DateTimeFormat {
  const key = `${purpose} ${locale} ${zone}`
  const known = formatters.get(key)
  if (known) return known
  if (formatters.size >= formattersMax) formatters.clear()
  const made = makeFormatter(zone, locale, purpose)
  formatters.set(key, made)
  return made
}

function makeFormatter(timeZone: string, locale: string, purpose: 'numeric' | 'name'): Intl.DateTimeFormat {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
  try {
    return new Intl.DateTimeFormat(locale, purpose === 'numeric' ? { timeZone, ...numeric } : { timeZone, timeZoneName: 'short' })
  } catch {
    throw new TemplateError(`\`date\`: expected an IANA time zone such as Europe/Oslo, found ${timeZone.slice(0, 60)}`)
  }
}
