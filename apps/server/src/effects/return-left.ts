import type { ConductorCommand } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import type { Instant, QueueName } from '@busbar/kernel'

const pageSize = 1_000
/** More are left for the next time, or to the end of their lease. */
const returnedMax = 100_000

/** What was begun before a moment, and cannot be under way any more, waits again at once. Returns how much that was. */
export async function returnLeft(engine: EngineApi, queues: readonly QueueName[], begunBefore: Instant): Promise<number> {
  let count = 0
  for (const queue of queues) {
    for (let offset = 0; offset < returnedMax; offset += pageSize) {
      const open = await engine.store.openAttempts(queue, offset, pageSize)
      for (const { execution, attempt } of open) {
        if (attempt.state.kind !== 'leased' || attempt.state.since >= begunBefore) continue
        // One that waits for an update, or that ended meanwhile, refuses: there is nothing to return.
        const command: ConductorCommand = { kind: 'effectReturned', attempt: attempt.id, fence: attempt.fence }
        await engine.send(execution, command)
        count += 1
      }
      if (open.length < pageSize) break
    }
  }
  return count
}
