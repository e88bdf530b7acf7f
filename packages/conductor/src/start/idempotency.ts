/** Idempotency keys: what a request says, and what follows from what is known of its key. */
import { type ExecutionId, type JsonObject, type Keyed, refuse, type Refusal } from '@busbar/kernel'
import type { IdempotencyStrategy } from '../definition/types.js'

const keyLengthMax = 1_000
const strategies: readonly IdempotencyStrategy[] = ['RETURN_EXISTING', 'FAIL', 'FAIL_ON_RUNNING']

export interface IdempotencyKey {
  readonly key: string
  readonly strategy: IdempotencyStrategy
}

/** Null: the request has none. Without a strategy an existing execution is returned. */
export function idempotencyKeyOf({ idempotencyKey: key, idempotencyStrategy: given }: JsonObject): IdempotencyKey | Refusal | null {
  if (key === undefined || key === null || key === '') return null
  if (typeof key !== 'string' || key.length > keyLengthMax) return refuse('invalid', `idempotencyKey: expected a text of at most ${keyLengthMax} characters`)
  const strategy = strategies.find(one => one === (given ?? 'RETURN_EXISTING'))
  if (strategy === undefined)
    return refuse('invalid', `idempotencyStrategy: expected one of ${strategies.join(', ')}, found ${JSON.stringify(given).slice(0, 100)}`)
  return { key, strategy }
}

export type AfterKeyed =
  | { readonly kind: 'start'; readonly id: ExecutionId }
  | { readonly kind: 'existing'; readonly id: ExecutionId; readonly isTerminal: boolean }
  | Refusal

export function afterKeyed(name: string, { key, strategy }: IdempotencyKey, { newest, free }: Keyed): AfterKeyed {
  if (newest === null) return { kind: 'start', id: free }
  if (strategy === 'RETURN_EXISTING') return { kind: 'existing', ...newest }
  if (strategy === 'FAIL_ON_RUNNING' && newest.isTerminal) return { kind: 'start', id: free }
  return refuse('conflict', `A workflow ${name} with the idempotency key ${key} exists already: ${newest.id} (${strategy})`)
}
