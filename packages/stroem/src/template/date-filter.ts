/** The `date` filter, with the format directives of chrono (strftime). */
import { type Filter, textArgument } from './builtin.js'
import { TemplateError } from './fuel.js'
import { isLeapYear, type Moment, momentFromEpoch, momentFromText, zoneName } from './moment.js'
import { isInteger, isNumeric, kindOf, type Value } from './value.js'

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const directive = /%([-_0]?)(:{0,3}z|\.?[369]?f|[A-Za-z%+])/g
const dayMs = 86_400_000

export const date: Filter = (value, args, { fuel }) => {
  const format = textArgument(args, 'date', 'format', '%Y-%m-%d')
  fuel.text(format.length * 8)
  const zone = args.has('timezone') ? textArgument(args, 'date', 'timezone') : null
  return formatMoment(toMoment(value, zone), format)
}

function toMoment(value: Value, zone: string | null): Moment {
  if (typeof value === 'string') return momentFromText(value, zone)
  if (isNumeric(value) && isInteger(value)) return momentFromEpoch(Number(value), zone)
  throw new TemplateError(`the value of \`date\` must be text or whole seconds since 1970, and is ${kindOf(value)}`)
}

type Padding = '' | '-' | '_' | '0'

function formatMoment(moment: Moment, format: string): string {
  if (format.replace(directive, '').includes('%')) throw new TemplateError(`\`date\`: invalid format \`${format}\``)
  const shown = show(moment)
  return format.replace(directive, (_all, padding: Padding, name: string) => formatDirective(shown, name, padding))
}

interface Shown {
  readonly moment: Moment
  /** Its UTC fields are the fields on the wall of the place. */
  readonly wall: Date
  readonly hour12: number
  readonly dayOfYear: number
}

function show(moment: Moment): Shown {
  const wall = new Date((moment.epochSecs + (moment.offsetSecs ?? 0)) * 1000)
  const yearStart = new Date(wall)
  yearStart.setUTCMonth(0, 1)
  yearStart.setUTCHours(0, 0, 0, 0)
  return { moment, wall, hour12: wall.getUTCHours() % 12 || 12, dayOfYear: Math.floor((wall.getTime() - yearStart.getTime()) / dayMs) + 1 }
}

/** Directives that stand for others. */
const shorthands: Readonly<Record<string, string>> = {
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  F: '%Y-%m-%d',
  v: '%e-%b-%Y',
  R: '%H:%M',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  r: '%I:%M:%S %p',
  c: '%a %b %e %H:%M:%S %Y',
  '+': '%Y-%m-%dT%H:%M:%S%.f%:z',
}

function formatDirective(shown: Shown, name: string, padding: Padding): string {
  const shorthand = shorthands[name]
  if (shorthand !== undefined) return shorthand.replace(directive, (_all, inner: Padding, part: string) => formatDirective(shown, part, inner))
  if (name.endsWith('z')) return offsetText(mustHaveOffset(shown.moment), name.length - 1)
  if (name.endsWith('f')) return fraction(shown.moment.nanos, name)
  return numberDirective(shown, name, padding) ?? wordDirective(shown, name)
}

function numberDirective({ wall, hour12, dayOfYear, moment }: Shown, name: string, padding: Padding): string | null {
  const weekday = wall.getUTCDay()
  switch (name) {
    case 'Y':
      return pad(wall.getUTCFullYear(), 4, '0', padding)
    case 'C':
      return pad(Math.floor(wall.getUTCFullYear() / 100), 2, '0', padding)
    case 'y':
      return pad(mod(wall.getUTCFullYear(), 100), 2, '0', padding)
    case 'm':
      return pad(wall.getUTCMonth() + 1, 2, '0', padding)
    case 'd':
      return pad(wall.getUTCDate(), 2, '0', padding)
    case 'e':
      return pad(wall.getUTCDate(), 2, ' ', padding)
    case 'j':
      return pad(dayOfYear, 3, '0', padding)
    case 'w':
      return String(weekday)
    case 'u':
      return String(weekday || 7)
    case 'U':
      return pad(Math.floor((dayOfYear - 1 + 7 - weekday) / 7), 2, '0', padding)
    case 'W':
      return pad(Math.floor((dayOfYear - 1 + 7 - mod(weekday - 1, 7)) / 7), 2, '0', padding)
    case 'G':
      return pad(isoWeek(wall, dayOfYear).year, 4, '0', padding)
    case 'g':
      return pad(mod(isoWeek(wall, dayOfYear).year, 100), 2, '0', padding)
    case 'V':
      return pad(isoWeek(wall, dayOfYear).week, 2, '0', padding)
    case 'H':
      return pad(wall.getUTCHours(), 2, '0', padding)
    case 'k':
      return pad(wall.getUTCHours(), 2, ' ', padding)
    case 'I':
      return pad(hour12, 2, '0', padding)
    case 'l':
      return pad(hour12, 2, ' ', padding)
    case 'M':
      return pad(wall.getUTCMinutes(), 2, '0', padding)
    case 'S':
      return pad(wall.getUTCSeconds(), 2, '0', padding)
    case 's':
      return pad(moment.epochSecs, 1, '0', padding)
    default:
      return null
  }
}

function wordDirective({ wall, moment }: Shown, name: string): string {
  const day = days[wall.getUTCDay()] ?? ''
  const month = months[wall.getUTCMonth()] ?? ''
  switch (name) {
    case 'A':
      return day
    case 'a':
      return day.slice(0, 3)
    case 'B':
      return month
    case 'b':
    case 'h':
      return month.slice(0, 3)
    case 'P':
      return wall.getUTCHours() < 12 ? 'am' : 'pm'
    case 'p':
      return wall.getUTCHours() < 12 ? 'AM' : 'PM'
    case 'Z':
      return nameOfZone(moment)
    case 't':
      return '\t'
    case 'n':
      return '\n'
    case '%':
      return '%'
    default:
      throw new TemplateError(`\`date\`: there is no directive %${name}`)
  }
}

// ── Parts ──

function pad(value: number, width: number, filler: ' ' | '0', padding: Padding): string {
  if (padding === '-') return String(value)
  const fill = padding === '' ? filler : padding === '_' ? ' ' : '0'
  const digits = String(Math.abs(value)).padStart(width, fill)
  return value < 0 ? `-${digits}` : digits
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by
}

/** Weeks begin on Monday; the first one holds the year's first Thursday. */
function isoWeek(wall: Date, dayOfYear: number): { readonly year: number; readonly week: number } {
  const year = wall.getUTCFullYear()
  const week = Math.floor((dayOfYear - (wall.getUTCDay() || 7) + 10) / 7)
  if (week < 1) return { year: year - 1, week: weeksOf(year - 1) }
  return week > weeksOf(year) ? { year: year + 1, week: 1 } : { year, week }
}

/** 53 when the year begins on a Thursday, or on a Wednesday and is a leap year. */
function weeksOf(year: number): number {
  const first = new Date(0)
  first.setUTCFullYear(year, 0, 1)
  return first.getUTCDay() === 4 || (first.getUTCDay() === 3 && isLeapYear(year)) ? 53 : 52
}

/** `colons`: none +0100, one +01:00, two +01:00:00, three +01. */
function offsetText(offsetSecs: number, colons: number): string {
  const sign = offsetSecs < 0 ? '-' : '+'
  const seconds = Math.abs(offsetSecs)
  const [hh, mm, ss] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(part => String(Math.floor(part)).padStart(2, '0'))
  if (colons === 3) return `${sign}${hh}`
  if (colons === 2) return `${sign}${hh}:${mm}:${ss}`
  return colons === 1 ? `${sign}${hh}:${mm}` : `${sign}${hh}${mm}`
}

function mustHaveOffset(moment: Moment): number {
  if (moment.offsetSecs !== null) return moment.offsetSecs
  throw new TemplateError('`date`: a number of seconds has no zone to print; give the argument `timezone`')
}

function nameOfZone(moment: Moment): string {
  const offsetSecs = mustHaveOffset(moment)
  if (moment.zone === 'UTC') return 'UTC'
  if (moment.zone === null) return offsetText(offsetSecs, 1)
  return zoneName(moment.zone, moment.epochSecs * 1000) ?? offsetText(offsetSecs, offsetSecs % 3600 === 0 ? 3 : 0)
}

/** `%f` nine digits, `%3f` three, `%.3f` with a point, `%.f` as many as there are in threes. */
function fraction(nanos: number, name: string): string {
  const digits = String(nanos).padStart(9, '0')
  const width = Number(/\d/.exec(name)?.[0] ?? 0)
  if (!name.startsWith('.')) return digits.slice(0, width || 9)
  if (width > 0) return `.${digits.slice(0, width)}`
  const shown = digits.replace(/(000)+$/, '')
  return shown === '' ? '' : `.${shown}`
}
