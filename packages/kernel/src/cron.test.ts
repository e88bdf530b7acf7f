import { describe, expect, it } from 'vitest'
import { nextMoment, parseCron } from './cron.js'
import { instant } from './time.js'

function nexts(text: string, from: string, count = 1, zone = 'UTC'): string[] {
  const cron = parseCron(text)
  if (cron === null) throw new Error(`no cron: ${text}`)
  const found: string[] = []
  let at = instant(Date.parse(from))
  for (let n = 0; n < count; n++) {
    const next = nextMoment(cron, zone, at)
    if (next === null) break
    at = next
    found.push(new Date(next).toISOString().replace('.000Z', 'Z'))
  }
  return found
}

describe('a cron expression', () => {
  it.each([
    ['0 0 * * * ?', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'],
    ['*/15 * * * * *', '2026-01-01T00:00:01Z', '2026-01-01T00:00:15Z'],
    ['0 0 3 1 1 ?', '2026-01-01T03:00:00Z', '2027-01-01T03:00:00Z'],
    ['0 30 9-17/4 ? * MON-FRI', '2026-11-20T17:30:00Z', '2026-11-23T09:30:00Z'],
    ['0 0 0 L * *', '2026-02-01T00:00:00Z', '2026-02-28T00:00:00Z'],
    ['0 0 0 L-2 * *', '2026-02-01T00:00:00Z', '2026-02-26T00:00:00Z'],
    ['0 0 0 15W * *', '2026-08-01T00:00:00Z', '2026-08-14T00:00:00Z'],
    ['0 0 0 1W * *', '2026-07-31T00:00:00Z', '2026-08-03T00:00:00Z'],
    ['0 0 0 LW * *', '2026-05-01T00:00:00Z', '2026-05-29T00:00:00Z'],
    ['0 0 0 ? * FRIL', '2026-11-01T00:00:00Z', '2026-11-27T00:00:00Z'],
    ['0 0 0 ? * MON#2', '2026-11-01T00:00:00Z', '2026-11-09T00:00:00Z'],
    ['0 0 0 13 * FRI', '2026-01-01T00:00:00Z', '2026-02-13T00:00:00Z'],
    ['0 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 0 * * 7', '2026-11-23T00:00:00Z', '2026-11-29T00:00:00Z'],
    ['5/20 0 0 * JAN,mar *', '2026-02-01T00:00:00Z', '2026-03-01T00:00:05Z'],
    ['@daily', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'],
  ])('%s after %s is %s', (text, from, next) => {
    expect(nexts(text, from)).toEqual([next])
  })

  it.each([
    '',
    'every day',
    '0 3 1 1 ?',
    '99 * * * * ?',
    '0 0 0 30 2 *',
    '0 0 0 ? * MON#6',
    '0 0 5-3 * * *',
    '? * * * * *',
    '*/0 * * * * *',
    '0 0 0 * * * 2027',
  ])('%j is none', text => {
    expect(parseCron(text)).toBeNull()
  })

  it('means local time, and moves what a change of clocks skips to the end of the gap', () => {
    expect(nexts('0 30 2 * * *', '2026-03-27T12:00:00Z', 3, 'Europe/Berlin')).toEqual(['2026-03-28T01:30:00Z', '2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'])
  })

  it('counts once what a change of clocks repeats, unless it runs every hour', () => {
    expect(nexts('0 30 2 * * *', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin')).toEqual(['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'])
    expect(nexts('0 30 * * * *', '2026-10-24T23:40:00Z', 3, 'Europe/Berlin')).toEqual(['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:30:00Z'])
  })

  it('never goes back and never stands still', () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
      for (const text of ['0 */10 * * * *', '0 15 1,2,3 * * *']) {
        const found = nexts(text, '2026-03-27T00:00:00Z', 200, zone)
        expect(found).toEqual([...new Set(found)].toSorted())
      }
    }
  })
})
