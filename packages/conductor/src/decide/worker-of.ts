import type { Task } from './task.js'

/** Who spoke for it last: whoever polled it, then whoever reported on it. A report that names nobody leaves nobody. */
export function workerOf({ state, data, lastWorker }: Task): string | undefined {
  const worker = state.kind === 'leased' ? lastWorker : (data.workerId ?? lastWorker)
  return worker === null || worker === '' ? undefined : worker
}
