/** Waiting until a workflow has ended, or until it or one of its children waits for somebody (conductor-api.md §2.1.1). */
import { blockingTask, openChildren, type SignalAnswer } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, Problem } from '@busbar/kernel'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { Changes, changeWaitMs } from './changes.js'
import { findWorkflow, noSuchWorkflow, type WorkflowView } from './executions.js'

export type Standing = Pick<SignalAnswer, 'target' | 'blocked' | 'isTimeUp'>

export interface Patience {
  /** Reference names whose end is waited for as well. */
  readonly waitUntil: ReadonlySet<string>
  readonly withinMs: number
  /** When it goes away nobody waits any longer. */
  readonly call: Call
}

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
      await changes.after(seen, changeWaitMs(engine, left), call)
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
