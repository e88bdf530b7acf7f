/** Random workflows. Loops stand in no loop: the original does not support that reliably (conductor-semantics.md §10.8). */
import type { Random } from './random.js'

export type Status = 'COMPLETED' | 'FAILED' | 'TERMINATED'

interface Named {
  readonly name: string
  readonly taskReferenceName: string
}

export type Task =
  | (Named & {
      readonly type: 'SIMPLE'
      readonly optional: boolean
      readonly taskDefinition: {
        readonly name: string
        readonly retryCount: number
        readonly retryDelaySeconds: number
        readonly responseTimeoutSeconds: number
      }
    })
  | (Named & {
      readonly type: 'SWITCH'
      readonly evaluatorType: 'value-param'
      readonly expression: 'value'
      readonly inputParameters: { readonly value: string | number }
      readonly decisionCases: { readonly [value: string]: readonly Task[] }
      readonly defaultCase: readonly Task[]
    })
  | (Named & { readonly type: 'FORK_JOIN'; readonly forkTasks: readonly (readonly Task[])[] })
  | (Named & { readonly type: 'JOIN'; readonly joinOn: readonly string[] })
  | (Named & {
      readonly type: 'DO_WHILE'
      readonly loopCondition: string
      readonly loopOver: readonly Task[]
      readonly inputParameters: { readonly times: number }
    })
  | (Named & {
      readonly type: 'SUB_WORKFLOW'
      readonly optional: boolean
      readonly retryCount: number
      readonly subWorkflowParam: { readonly name: string; readonly version: number; readonly workflowDefinition?: Workflow }
    })
  | (Named & { readonly type: 'SET_VARIABLE'; readonly inputParameters: { readonly [variable: string]: string | number } })
  | (Named & { readonly type: 'WAIT'; readonly inputParameters: { readonly duration: string } })
  | (Named & { readonly type: 'TERMINATE'; readonly inputParameters: { readonly terminationStatus: Status } })

export interface Workflow {
  readonly name: string
  readonly version: number
  readonly schemaVersion: 2
  readonly ownerEmail: string
  readonly tasks: readonly Task[]
  readonly outputParameters: { readonly [name: string]: string }
}

export interface ConductorDefinition {
  readonly root: Workflow
  /** Registered; started by name. */
  readonly child: Workflow
}

/** The types of worker tasks, which are their queues too. */
export const workerTypes = ['alpha', 'beta'] as const
export const responseTimeoutSeconds = 60

const childName = 'child'
const depthMax = 3
const tasksMax = 12

export function conductorDefinition(random: Random): ConductorDefinition {
  const writer = new Writer(random)
  const child = writer.workflow(childName, 2, 3)
  writer.mayCallChild = true
  return { child, root: writer.workflow('root', 0, tasksMax) }
}

interface Place {
  readonly depth: number
  readonly isInLoop: boolean
  /** Expressions whose value is known here: of tasks that came before, not of tasks beside. */
  readonly readable: readonly string[]
}

class Writer {
  readonly #random: Random
  /** Once the child is written: it must not start itself. */
  mayCallChild = false
  #left = 0
  #count = 0

  constructor(random: Random) {
    this.#random = random
  }

  workflow(name: string, depth: number, tasks: number): Workflow {
    const before = this.#left
    this.#left = tasks
    const readable: string[] = []
    const list = this.#list({ depth, isInLoop: false, readable }, readable, 1)
    this.#left = before - (tasks - this.#left)
    const outputParameters = Object.fromEntries(readable.map((expression, index) => [`o${index}`, expression]))
    return { name, version: 1, schemaVersion: 2, ownerEmail: 'owner@example.com', tasks: list, outputParameters }
  }

  /** `readable` gathers what can be read after the list. */
  #list(place: Place, readable: string[], least: number): Task[] {
    const tasks: Task[] = []
    const length = this.#random.between(least, place.depth === 0 ? 5 : 3)
    for (let i = 0; i < length && (this.#left > 0 || tasks.length < least); i++) {
      const added = this.#task({ ...place, readable: [...place.readable, ...readable] })
      tasks.push(...added)
      for (const task of added) readable.push(...readableOf(task))
      if (added.at(-1)?.type === 'TERMINATE') break
    }
    return tasks
  }

  #task(place: Place): Task[] {
    const random = this.#random
    this.#left -= 1
    const canNest = place.depth < depthMax && this.#left > 1
    const draw = random.next()
    if (canNest && draw < 0.12) return [this.#switch(place)]
    if (canNest && draw < 0.26) return this.#fork(place)
    if (canNest && draw < 0.36 && !place.isInLoop) return [this.#loop(place)]
    if (canNest && draw < 0.46) return [this.#child(place)]
    if (draw < 0.54) return [{ ...this.#named('set'), type: 'SET_VARIABLE', inputParameters: { [`v${this.#count}`]: this.#value(place) } }]
    if (draw < 0.6) return [{ ...this.#named('wait'), type: 'WAIT', inputParameters: { duration: `${random.between(1, 20)}s` } }]
    if (draw < 0.62) {
      const terminationStatus = random.pick(['COMPLETED', 'FAILED', 'TERMINATED'] as const)
      return [{ ...this.#named('end'), type: 'TERMINATE', inputParameters: { terminationStatus } }]
    }
    return [this.#simple()]
  }

  #named(kind: string): Named {
    this.#count += 1
    return { name: kind, taskReferenceName: `${kind}${this.#count}` }
  }

  #value({ readable }: Place): string | number {
    return readable.length > 0 && this.#random.happens(0.6) ? this.#random.pick(readable) : this.#random.below(3)
  }

  #simple(): Task {
    const random = this.#random
    const name = random.pick(workerTypes)
    return {
      ...this.#named('task'),
      name,
      type: 'SIMPLE',
      optional: random.happens(0.2),
      taskDefinition: { name, retryCount: random.below(3), retryDelaySeconds: random.pick([0, 0, 3]), responseTimeoutSeconds },
    }
  }

  #switch(place: Place): Task {
    const inner = { ...place, depth: place.depth + 1 }
    const inputParameters = { value: this.#value(place) }
    const decisionCases: Record<string, readonly Task[]> = {}
    for (let i = 0; i < 2; i++) decisionCases[String(this.#random.below(3))] = this.#list(inner, [], 0)
    const defaultCase = this.#list(inner, [], 0)
    return { ...this.#named('switch'), type: 'SWITCH', evaluatorType: 'value-param', expression: 'value', inputParameters, decisionCases, defaultCase }
  }

  #fork(place: Place): Task[] {
    const inner = { ...place, depth: place.depth + 1 }
    const forkTasks = Array.from({ length: this.#random.between(2, 3) }, () => {
      const branch = this.#list(inner, [], 1)
      // A join waits for the last task of a branch; a SWITCH ends before what it chose.
      return branch.at(-1)?.type === 'SWITCH' ? [...branch, this.#simple()] : branch
    })
    const joinOn = forkTasks.map(branch => branch.at(-1)?.taskReferenceName ?? '')
    return [
      { ...this.#named('fork'), type: 'FORK_JOIN', forkTasks },
      { ...this.#named('join'), type: 'JOIN', joinOn },
    ]
  }

  #loop(place: Place): Task {
    const loopOver = this.#list({ ...place, depth: place.depth + 1, isInLoop: true }, [], 1)
    const named = this.#named('loop')
    const times = this.#random.between(1, 3)
    return { ...named, type: 'DO_WHILE', loopCondition: `$.${named.taskReferenceName}.iteration < $.times`, loopOver, inputParameters: { times } }
  }

  #child(place: Place): Task {
    const random = this.#random
    const inline = !this.mayCallChild || random.happens(0.5) ? this.workflow('inline', place.depth + 1, Math.min(3, this.#left)) : null
    return {
      ...this.#named('sub'),
      type: 'SUB_WORKFLOW',
      optional: random.happens(0.2),
      retryCount: random.below(2),
      subWorkflowParam: inline ? { name: inline.name, version: 1, workflowDefinition: inline } : { name: childName, version: 1 },
    }
  }
}

function readableOf(task: Task): string[] {
  if (task.type === 'SIMPLE') return [`\${${task.taskReferenceName}.output.v}`]
  if (task.type === 'SET_VARIABLE') return Object.keys(task.inputParameters).map(name => `\${workflow.variables.${name}}`)
  return []
}
