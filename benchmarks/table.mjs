// Tables for a terminal and for the documents. A table is a header, cells of text, and how many of the first columns are names.

export function embeddedTable(rows) {
  const ratio = ({ value, peer, better }) => (peer === undefined ? '' : `${number(better === 'more' ? value / peer : peer / value)} ×`)
  return {
    header: ['Measure', 'Busbar', 'Restate', 'better by', 'floor', 'goal'],
    details: detailsOf(rows),
    cells: rows.map(one => [one.name.trim(), `${number(one.value)} ${one.unit}`, number(one.peer), ratio(one), number(one.floor), number(one.goal)]),
  }
}

/** A column for each contestant. What stands in brackets is how many times better Busbar with one server is. */
export function postgresTable({ figures, notes, spread }) {
  const rows = measuresOf(figures)
  const ours = figures.filter(one => one.servers)
  const cell = (row, figure) => {
    const value = row.of(figure)
    if (value === undefined || Number.isNaN(value)) return ''
    const base = figure.servers || row.better === undefined ? undefined : ours.map(row.of).find(Number.isFinite)
    return base ? `${number(value)} (${number(row.better === 'more' ? base / value : value / base)} ×)` : number(value)
  }
  const lines = rows.filter(row => figures.some(figure => Number.isFinite(row.of(figure))))
  const spreading = figures.some(one => one.servers > 1)
    ? `×n: n server processes on one database, ${spread === 'requests' ? 'each request of a client to the next one' : 'each client with its own'}.`
    : ''
  return {
    header: ['Measure', ...figures.map(one => one.contestant)],
    cells: lines.map(row => [row.name, ...figures.map(figure => cell(row, figure))]),
    details: detailsOf(lines),
    notes: ['In brackets: how many times better Busbar is (with one server, where that was measured).', spreading, ...notes].filter(Boolean),
  }
}

const detailsOf = rows => new Set(rows.flatMap((row, index) => (row.isDetail ? [index] : [])))

function measuresOf(figures) {
  const inFlights = [...new Set(figures.flatMap(one => one.rates.map(rate => rate.inFlight)))].sort((a, b) => a - b)
  const rateRow = (name, inFlight, of, better) => ({
    name,
    better,
    of: figure => {
      const rate = figure.rates.find(one => one.inFlight === inFlight)
      return rate && of(rate)
    },
  })
  return [
    { name: 'start → done of one step, idle: p50, ms', better: 'less', of: one => one.latency?.wholeP50Ms },
    { name: 'start → done of one step, idle: p99, ms', better: 'less', of: one => one.latency?.wholeP99Ms },
    { name: 'step → step, idle: p50, ms', better: 'less', of: one => one.latency?.stepP50Ms },
    { name: 'step → step, idle: p99, ms', better: 'less', of: one => one.latency?.stepP99Ms },
    ...inFlights.flatMap(inFlight => [
      rateRow(`one-step executions a second, ${inFlight} in flight`, inFlight, one => one.perSecond, 'more'),
      rateRow('… start → done: p50, ms', inFlight, one => one.p50Ms, 'less'),
      rateRow('… start → done: p99, ms', inFlight, one => one.p99Ms, 'less'),
      rateRow('… CPU of the servers (of the library’s process) per execution, µs', inFlight, one => each(one, 'cpu', 1e6)),
      rateRow('… CPU of PostgreSQL per execution, µs', inFlight, one => each(one, 'databaseCpu', 1e6), 'less'),
      rateRow('… statements per execution', inFlight, one => each(one, 'statements'), 'less'),
      detail(rateRow('… transactions per execution', inFlight, one => each(one, 'transactions'), 'less')),
      detail(rateRow('… bytes of PostgreSQL’s log per execution', inFlight, one => each(one, 'wal_bytes'), 'less')),
      detail(rateRow('… syncs of the log per execution', inFlight, one => each(one, 'wal_sync'), 'less')),
    ]),
    { name: 'the same, each client stays with its server', of: one => one.staying?.perSecond },
    { name: 'the same, 64 started by one call', of: one => one.together?.perSecond },
    { name: 'fork of 1,000: start → done, ms', of: one => one.sizes?.forkMs },
    { name: 'one execution of 400 steps: a step, ms', of: one => one.sizes?.stepMs },
    { name: 'idle, 100 waiting workers: statements a second', better: 'less', of: one => one.idle?.statements },
    { name: 'idle, 100 waiting workers: transactions a second', better: 'less', of: one => one.idle?.transactions },
    { name: 'idle, 100 waiting workers: share of a core, %', of: one => one.idle && one.idle.cpuShare * 100 },
  ]
}

/** Shown by the run, left out of the documents. */
const detail = row => ({ ...row, isDetail: true })

const each = (rate, counter, factor = 1) => (rate.used[counter] === undefined ? undefined : (rate.used[counter] / rate.done) * factor)

// ── As text ──

export function number(value) {
  if (value === undefined || Number.isNaN(value)) return ''
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

export function plain({ header, cells, notes = [] }) {
  const widths = header.map((title, column) => Math.max(title.length, ...cells.map(row => row[column].length)))
  const line = row => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ')
  return [line(header), widths.map(width => '─'.repeat(width)).join('  '), ...cells.map(line), '', ...notes].join('\n')
}

export function markdown({ header, cells, details = new Set() }) {
  const line = row => `| ${row.join(' | ')} |`
  const shown = cells.filter((_, index) => !details.has(index))
  return [
    line(header),
    `|---|${header
      .slice(1)
      .map(() => '---:|')
      .join('')}`,
    ...shown.map(line),
  ].join('\n')
}
