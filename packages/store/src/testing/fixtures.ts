/** Executions for the contract suite, built as the engine builds them: through a view. */
import {
  type ActivityKey,
  type Attempt,
  type DefinitionId,
  type DialectTypes,
  type Execution,
  type ExecutionId,
  type Instant,
  instant,
  invariant,
  type Label,
  newExecutionId,
  type QueueName,
  View,
  type WorkerId,
} from '@busbar/kernel'
import type { Claimed, LoadedExecution, Store } from '../store.js'

export interface Plain extends DialectTypes {
  readonly plan: null
  readonly brief: unknown
  readonly state: unknown
  readonly data: unknown
  readonly command: { readonly kind: string }
  readonly reply: null
}

export const start = instant(1_700_000_000_000)
export const at = (ms: number): Instant => instant(start + ms)
export const queue = (name: string) => name as QueueName
export const worker = (name: string) => name as WorkerId
export const key = (name: string) => name as ActivityKey

/** Ids in the order of their numbers. */
export const idOf = (number: number): ExecutionId => newExecutionId(start, { high12: number, low38: 1 })

export type ExecutionParts = Partial<Omit<Execution, 'label'>> & { readonly label?: Partial<Label> }

export function newView(number: number, { label, ...parts }: ExecutionParts = {}): View<Plain> {
  const execution: Execution = {
    id: idOf(number),
    dialect: 'conductor',
    definition: 'definition' as DefinitionId,
    parent: null,
    status: 'running',
    createdAt: start,
    updatedAt: start,
    endedAt: null,
    brief: { input: number },
    state: {},
    ...parts,
    label: { namespace: '', name: 'order', version: '1', handle: '', source: '', ...label },
  }
  return new View<Plain>({ execution, plan: null, version: 0, due: null, lastOrdinal: 0, lastMessage: 0, attempts: [] })
}

export interface Waiting {
  readonly queue?: string
  readonly priority?: number
  readonly notBefore?: Instant
  readonly leaseMs?: number | null
}

export function openWaiting(view: View<Plain>, waiting: Waiting = {}): Attempt {
  const { queue: name = 'q', priority = 0, notBefore = start, leaseMs = 60_000 } = waiting
  return view.open({ key: key(`a${view.size}`), number: 0, data: { input: 1 }, queue: queue(name), priority, notBefore, leaseMs }, start)
}

/** Commits what changed, and says so to the view. */
export async function commit(store: Store, view: View<Plain>): Promise<void> {
  const result = await store.commit(view.takeChanges())
  invariant(result === 'written', `the commit of ${view.id} was ${result}`)
  view.committed()
}

/** A committed execution with these attempts waiting. */
export async function waitingExecution(store: Store, number: number, ...waiting: readonly Waiting[]): Promise<View<Plain>> {
  const view = newView(number)
  for (const one of waiting) openWaiting(view, one)
  await commit(store, view)
  return view
}

export async function reload(store: Store, id: ExecutionId): Promise<View<Plain>> {
  const loaded = await mustLoad(store, id)
  return new View<Plain>({ ...loaded, plan: null, attempts: loaded.attempts as readonly Attempt<unknown>[] })
}

export async function mustLoad(store: Store, id: ExecutionId): Promise<LoadedExecution> {
  const loaded = await store.load(id)
  invariant(loaded, `execution ${id} is not there`)
  return loaded
}

export function claimOf(store: Store, names: readonly string[], options: { readonly max?: number; readonly now?: Instant; readonly worker?: string } = {}) {
  const { max = 100, now = start, worker: by = 'w' } = options
  return store.claim({ queues: names.map(queue), worker: worker(by), max, now })
}

export const idsOf = (claimed: readonly Claimed[]) => claimed.map(({ attempt }) => attempt.id)
