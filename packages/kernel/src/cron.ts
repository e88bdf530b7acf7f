/**
 * Cron expressions of six fields (second, minute, hour, day of month, month, day of week) and the moments they mean in a
 * time zone. Both day fields must hold; `?` is `*` there.
 *
 * C1. A moment that a change of clocks skips is moved to the end of the gap.
 * C2. A moment that comes twice counts once, the first time; but what runs in every hour runs in both of the doubled hour.
 */
import { endOfTime, type Instant } from './time.js'
import { localFields, type LocalTime, momentAfterGap, momentsOf, offsetAt, turnBetween } from './zone.js'

export interface Cron {
  readonly seconds: ReadonlySet<number>
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly dayOfMonth: readonly DayOfMonth[]
  readonly dayOfWeek: readonly DayOfWeek[]
}

type DayOfMonth =
  | { readonly kind: 'any' }
  | { readonly kind: 'days'; readonly days: ReadonlySet<number> }
  /** `L`, `L-3`: so many days before the last. */
  | { readonly kind: 'last'; readonly before: number }
  /** `15W`: the working day nearest to it, in the same month; `LW`: the last one. */
  | { readonly kind: 'workday'; readonly day: number | 'last' }

type DayOfWeek =
  | { readonly kind: 'any' }
  | { readonly kind: 'days'; readonly days: ReadonlySet<number> }
  /** `FRIL`: the last Friday of the month. */
  | { readonly kind: 'last'; readonly day: number }
  /** `MON#2`: the second Monday of the month. */
  | { readonly kind: 'nth'; readonly day: number; readonly n: number }

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 0 1 1 *',
  '@annually': '0 0 0 1 1 *',
  '@monthly': '0 0 0 1 * *',
  '@weekly': '0 0 0 * * 0',
  '@daily': '0 0 0 * * *',
  '@midnight': '0 0 0 * * *',
  '@hourly': '0 0 * * * *',
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const lengthMax = 500

// ── Reading ──

/** Null when it is none, or when it never happens (30 February). */
export function parseCron(text: string): Cron | null {
  if (text.length > lengthMax) return null
  const trimmed = text.trim()
  const fields = (macros[trimmed.toLowerCase()] ?? trimmed).toUpperCase().split(/\s+/)
  if (fields.length !== 6) return null
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields
  const seconds = numbersIn(second, { min: 0, max: 59 })
  const minutes = numbersIn(minute, { min: 0, max: 59 })
  const hours = numbersIn(hour, { min: 0, max: 23 })
  const months = numbersIn(month, { min: 1, max: 12, names: monthNames })
  const monthDays = eachOf(dayOfMonth, readDayOfMonth)
  const weekDays = eachOf(dayOfWeek, readDayOfWeek)
  if (!seconds || !minutes || !hours || !months || !monthDays || !weekDays) return null
  const cron: Cron = { seconds, minutes, hours, months, dayOfMonth: monthDays, dayOfWeek: weekDays }
  return nextLocal(cron, { year: 2024, month: 1, day: 1, hour: 0, minute: 0, second: 0 }) === null ? null : cron
}

interface Range {
  readonly min: number
  readonly max: number
  /** The first one stands for `min`. */
  readonly names?: readonly string[]
}

function numbersIn(field: string, range: Range): ReadonlySet<number> | null {
  const found = new Set<number>()
  for (const part of field.split(',')) {
    const numbers = numbersOf(part, range)
    if (numbers === null) return null
    for (const number of numbers) found.add(number)
  }
  return found
}

/** `*`, `5`, `1-5`, any of them with a step. `5/10` goes on to the end. */
function numbersOf(part: string, range: Range): readonly number[] | null {
  const shape = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d{1,4}))?$/.exec(part)
  if (shape === null) return null
  const [, all, first, last, stepText] = shape
  const step = stepText === undefined ? 1 : Number(stepText)
  const from = all === undefined ? numberOf(first ?? '', range) : range.min
  const open = all !== undefined || (last === undefined && stepText !== undefined)
  const to = open ? range.max : numberOf(last ?? first ?? '', range)
  if (from === null || to === null || step < 1 || from > to) return null
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step)
}

function numberOf(text: string, { min, max, names = [] }: Range): number | null {
  const named = names.indexOf(text)
  const number = named >= 0 ? named + min : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  return number >= min && number <= max ? number : null
}

function eachOf<T>(field: string, read: (part: string) => T | null): readonly T[] | null {
  const found: T[] = []
  for (const part of field.split(',')) {
    const value = read(part)
    if (value === null) return null
    found.push(value)
  }
  return found
}

function readDayOfMonth(part: string): DayOfMonth | null {
  if (part === '*' || part === '?') return { kind: 'any' }
  const last = /^L(?:-(\d{1,2}))?$/.exec(part)
  if (last !== null) return Number(last[1] ?? 0) <= 30 ? { kind: 'last', before: Number(last[1] ?? 0) } : null
  if (part === 'LW') return { kind: 'workday', day: 'last' }
  const range = { min: 1, max: 31 }
  const workday = /^(\d{1,2})W$/.exec(part)
  if (workday !== null) {
    const day = numberOf(workday[1] ?? '', range)
    return day === null ? null : { kind: 'workday', day }
  }
  const days = numbersOf(part, range)
  return days && { kind: 'days', days: new Set(days) }
}

/** 0 and 7 are Sunday. */
function readDayOfWeek(part: string): DayOfWeek | null {
  if (part === '*' || part === '?') return { kind: 'any' }
  const range = { min: 0, max: 7, names: dayNames }
  const special = /^(\w+?)(?:(L)|#(\d))$/.exec(part)
  if (special !== null) {
    const day = numberOf(special[1] ?? '', range)
    const n = Number(special[3] ?? 1)
    if (day === null || n < 1 || n > 5) return null
    return special[2] === 'L' ? { kind: 'last', day: day % 7 } : { kind: 'nth', day: day % 7, n }
  }
  const days = numbersOf(part, part.startsWith('*') ? { ...range, max: 6 } : range)
  return days && { kind: 'days', days: new Set(days.map(day => day % 7)) }
}

// ── Moments ──

const yearsAhead = 60

/** The first moment after `from`; null: there is none. The zone must be known (`isZone`). */
export function nextMoment(cron: Cron, zone: string, from: Instant): Instant | null {
  const start = localFields(zone, from + 1000)
  const local = nextLocal(cron, start)
  if (local === null) return null
  const next = momentsOf(zone, local).find(moment => moment > from) ?? momentAfterGap(zone, local)
  const found = next > from ? next : null
  const again = cron.hours.size === 24 ? secondPass(cron, zone, from, found) : null
  const first = again !== null && (found === null || again < found) ? again : found
  return first === null || first > endOfTime ? null : (first as Instant)
}

/** The clocks are turned back before `until`: the local times that come again count too (C2). */
function secondPass(cron: Cron, zone: string, from: number, until: number | null): number | null {
  if (until === null || offsetAt(zone, from) <= offsetAt(zone, until)) return null
  const turn = turnBetween(zone, from, until)
  const local = nextLocal(cron, localFields(zone, turn))
  return local === null ? null : (momentsOf(zone, local).find(moment => moment >= turn) ?? null)
}

/** The first local time that is not before `from`. */
function nextLocal(cron: Cron, from: LocalTime): LocalTime | null {
  for (let year = from.year; year < from.year + yearsAhead; year++) {
    for (const month of sorted(cron.months)) {
      if (year === from.year && month < from.month) continue
      const days = daysIn(year, month)
      const isFirstMonth = year === from.year && month === from.month
      for (let day = isFirstMonth ? from.day : 1; day <= days; day++) {
        if (!isDay(cron, year, month, day)) continue
        const time = timeFrom(cron, isFirstMonth && day === from.day ? from : midnight)
        if (time !== null) return { year, month, day, ...time }
      }
    }
  }
  return null
}

type Time = Pick<LocalTime, 'hour' | 'minute' | 'second'>
const midnight: Time = { hour: 0, minute: 0, second: 0 }

function timeFrom(cron: Cron, from: Time): Time | null {
  for (const hour of sorted(cron.hours)) {
    if (hour < from.hour) continue
    for (const minute of sorted(cron.minutes)) {
      if (hour === from.hour && minute < from.minute) continue
      const isSameMinute = hour === from.hour && minute === from.minute
      const second = sorted(cron.seconds).find(one => !isSameMinute || one >= from.second)
      if (second !== undefined) return { hour, minute, second }
    }
  }
  return null
}

const orders = new WeakMap<ReadonlySet<number>, readonly number[]>()

function sorted(numbers: ReadonlySet<number>): readonly number[] {
  let order = orders.get(numbers)
  if (order === undefined) orders.set(numbers, (order = [...numbers].toSorted((a, b) => a - b)))
  return order
}

// ── Days ──

function isDay(cron: Cron, year: number, month: number, day: number): boolean {
  return cron.dayOfMonth.some(rule => isDayOfMonth(rule, year, month, day)) && cron.dayOfWeek.some(rule => isDayOfWeek(rule, year, month, day))
}

function isDayOfMonth(rule: DayOfMonth, year: number, month: number, day: number): boolean {
  switch (rule.kind) {
    case 'any':
      return true
    case 'days':
      return rule.days.has(day)
    case 'last':
      return day === daysIn(year, month) - rule.before
    case 'workday':
      return day === nearestWorkday(year, month, rule.day === 'last' ? daysIn(year, month) : rule.day, rule.day === 'last')
  }
}

function nearestWorkday(year: number, month: number, wanted: number, isLast: boolean): number {
  const days = daysIn(year, month)
  if (wanted > days) return 0
  const weekday = weekdayOf(year, month, wanted)
  if (weekday === 6) return wanted > 1 ? wanted - 1 : wanted + 2
  if (weekday === 0) return wanted < days && !isLast ? wanted + 1 : wanted - 2
  return wanted
}

function isDayOfWeek(rule: DayOfWeek, year: number, month: number, day: number): boolean {
  if (rule.kind === 'any') return true
  const weekday = weekdayOf(year, month, day)
  switch (rule.kind) {
    case 'days':
      return rule.days.has(weekday)
    case 'last':
      return weekday === rule.day && day + 7 > daysIn(year, month)
    case 'nth':
      return weekday === rule.day && Math.ceil(day / 7) === rule.n
  }
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function weekdayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay()
}
