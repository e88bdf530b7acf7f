// What was hit, and how soon there was work again; what callers were told meanwhile.
import { setTimeout as sleep } from 'node:timers/promises'

const lookMs = 10
const patienceMs = 60_000
const strangeMax = 5

export class Tally {
  #records
  /** By what was hit: how long it took each time until something was acknowledged again. */
  #hits = new Map()
  #strange = []
  awayCount = 0
  /** Starts of servers that ended at once: the database was away. */
  startsInVain = 0
  /** All work has ended. */
  isOver = false
  open = 0
  nextLineAt = 0
  seconds = { underFire: 0, untilDone: 0 }

  constructor(records) {
    this.#records = records
  }

  /** It was hit and is whole again: waits until something is acknowledged, or until there is nothing left to acknowledge. */
  async hit(what) {
    const from = Date.now()
    while (this.#records.acknowledgedAt <= from && !this.isOver && Date.now() - from < patienceMs) await sleep(lookMs)
    if (this.isOver && this.#records.acknowledgedAt <= from) return
    const afterMs = this.#records.acknowledgedAt > from ? this.#records.acknowledgedAt - from : null
    this.#hits.set(what, [...(this.#hits.get(what) ?? []), afterMs])
  }

  away({ call, status, retryAfter, text }) {
    this.awayCount += 1
    if (!retryAfter && this.#strange.length < strangeMax) this.#strange.push(`${call} answered ${status} without Retry-After: ${text.slice(0, 200)}`)
  }

  problems() {
    const stuck = [...this.#hits]
      .filter(([, times]) => times.includes(null))
      .map(([what]) => `${what}: nothing was acknowledged for ${patienceMs / 1000} s afterwards`)
    return [...stuck, ...this.#strange]
  }

  table() {
    const rows = [...this.#hits]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([what, times]) => {
        const known = times.filter(time => time !== null).sort((a, b) => a - b)
        return [what, String(times.length), known.length > 0 ? `${known[Math.floor(known.length / 2)]} ms` : '–', `${known.at(-1) ?? '–'} ms`]
      })
    const head = ['what was hit', 'times', 'work again after', 'at worst']
    if (this.startsInVain > 0) rows.push(['servers started while the database was away', String(this.startsInVain), '', ''])
    const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column].length)))
    return [head, ...rows].map(row => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '))
  }
}
