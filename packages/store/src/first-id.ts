import { type ExecutionId, type Instant, instant, newExecutionId } from '@busbar/kernel'

const lastTimeOfIds = 2 ** 48 - 1

/** Not after any id that was made at this moment: an id begins with the moment at which it was made (I1). */
export function firstIdOf(moment: Instant): ExecutionId {
  return newExecutionId(instant(Math.max(0, Math.min(moment, lastTimeOfIds))), { high12: 0, low38: 0 })
}
