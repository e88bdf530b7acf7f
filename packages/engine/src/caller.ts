import type { Caller } from './api.js'

/** The caller that an AbortSignal speaks for. */
export function callerOf(signal: AbortSignal): Caller {
  return {
    get isGone() {
      return signal.aborted
    },
    onGone(callback) {
      signal.addEventListener('abort', callback, { once: true })
      return () => signal.removeEventListener('abort', callback)
    },
  }
}
