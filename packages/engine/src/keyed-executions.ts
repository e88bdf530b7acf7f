/**
 * Executions that were started with an idempotency key.
 *
 * K1. The id of an execution that is started with a key is derived from its name, the key and a count: 0 for the first,
 *     then one more for each that follows an ended one. The store never creates an id twice, so of all starts with a key,
 *     on whatever server and however often they are repeated after a crash, one creates the execution and the others
 *     find it. Nothing is written besides, and a start that is the first costs what any start costs.
 * K2. The newest execution of a key is the last of the row 0, 1, 2, … that exists; only an ended one is followed.
 * K3. A key is remembered as long as its first execution is kept; when that is removed, the key is free again.
 */
import { createHash } from 'node:crypto'
import { type ExecutionId, instant, isTerminal, type Keyed, newExecutionId } from '@busbar/kernel'
import type { Store } from '@busbar/store'

interface Newest {
  readonly id: ExecutionId
  readonly count: number
  readonly isTerminal: boolean
}

export class KeyedExecutions {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async look(name: string, key: string): Promise<Keyed> {
    const newest = await this.#newestOf(name, key)
    if (newest === null) return { free: idOf(name, key, 0), newest: null }
    return { free: idOf(name, key, newest.count + 1), newest: { id: newest.id, isTerminal: newest.isTerminal } }
  }

  /** Where the first execution with a key goes. */
  first(name: string, key: string): ExecutionId {
    return idOf(name, key, 0)
  }

  /** Doubles its step until there is none, then halves it: a key that was used a thousand times takes twenty looks. */
  async #newestOf(name: string, key: string): Promise<Newest | null> {
    const at = async (count: number): Promise<Newest | null> => {
      const id = idOf(name, key, count)
      const head = await this.#store.head(id)
      return head && { id, count, isTerminal: isTerminal(head.status) }
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
