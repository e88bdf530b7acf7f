/** Starts that carry an idempotency key (the original takes the key and does nothing with it); how a key is kept: `KeyedExecutions`. */
import { afterKeyed, type IdempotencyKey } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, isRefusal, type JsonObject, Problem } from '@busbar/kernel'
import { throwIfRefused } from '../http/problem.js'

/** How often others may be faster before the caller is told to come back. */
const triesMax = 10

export async function startOnce(engine: EngineApi, name: string, key: IdempotencyKey, request: JsonObject): Promise<ExecutionId> {
  let id = engine.firstKeyed(name, key.key)
  for (let tries = 0; tries < triesMax; tries++) {
    const started = await engine.create('conductor', request, { id })
    if (!isRefusal(started) || started.code !== 'conflict' || started.details !== id) return throwIfRefused(started).id
    const after = throwIfRefused(afterKeyed(name, key, await engine.keyed(name, key.key)))
    if (after.kind === 'existing') return after.id
    id = after.id
  }
  throw new Problem('throttled', `Others start ${name} with the idempotency key ${key.key} at the same time; try again`)
}
