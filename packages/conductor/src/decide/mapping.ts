/** From nodes to tasks: what a round is going to open. A question or an ending that comes up voids the whole round. */
import type { JsonObject } from '@busbar/kernel'
import type { Node } from '../plan.js'
import type { EffectKind } from '../queue.js'
import { withStoredInput } from '../payload/task-input.js'
import type { Task } from './task.js'
import { nodeNamed } from './book.js'
import { domainOf } from './domain.js'
import { type Draft, type DraftParts, draftOf, type Place } from './draft.js'
import { inputOf } from './input.js'
import type { Turn } from './turn.js'
import type { Ending } from './ending.js'

/** All a task type is: one file per type exports one of these. */
export interface TaskRule {
  /** A failure of it is never tried again. */
  readonly isBuiltIn?: true
  /** It is done outside by the engine's own workers of this kind. */
  readonly effect?: EffectKind
  /** Adds the drafts of a node: its own, and what is scheduled together with it. */
  readonly schedule: (mapping: Mapping, place: Place) => void
  /**
   * Looks at an open task that the engine itself runs, and ends it when it is done. Called when it was opened and when
   * something that concerns it happened; looking in vain changes nothing. `mapping` is fresh: for what it schedules.
   */
  readonly look?: (turn: Turn, task: Task, node: Node, mapping: Mapping) => void
}

export type RuleOf = (type: string) => TaskRule

export class Mapping {
  readonly drafts: Draft[] = []
  readonly #keys = new Set<string>()
  readonly #learned = new Map<string, Node>()
  ending: Ending | null = null

  readonly turn: Turn
  readonly ruleOf: RuleOf

  constructor(turn: Turn, ruleOf: RuleOf) {
    this.turn = turn
    this.ruleOf = ruleOf
  }

  /** Adds the node's task, and what is scheduled together with it. */
  schedule(place: Place): void {
    this.ruleOf(place.node.task.type).schedule(this, place)
  }

  add(place: Place, parts: DraftParts): void {
    this.push(draftOf(place, parts))
  }

  push(draft: Draft): void {
    const id = `${draft.key}#${draft.number}`
    if (this.#keys.has(id)) return
    this.#keys.add(id)
    this.drafts.push(withStoredInput(this.turn, draft))
  }

  /** The node's input, evaluated as if the task were opened now. */
  input(node: Node): JsonObject {
    return inputOf(this.turn, node, node.task.inputParameters, this.drafts.length)
  }

  /** A task for workers. */
  addWorkerTask(place: Place, type: string, name: string, input: JsonObject): void {
    const domain = domainOf(this.turn, type)
    if (domain === undefined) return
    this.add(place, { type, name, input, how: 'worker', domain, startDelay: place.node.task.startDelay })
  }

  /** The definition cannot go on from here: the execution fails. */
  fail(reason: string): void {
    this.ending ??= { status: 'failed', reason, failedBy: null, terminatedBy: null, startsFailureWorkflow: true }
  }

  /** Tasks that a dynamic fork of this round makes: the execution knows them only when it is written. */
  learn(nodes: ReadonlyMap<string, Node>): void {
    for (const [name, node] of nodes) this.#learned.set(name, node)
  }

  /** The join behind a fork; null when something else follows. */
  joinAfter({ node, suffix }: Place): Node | null {
    const next = node.sibling === null ? null : nodeNamed(this.turn.view, node.sibling, suffix)
    return next?.task.type === 'JOIN' ? next : null
  }

  /** Whatever follows `ref` in this iteration, unless it exists; what an operator skipped is passed over. */
  scheduleFrom(ref: string | null, suffix: string): void {
    const { view } = this.turn
    let name = ref
    while (name !== null) {
      const node = this.#learned.get(name) ?? nodeNamed(view, name, suffix)
      if (node === null) return
      const existing = view.newest((name + suffix) as Task['key']) ?? (suffix === '' ? undefined : skippedByName(this.turn, name))
      if (existing === undefined) return this.schedule({ node, suffix })
      if (existing.state.kind !== 'closed' || existing.state.outcome !== 'skipped') return
      name = node.next
    }
  }
}

/** An operator names a task of a loop's body without its iteration. */
function skippedByName(turn: Turn, name: string): Task | undefined {
  const task = turn.view.newest(name as Task['key'])
  return task?.data.skipped ? task : undefined
}
