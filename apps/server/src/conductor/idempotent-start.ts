/**
 * Starts that carry an idempotency key (the original takes the key and does nothing with it).
 *
 * K1. The id of an execution that is started with a key is derived from its name, the key and a count: 0 for the first,
 *     then one more for each that follows an ended one. The store never creates an id twice, so of all starts with a key,
 *     on whatever server and however often they are repeated after a crash, one creates the execution and the others
 *     find it. Nothing is written besides, and a start that is the first costs what any start costs.
 * K2. The newest execution of a key is the last of the row 0, 1, 2, … that exists; only an ended one is followed.
 * K3. A key is remembered as long as its first execution is kept; when that is removed, the key is free again.
 */
import { createHash } from 'node:crypto'
import type { IdempotencyStrategy } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, instant, isRefusal, isTerminal, type JsonObject, newExecutionId, Problem } from '@busbar/kernel'
import type { ExecutionHead } from '@busbar/store'
import { throwIfRefused } from '../http/problem.js'

const keyLengthMax = 1_000
/** How often others may be faster before the caller is told to come back. */
const triesMax = 10

export interface IdempotencyKey {
  readonly key: string
  readonly strategy: IdempotencyStrategy
}

const strategies: readonly IdempotencyStrategy[] = ['RETURN_EXISTING', 'FAIL', 'FAIL_ON_RUNNING']

/** Null: the request has none. Without a strategy an existing execution is returned. */
export function idempotencyKeyOf({ idempotencyKey: key, idempotencyStrategy: given }: JsonObject): IdempotencyKey | null {
  if (key === undefined || key === null || key === '') return null
  if (typeof key !== 'string' || key.length > keyLengthMax)
    throw new Problem('invalid', `idempotencyKey: expected a text of at most ${keyLengthMax} characters`)
  const strategy = strategies.find(one => one === (given ?? 'RETURN_EXISTING'))
  if (strategy === undefined)
    throw new Problem('invalid', `idempotencyStrategy: expected one of ${strategies.join(', ')}, found ${JSON.stringify(given).slice(0, 100)}`)
  return { key, strategy }
}

export async function startOnce(engine: EngineApi, name: string, { key, strategy }: IdempotencyKey, request: JsonObject): Promise<ExecutionId> {
  let count = 0
  for (let tries = 0; tries < triesMax; tries++) {
    const id = idOf(name, key, count)
    const started = await engine.create('conductor', request, { id })
    if (!isRefusal(started) || started.code !== 'conflict' || started.details !== id) return throwIfRefused(started).id
    const newest = await newestOf(engine, name, key)
    if (newest === null) continue
    if (strategy === 'RETURN_EXISTING') return newest.id
    if (strategy === 'FAIL' || !isTerminal(newest.head.status)) {
      throw new Problem('conflict', `A workflow ${name} with the idempotency key ${key} exists already: ${newest.id} (${strategy})`)
    }
    count = newest.count + 1
  }
  throw new Problem('throttled', `Others start ${name} with the idempotency key ${key} at the same time; try again`)
}

/** 98 bits of a hash take the place of the moment and the chance in an id. */
function idOf(name: string, key: string, count: number): ExecutionId {
  const hash = createHash('sha256')
    .update(JSON.stringify(['idempotency', name, key, count]))
    .digest()
  return newExecutionId(instant(hash.readUIntBE(0, 6)), {
    high12: hash.readUInt16BE(6) & 0xfff,
    low38: hash.readUInt32BE(8) * 64 + (hash.readUInt8(12) & 0x3f),
  })
}

interface Newest {
  readonly id: ExecutionId
  readonly count: number
  readonly head: ExecutionHead
}

/** Doubles its step until there is none, then halves it: a key that was used a thousand times takes twenty looks. */
async function newestOf(engine: EngineApi, name: string, key: string): Promise<Newest | null> {
  const at = async (count: number): Promise<Newest | null> => {
    const id = idOf(name, key, count)
    const head = await engine.store.head(id)
    return head && { id, count, head }
  }
  let found = await at(0)
  if (found === null) return null
  let step = 1
  for (let next = await at(1); next !== null; next = await at(found.count + step)) {
    found = next
    step *= 2
  }
  for (step = Math.floor(step / 2); step >= 1; step = Math.floor(step / 2)) found = (await at(found.count + step)) ?? found
  return found
}
