/** Waiting until a workflow has ended, or until it or one of its children waits for somebody (conductor-api.md §2.1.1). */
import { blockingTask, openChildren, type SignalAnswer } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, Problem } from '@busbar/kernel'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { findWorkflow, noSuchWorkflow, type WorkflowView } from './executions.js'

export type Standing = Pick<SignalAnswer, 'target' | 'blocked' | 'isTimeUp'>

export interface Patience {
  /** Reference names whose end is waited for as well. */
  readonly waitUntil: ReadonlySet<string>
  readonly withinMs: number
  /** When it goes away nobody waits any longer. */
  readonly call: Call
}

/** Where others write too, a change may be heard of late: then it is looked for this often. */
const lookAgainMs = 1_000

let waiting = 0

export async function untilBlocked(engine: EngineApi, id: ExecutionId, { waitUntil, withinMs, call }: Patience): Promise<Standing> {
  if (waiting >= limits.heldRunsMax) throw new Problem('throttled', `${waiting} calls wait for workflows already: start it without waiting, or try again`)
  const deadline = performance.now() + Math.min(withinMs, limits.runWaitMsMax)
  const changes = new Changes(engine)
  waiting += 1
  try {
    for (;;) {
      const seen = changes.count
      const { target, blocked } = await look(engine, id, waitUntil, changes)
      const left = deadline - performance.now()
      if (blocked !== null || target.isTerminal) return { target, blocked, isTimeUp: false }
      if (left <= 0 || call.isGone) return { target, blocked, isTimeUp: true }
      await changes.after(seen, engine.store.sharing ? Math.min(left, lookAgainMs) : left, call)
    }
  } finally {
    waiting -= 1
    changes.stop()
  }
}

/** The workflow's own tasks first, then its children, depth first. What is read is watched first, so no change is missed. */
async function look(engine: EngineApi, id: ExecutionId, waitUntil: ReadonlySet<string>, changes: Changes): Promise<Omit<Standing, 'isTimeUp'>> {
  changes.watch(id)
  const target = await findWorkflow(engine, id)
  if (target === null) throw noSuchWorkflow(id)
  const open: WorkflowView[] = [target]
  for (let looked = 0, view = open.pop(); view !== undefined && looked < limits.runFamilyMax; looked++, view = open.pop()) {
    const task = blockingTask(view, waitUntil)
    if (task !== null) return { target, blocked: { view, task } }
    const children: WorkflowView[] = []
    for (const child of openChildren(view)) {
      changes.watch(child)
      const found = await findWorkflow(engine, child)
      if (found !== null && !found.isTerminal) children.push(found)
    }
    open.push(...children.reverse())
  }
  return { target, blocked: null }
}

/** Counts the changes of the executions it watches. */
class Changes {
  count = 0
  readonly #engine: EngineApi
  readonly #watched = new Map<ExecutionId, () => void>()
  #wake: (() => void) | null = null

  constructor(engine: EngineApi) {
    this.#engine = engine
  }

  watch(id: ExecutionId): void {
    if (this.#watched.has(id)) return
    const stop = this.#engine.watch(id, () => {
      this.count += 1
      this.#wake?.()
    })
    this.#watched.set(id, stop)
  }

  /** Resolves when there were more than `seen`, when the time is up, or when the caller goes away. */
  after(seen: number, ms: number, call: Call): Promise<void> {
    if (this.count > seen) return Promise.resolve()
    return new Promise(resolve => {
      const end = () => {
        clearTimeout(timer)
        forget()
        this.#wake = null
        resolve()
      }
      const timer = setTimeout(end, ms)
      const forget = call.onGone(end)
      this.#wake = end
    })
  }

  stop(): void {
    for (const stop of this.#watched.values()) stop()
  }
}
