/** What a workflow does, told anew from the rules (conductor-semantics.md §3, §4, §9.4, §10) and not from the dialect's code. */
import type { ExecutionStatus, Json } from '@busbar/kernel'
import { childPath } from './behaviour.js'
import type { Task, Workflow } from './conductor-definition.js'
import { emptyPrediction, type Facts, type Prediction } from './prediction.js'

type Ended = Exclude<ExecutionStatus, 'running' | 'paused'>
type TaskOf<Type extends Task['type']> = Extract<Task, { readonly type: Type }>

/** Ways in which the whole workflow ends here; none: what follows is reached. */
type Ends = ReadonlySet<Ended>

const none: Ends = new Set()
const only = (status: Ended): Ends => new Set([status])

export function predictConductor(root: Workflow, child: Workflow, facts: Facts): Prediction {
  const prediction = emptyPrediction()
  new Model(prediction, child, facts, '').run(root)
  return prediction
}

class Model {
  readonly #prediction: Prediction
  readonly #child: Workflow
  readonly #facts: Facts
  readonly #path: string
  readonly #variables: Record<string, Json> = {}
  /** Of the newest try of each worker task. */
  readonly #values = new Map<string, number | null>()

  constructor(prediction: Prediction, child: Workflow, facts: Facts, path: string) {
    this.#prediction = prediction
    this.#child = child
    this.#facts = facts
    this.#path = path
  }

  run(workflow: Workflow): Ends {
    const ends = this.#list(workflow.tasks, '')
    const isExact = ends.size === 0
    const statuses: Ends = ends.size === 0 ? only('completed') : ends
    const read = Object.entries(workflow.outputParameters).map(([name, expression]) => [name, this.#read(expression)] as const)
    const output = isExact && read.length > 0 ? Object.fromEntries(read) : undefined
    this.#prediction.executions.set(this.#path, { statuses, isExact, output, variables: isExact ? this.#variables : undefined })
    return statuses
  }

  #list(tasks: readonly Task[], suffix: string): Ends {
    for (const [index, task] of tasks.entries()) {
      // The join exists from the fork on.
      if (task.type === 'FORK_JOIN') this.#expect(`${tasks[index + 1]?.taskReferenceName}${suffix}`, 1)
      const ends = this.#task(task, suffix)
      if (ends.size > 0) return ends
    }
    return none
  }

  #task(task: Task, suffix: string): Ends {
    const key = task.taskReferenceName + suffix
    if (task.type === 'SIMPLE') return this.#worker(task, key)
    if (task.type === 'SUB_WORKFLOW') return this.#subWorkflow(task, key)
    this.#expect(key, 1)
    switch (task.type) {
      case 'SWITCH':
        return this.#list(task.decisionCases[String(this.#read(task.inputParameters.value))] ?? task.defaultCase, suffix)
      case 'FORK_JOIN':
        // Whichever branch ends the workflow first.
        return new Set(task.forkTasks.flatMap(branch => [...this.#list(branch, suffix)]))
      case 'DO_WHILE':
        return this.#loop(task, suffix)
      case 'SET_VARIABLE':
        for (const [name, value] of Object.entries(task.inputParameters)) this.#variables[name] = this.#read(value)
        return none
      case 'TERMINATE':
        return only(({ COMPLETED: 'completed', FAILED: 'failed', TERMINATED: 'cancelled' } as const)[task.inputParameters.terminationStatus])
      case 'JOIN':
      case 'WAIT':
        return none
    }
  }

  #loop(task: TaskOf<'DO_WHILE'>, suffix: string): Ends {
    for (let iteration = 1; iteration <= task.inputParameters.times; iteration++) {
      const ends = this.#list(task.loopOver, `${suffix}__${iteration}`)
      if (ends.size > 0) return ends
    }
    return none
  }

  #worker(task: TaskOf<'SIMPLE'>, key: string): Ends {
    for (let number = 0; ; number++) {
      this.#expect(key, number + 1)
      const fate = this.#facts.fateOf({ path: this.#path, key, number })
      this.#values.set(task.taskReferenceName, 'value' in fate ? fate.value : null)
      if (fate.outcome === 'completed') return none
      if (fate.outcome !== 'failedFinally' && number < task.taskDefinition.retryCount) continue
      if (task.optional) return none
      return only(fate.outcome === 'timedOut' ? 'timedOut' : 'failed')
    }
  }

  #subWorkflow(task: TaskOf<'SUB_WORKFLOW'>, key: string): Ends {
    for (let number = 0; ; number++) {
      this.#expect(key, number + 1)
      const path = childPath({ path: this.#path, key, number })
      const possible = new Model(this.#prediction, this.#child, this.#facts, path).run(task.subWorkflowParam.workflowDefinition ?? this.#child)
      const status = this.#statusOf(path, possible)
      if (status === 'completed') return none
      if (status !== 'cancelled' && number < task.retryCount) continue
      return task.optional ? none : only(status)
    }
  }

  /** Where several ends are possible, the one that came about. */
  #statusOf(path: string, possible: Ends): Ended {
    for (const status of possible) if (status === this.#facts.statusOf(path)) return status
    return [...possible][0] ?? 'completed'
  }

  #expect(key: string, tries: number): void {
    this.#prediction.tries.set(`${this.#path}/${key}`, tries)
  }

  #read(value: string | number): Json {
    if (typeof value === 'number') return value
    const variable = /^\$\{workflow\.variables\.(\w+)\}$/.exec(value)?.[1]
    if (variable !== undefined) return this.#variables[variable] ?? null
    return this.#values.get(/^\$\{(\w+)\.output\.v\}$/.exec(value)?.[1] ?? '') ?? null
  }
}
