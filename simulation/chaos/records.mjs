// What the clients know by themselves: what they sent, what was acknowledged, what they saw. The server is checked against it.
import { Lost } from './wire.mjs'

const problemsMax = 200

export class Records {
  /** Acknowledged starts, by the id that the server gave: what was started and under which key. */
  starts = new Map()
  /** Starts without an answer: they may exist as further executions. */
  startsLost = 0
  /** Every report that was sent for a task or step, by its id; `ackedAt` is null when it was not acknowledged. */
  reports = new Map()
  /** Executions that a client saw ended: they may never change again. */
  seenEnded = new Map()
  /** Names of acknowledged definitions. */
  definitions = new Set()
  completionsAcknowledged = 0
  /** When something was last acknowledged. */
  acknowledgedAt = 0
  problems = []

  /** Told at once where somebody wants to know: a long run need not be waited for. */
  onProblem = () => {}

  problem(text) {
    if (this.problems.length >= problemsMax || this.problems.includes(text)) return
    this.problems.push(text)
    this.onProblem(text)
  }

  started(id, start) {
    const before = this.starts.get(id)
    if (before) this.problem(`the id ${id} was given to two starts: ${before.key} and ${start.key}`)
    this.starts.set(id, start)
    this.acknowledgedAt = Date.now()
  }

  /** Notes a report before it is sent; the returned function notes that it was acknowledged, and when. */
  reporting(id, report) {
    const entry = { ...report, ackedAt: null }
    const before = this.reports.get(id)
    if (before) before.push(entry)
    else this.reports.set(id, [entry])
    return (at = Date.now()) => {
      entry.ackedAt = at
      this.acknowledgedAt = Math.max(this.acknowledgedAt, at)
      if (report.isSuccess) this.completionsAcknowledged += 1
    }
  }

  /** An error that is not the lost connection of a killed server is a problem. */
  unlessLost(error) {
    if (!(error instanceof Lost)) this.problem(error.message)
  }
}
