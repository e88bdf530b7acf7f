/**
 * Guests ask the host's `Date.now` for the time. Nothing else of this thread runs meanwhile: the work is synchronous.
 * @template T
 * @param {number} time epoch milliseconds
 * @param {() => T} work
 * @returns {T}
 */
export function atTime(time, work) {
  const { now } = Date
  Date.now = () => time
  try {
    return work()
  } finally {
    Date.now = now
  }
}
