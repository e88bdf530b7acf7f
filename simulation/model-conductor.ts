/** What a workflow does, told anew from the rules (conductor-semantics.md §3, §4, §8, §9.4, §10) and not from the dialect's code. */
import { type ExecutionStatus, isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { childPath } from './behaviour.js'
import { everyTask, isListLoop, registeredTasks, type Task, type TaskOf, type Workflow } from './conductor-definition.js'
import { anything, emptyPrediction, type Facts, type Prediction } from './prediction.js'
import { broken, jqPrograms, scriptOf, scriptOfLambda, type Small } from './scripts.js'

type Ended = Exclude<ExecutionStatus, 'running' | 'paused'>

/** Ways in which the whole workflow ends here; none: what follows is reached. */
type Ends = ReadonlySet<Ended>

/** How a workflow ends, and what it says if it completes: undefined where that depends on who is first. */
interface End {
  readonly statuses: Ends
  readonly output: JsonObject | undefined
}

const none: Ends = new Set()
const only = (status: Ended): Ends => new Set([status])

export function predictConductor(root: Workflow, input: JsonObject, child: Workflow, facts: Facts): Prediction {
  const prediction = emptyPrediction()
  new Model(prediction, child, facts, '', input).run(root)
  return prediction
}

class Model {
  readonly #prediction: Prediction
  readonly #child: Workflow
  readonly #facts: Facts
  readonly #path: string
  readonly #input: JsonObject
  readonly #variables: Record<string, Json> = {}
  /** Of the newest try of each task, by its name without what a loop adds. */
  readonly #outputs = new Map<string, JsonObject>()
  /** What a dynamic fork tells its join to wait for. */
  readonly #branches = new Map<string, readonly string[]>()
  #hasDynamicFork = false
  /** What each TERMINATE says that may complete the workflow. */
  readonly #completions: JsonObject[] = []
  /** The keys of all tasks so far, in order. */
  readonly #keys: string[] = []

  constructor(prediction: Prediction, child: Workflow, facts: Facts, path: string, input: JsonObject) {
    this.#prediction = prediction
    this.#child = child
    this.#facts = facts
    this.#path = path
    this.#input = input
  }

  run(workflow: Workflow): End {
    const ends = this.#list(workflow.tasks, '')
    const isExact = ends.size === 0
    const statuses: Ends = isExact ? only('completed') : ends
    const [cut, ...others] = this.#completions
    const output = isExact ? (this.#evaluate(workflow.outputParameters) as JsonObject) : others.length === 0 ? cut : undefined
    this.#prediction.executions.set(this.#path, { statuses, isExact, output, variables: isExact ? this.#variables : undefined })
    return { statuses, output }
  }

  #list(tasks: readonly Task[], suffix: string): Ends {
    for (const [index, task] of tasks.entries()) {
      const next = tasks[index + 1]
      // The join exists from the fork on.
      if (next?.type === 'JOIN') this.#expect(next.taskReferenceName + suffix, 1)
      const ends = task.type === 'FORK_JOIN_DYNAMIC' ? this.#dynamicFork(task, next?.taskReferenceName ?? '', suffix) : this.#task(task, suffix)
      if (ends.size > 0) return ends
    }
    return none
  }

  #task(task: Exclude<Task, { type: 'FORK_JOIN_DYNAMIC' }>, suffix: string): Ends {
    const ref = task.taskReferenceName
    const key = ref + suffix
    switch (task.type) {
      case 'SIMPLE':
        return this.#tried(task, key, (task.taskDefinition ?? registeredTasks.find(({ name }) => name === task.name))?.retryCount ?? 0)
      case 'DYNAMIC':
        // Its name is known before there is a task.
        if (this.#evaluate(task.inputParameters.target) === null) return only('failed')
        // One of the engine's own types works by what else it is given.
        if ('value' in task.inputParameters) return this.#script({ ...task, type: 'INLINE', retryCount: 0, inputParameters: task.inputParameters }, key)
        return this.#tried(task, key, task.taskDefinition.retryCount)
      case 'HUMAN':
        return this.#tried(task, key, task.retryCount)
      case 'SUB_WORKFLOW':
        return this.#subWorkflow(task, key)
      case 'INLINE':
      case 'LAMBDA':
      case 'JSON_JQ_TRANSFORM':
        return this.#script(task, key)
      case 'TERMINATE':
        this.#expect(key, 1)
        if (task.inputParameters.terminationStatus === 'COMPLETED') this.#completions.push(this.#evaluate(task.inputParameters.workflowOutput) as JsonObject)
        return only(({ COMPLETED: 'completed', FAILED: 'failed', TERMINATED: 'cancelled' } as const)[task.inputParameters.terminationStatus])
      case 'SWITCH':
      case 'DECISION':
        return this.#choice(task, key, suffix)
      case 'FORK_JOIN':
        this.#ran(ref, key, {})
        // Whichever branch ends the workflow first.
        return new Set(task.forkTasks.flatMap(branch => [...this.#list(branch, suffix)]))
      case 'DO_WHILE':
        return this.#loop(task, key, suffix)
      case 'JOIN':
        return this.#ran(ref, key, this.#joined(this.#branches.get(key) ?? task.joinOn, suffix))
      case 'EXCLUSIVE_JOIN': {
        const found = [...task.joinOn, ...task.defaultExclusiveJoinTask].find(name => this.#prediction.tries.has(`${this.#path}/${name}${suffix}`))
        return this.#ran(ref, key, this.#outputs.get(found ?? '') ?? {})
      }
      case 'START_WORKFLOW':
        return this.#start(task, key)
      case 'SET_VARIABLE':
        for (const [name, value] of Object.entries(task.inputParameters)) this.#variables[name] = this.#evaluate(value)
        return this.#ran(ref, key, {})
      case 'NOOP':
      case 'WAIT':
        return this.#ran(ref, key, {})
    }
  }

  // ── Workers and people ──

  #tried(task: TaskOf<'SIMPLE' | 'DYNAMIC' | 'HUMAN'>, key: string, retriesMax: number): Ends {
    for (let number = 0; ; number++) {
      this.#expect(key, number + 1)
      const fate = this.#facts.fateOf({ path: this.#path, key, number })
      this.#outputs.set(task.taskReferenceName, 'value' in fate ? { v: fate.value } : fate.output)
      // People take their time.
      if (fate.outcome === 'completed' || (fate.outcome === 'timedOut' && task.type === 'HUMAN')) return none
      if (fate.outcome !== 'failedFinally' && number < retriesMax) continue
      if (task.optional) return none
      return only(fate.outcome === 'timedOut' ? 'timedOut' : 'failed')
    }
  }

  // ── Scripts ──

  #script(task: TaskOf<'INLINE' | 'LAMBDA' | 'JSON_JQ_TRANSFORM'>, key: string): Ends {
    const ref = task.taskReferenceName
    const output = this.#scriptOutput(task)
    if (output !== broken) return this.#ran(ref, key, output)
    this.#ran(ref, key, { error: anything })
    // Only an INLINE fails for good.
    if (task.type !== 'INLINE') this.#expect(key, task.retryCount + 1)
    return task.optional ? none : only('failed')
  }

  #scriptOutput(task: TaskOf<'INLINE' | 'LAMBDA' | 'JSON_JQ_TRANSFORM'>): JsonObject | typeof broken {
    const value = this.#evaluate(task.inputParameters.value) as Small
    if (task.type === 'JSON_JQ_TRANSFORM') {
      const program = jqPrograms.find(({ code }) => code === task.inputParameters.queryExpression)
      if (program === undefined) return broken
      const resultList = program.results(value)
      return { result: resultList[0] ?? null, resultList }
    }
    if (task.type === 'INLINE' && task.inputParameters.evaluatorType === 'value-param') return { result: value }
    const script = task.type === 'INLINE' ? scriptOf(task.inputParameters.expression) : scriptOfLambda(task.inputParameters.scriptExpression)
    const result = script.means(value)
    return result === broken ? broken : { result }
  }

  /** As text: `null`, `true`, `3`. A SWITCH runs an empty case, a DECISION the default instead. */
  #choice(task: TaskOf<'SWITCH' | 'DECISION'>, key: string, suffix: string): Ends {
    const value = this.#evaluate(task.inputParameters.value) as Small
    const script = task.type === 'DECISION' ? task.caseExpression : task.evaluatorType === 'value-param' ? undefined : task.expression
    const chosen = script === undefined ? value : scriptOf(script).means(value)
    if (chosen === broken) {
      this.#expect(key, 1)
      return only('failed')
    }
    const text = String(chosen)
    const output = task.type === 'DECISION' ? { caseOutput: [text] } : { evaluationResult: [text], selectedCase: text }
    this.#ran(task.taskReferenceName, key, output)
    const branch = task.decisionCases[text]
    const isWanted = branch !== undefined && (task.type === 'SWITCH' || branch.length > 0)
    return this.#list(isWanted ? branch : task.defaultCase, suffix)
  }

  // ── Forks ──

  /** Of what has no output nothing is said. In a loop the names are those of the iteration. */
  #joined(names: readonly string[], suffix: string): JsonObject {
    const outputs = names.map(name => [name + suffix, this.#outputs.get(name) ?? {}] as const)
    return Object.fromEntries(outputs.filter(([, output]) => Object.keys(output).length > 0))
  }

  #dynamicFork(fork: TaskOf<'FORK_JOIN_DYNAMIC'>, join: string, suffix: string): Ends {
    const branches = this.#branchesOf(fork)
    this.#hasDynamicFork = true
    this.#ran(fork.taskReferenceName, fork.taskReferenceName + suffix, {})
    this.#branches.set(
      join + suffix,
      branches.map(({ taskReferenceName }) => taskReferenceName),
    )
    return new Set(branches.flatMap(branch => [...this.#list([branch], suffix)]))
  }

  #branchesOf(fork: TaskOf<'FORK_JOIN_DYNAMIC'>): Task[] {
    const { inputParameters, taskReferenceName: ref } = fork
    const own = fork.optional ? { optional: true } : {}
    if ('tasks' in inputParameters) {
      const inputs = this.#evaluate(inputParameters.inputs) as { readonly [name: string]: JsonObject }
      return inputParameters.tasks.map(task => {
        const given = 'inputParameters' in task ? task.inputParameters : {}
        // Of a forked task without a definition nothing is tried again, whatever it asks for itself.
        const tries = task.type === 'SIMPLE' ? {} : { retryCount: 0 }
        return { ...task, ...tries, inputParameters: { ...given, ...inputs[task.taskReferenceName] }, ...own } as Task
      })
    }
    if ('plan' in inputParameters) {
      const { dynamicTasks } = inputParameters.plan
      return dynamicTasks.map(({ taskName, referenceName, type }) => ({ name: taskName, taskReferenceName: referenceName, type, optional: false, ...own }))
    }
    const name = 'forkTaskWorkflow' in inputParameters ? ref : 'forkTaskType' in inputParameters ? inputParameters.forkTaskType : inputParameters.forkTaskName
    const prefix = this.#hasDynamicFork ? `_${ref}_${name}` : `_${name}`
    return inputParameters.forkTaskInputs.map((element, index) => {
      const named = { name, taskReferenceName: `${prefix}_${index}`, optional: false, ...own }
      if ('forkTaskName' in inputParameters) return { ...named, type: 'SIMPLE' }
      const more = { retryCount: 0, inputParameters: element }
      if ('forkTaskType' in inputParameters) return { ...named, ...more, type: 'INLINE' } as TaskOf<'INLINE'>
      const subWorkflowParam = { name: inputParameters.forkTaskWorkflow, version: 1 }
      return { ...named, ...more, type: 'SUB_WORKFLOW', subWorkflowParam } as TaskOf<'SUB_WORKFLOW'>
    })
  }

  // ── Loops ──

  #loop(task: TaskOf<'DO_WHILE'>, key: string, suffix: string): Ends {
    const { times, keepLastN } = task.inputParameters
    const ref = task.taskReferenceName
    const items = isListLoop(task) ? this.#items(task) : null
    const last = Math.min(times ?? Infinity, items?.length ?? Infinity)
    this.#ran(ref, key, { iteration: 0 })
    const iterations: (readonly [string, JsonObject])[] = []
    /** Where in the list of keys each iteration begins. */
    const begins: number[] = []
    for (let iteration = 1; iteration <= last; iteration++) {
      const inner = `${suffix}__${iteration}`
      const item = items === null ? {} : { loopIndex: iteration - 1, loopItem: items[iteration - 1] ?? null }
      begins.push(this.#keys.length)
      if (keepLastN !== undefined && iteration > keepLastN) this.#forget(begins, iteration - keepLastN)
      this.#outputs.set(ref, { iteration, ...item })
      const ends = this.#list(task.loopOver, inner)
      if (ends.size > 0) return ends
      iterations.push([String(iteration), this.#iteration(task, inner)])
      this.#outputs.set(ref, { iteration, ...item, ...Object.fromEntries(iterations.slice(-(keepLastN ?? iteration))) })
    }
    return none
  }

  #items({ items, inputParameters }: TaskOf<'DO_WHILE'>): readonly Json[] {
    const list = items === undefined ? (inputParameters._items ?? []) : this.#evaluate(items)
    return Array.isArray(list) ? (list as readonly Json[]) : [list as Json]
  }

  #iteration(task: TaskOf<'DO_WHILE'>, suffix: string): JsonObject {
    const names = everyTask(task.loopOver).map(({ taskReferenceName }) => taskReferenceName)
    const ran = names.filter(name => this.#prediction.tries.has(`${this.#path}/${name}${suffix}`))
    return Object.fromEntries(ran.map(name => [name, this.#outputs.get(name) ?? {}]))
  }

  #forget(begins: readonly number[], iteration: number): void {
    for (const key of this.#keys.slice(begins[iteration - 1], begins[iteration])) this.#prediction.forgotten.add(`${this.#path}/${key}`)
  }

  // ── Other workflows ──

  #subWorkflow(task: TaskOf<'SUB_WORKFLOW'>, key: string): Ends {
    const input = this.#evaluate(task.inputParameters) as JsonObject
    for (let number = 0; ; number++) {
      this.#expect(key, number + 1)
      const path = childPath({ path: this.#path, key, number })
      const end = new Model(this.#prediction, this.#child, this.#facts, path, input).run(task.subWorkflowParam.workflowDefinition ?? this.#child)
      const status = this.#statusOf(path, end.statuses)
      this.#outputs.set(task.taskReferenceName, this.#childOutput(path, status, end))
      if (status === 'completed') return none
      if (status !== 'cancelled' && number < task.retryCount) continue
      return task.optional ? none : only(status)
    }
  }

  /** Of a child that did not complete nobody knows how far it came. */
  #childOutput(path: string, status: Ended, { output }: End): JsonObject {
    if (output === undefined || status !== 'completed') return { [anything]: anything }
    return { ...output, subWorkflowId: this.#facts.idOf(path) }
  }

  /** Where several ends are possible, the one that came about. */
  #statusOf(path: string, possible: Ends): Ended {
    for (const status of possible) if (status === this.#facts.statusOf(path)) return status
    return [...possible][0] ?? 'completed'
  }

  /** Nobody waits for it. */
  #start(task: TaskOf<'START_WORKFLOW'>, key: string): Ends {
    const path = childPath({ path: this.#path, key, number: 0 })
    const input = this.#evaluate(task.inputParameters.startWorkflow.input) as JsonObject
    new Model(this.#prediction, this.#child, this.#facts, path, input).run(this.#child)
    return this.#ran(task.taskReferenceName, key, { workflowId: this.#facts.idOf(path) })
  }

  // ── Notes ──

  #expect(key: string, tries: number): void {
    if (!this.#prediction.tries.has(`${this.#path}/${key}`)) this.#keys.push(key)
    this.#prediction.tries.set(`${this.#path}/${key}`, tries)
  }

  /** Once, and the workflow goes on. */
  #ran(ref: string, key: string, output: JsonObject): Ends {
    this.#expect(key, 1)
    this.#outputs.set(ref, output)
    return none
  }

  /** Every expression here is a whole text, so values keep their type. */
  #evaluate(value: Json): Json {
    if (Array.isArray(value)) return value.map((one: Json) => this.#evaluate(one))
    if (isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.#evaluate(one ?? null)]))
    const path = typeof value === 'string' ? /^\$\{([\w.]+)\}$/.exec(value)?.[1]?.split('.') : undefined
    return path === undefined ? value : this.#read(path)
  }

  #read([ref = '', field = '', ...path]: readonly string[]): Json {
    const workflow: JsonObject = { variables: this.#variables, input: this.#input }
    let found: Json | undefined = ref === 'workflow' ? workflow[field] : this.#outputs.get(ref)
    for (const name of path) found = isJsonObject(found) ? found[name] : undefined
    return found ?? null
  }
}
