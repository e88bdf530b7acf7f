/**
 * Writes random workflows. What the reference calls unreliable or leaves open is not written: loops in loops (§10.8), a
 * dynamic fork or another workflow in a loop that forgets, and generated branch names beside another dynamic fork (§10.6:
 * they depend on which comes first).
 */
import type { Json } from '@busbar/kernel'
import {
  type Branches,
  type ConductorDefinition,
  type InlineInput,
  type Input,
  isListLoop,
  responseTimeoutSeconds,
  type Task,
  type TaskDefinition,
  type TaskOf,
  type Value,
  type Workflow,
  workerTypes,
} from './conductor-definition.js'
import type { Random } from './random.js'
import { brokenProgram, brokenScript, jqPrograms, lambdaOf, objectScript, scalarScripts, type Script, scriptOf, scriptOfLambda } from './scripts.js'

export const depthMax = 4
const tasksMax = 18
const childTasksMax = 3
const childName = 'child'
/** Of a script that fails whatever it is given. */
const brokenProbability = 0.04
const caseValues = ['0', '1', '2', 'true', 'null'] as const

export function conductorDefinition(random: Random): ConductorDefinition {
  const writer = new Writer(random)
  const child = writer.workflow(childName, 2, childTasksMax)
  writer.mayCallChild = true
  return { child, root: writer.workflow('root', 0, tasksMax), input: writer.input(random.below(3)) }
}

interface Place {
  readonly depth: number
  readonly isInLoop: boolean
  /** In a loop that keeps its last iterations only. */
  readonly isForgetful: boolean
  /** In a branch: others run at the same time. */
  readonly isBeside: boolean
  /** Expressions whose small value is known here: of tasks that came before, not of tasks beside. */
  readonly readable: readonly string[]
}

/** One way to write what comes next: how often it is drawn, and where it can stand. */
interface Kind {
  readonly weight: number
  readonly nests?: true
  readonly may?: (place: Place) => boolean
  readonly write: (place: Place) => Task[]
}

class Writer {
  readonly #random: Random
  /** Once the child is written: it must not start itself. */
  mayCallChild = false
  #left = 0
  #count = 0
  readonly #kinds: readonly Kind[]

  constructor(random: Random) {
    this.#random = random
    const callsChild = (place: Place) => this.mayCallChild && !place.isForgetful
    this.#kinds = [
      { weight: 26, write: () => [this.#simple()] },
      { weight: 5, write: place => [this.#dynamic(place)] },
      { weight: 4, write: () => [this.#human()] },
      { weight: 6, may: place => !place.isForgetful, write: place => [this.#setVariable(place)] },
      { weight: 4, write: () => [{ ...this.#named('wait'), type: 'WAIT', inputParameters: { duration: `${random.between(1, 20)}s` } }] },
      { weight: 2, write: () => [{ ...this.#named('noop'), type: 'NOOP' }] },
      { weight: 2, write: place => [this.#terminate(place)] },
      { weight: 6, write: place => [this.#inline(place)] },
      { weight: 3, write: place => [this.#lambda(place)] },
      { weight: 4, write: place => [this.#jq(place)] },
      { weight: 5, may: callsChild, write: place => [this.#start(place)] },
      { weight: 8, may: place => !place.isForgetful, write: place => this.#dynamicFork(place) },
      { weight: 10, nests: true, write: place => [this.#choice(place)] },
      { weight: 5, nests: true, write: place => this.#exclusive(place) },
      { weight: 13, nests: true, write: place => this.#fork(place) },
      { weight: 12, nests: true, may: place => !place.isInLoop, write: place => [this.#loop(place)] },
      { weight: 9, nests: true, may: place => !place.isForgetful, write: place => [this.#child(place)] },
    ]
  }

  workflow(name: string, depth: number, tasks: number): Workflow {
    const before = this.#left
    this.#left = tasks
    const small = ['${workflow.input.size}']
    const list = this.#list({ depth, isInLoop: false, isForgetful: false, isBeside: false, readable: [] }, small, 1)
    this.#left = before - (tasks - this.#left)
    const outputParameters = {
      ...Object.fromEntries(small.map((expression, index) => [`o${index}`, expression])),
      ...Object.fromEntries(list.filter(hasOutput).map(({ taskReferenceName: ref }) => [`w_${ref}`, `\${${ref}.output}`])),
    }
    return { name, version: 1, schemaVersion: 2, ownerEmail: 'owner@example.com', tasks: list, outputParameters }
  }

  input(size: Value): Input {
    const random = this.#random
    return { worker: random.pick(workerTypes), size, one: random.below(3), list: this.#numbers(0) }
  }

  /** `readable` gathers what can be read after the list. */
  #list(place: Place, readable: string[], least: number): Task[] {
    const tasks: Task[] = []
    const length = this.#random.between(least, place.depth === 0 ? 5 : 3)
    for (let i = 0; i < length && (this.#left > 0 || tasks.length < least); i++) {
      const added = this.#next({ ...place, readable: [...place.readable, ...readable] })
      tasks.push(...added)
      for (const task of added) readable.push(...readableOf(task))
      if (added.at(-1)?.type === 'TERMINATE') break
    }
    return tasks
  }

  #next(place: Place): Task[] {
    this.#left -= 1
    const canNest = place.depth < depthMax && this.#left > 1
    const kinds = this.#kinds.filter(({ nests, may }) => (canNest || !nests) && (may?.(place) ?? true))
    let draw = this.#random.next() * kinds.reduce((sum, { weight }) => sum + weight, 0)
    const drawn = kinds.find(({ weight }) => (draw -= weight) < 0)
    return drawn ? drawn.write(place) : [this.#simple()]
  }

  #named(kind: string) {
    this.#count += 1
    return { name: kind, taskReferenceName: `${kind}${this.#count}` }
  }

  #value({ readable }: Place): Value {
    return readable.length > 0 && this.#random.happens(0.6) ? this.#random.pick(readable) : this.#random.below(3)
  }

  #numbers(least: number): number[] {
    return Array.from({ length: this.#random.between(least, 3) }, () => this.#random.below(3))
  }

  // ── Workers and people ──

  #simple(): TaskOf<'SIMPLE'> {
    const name = this.#random.pick(workerTypes)
    return { ...this.#named('task'), name, type: 'SIMPLE', optional: this.#random.happens(0.2), taskDefinition: this.#taskDefinition(name) }
  }

  #taskDefinition(name: string): TaskDefinition {
    return { name, retryCount: this.#random.below(3), retryDelaySeconds: this.#random.pick([0, 0, 3]), responseTimeoutSeconds }
  }

  #dynamic(place: Place): Task {
    const random = this.#random
    const named = this.#named('dynamic')
    // Nobody is given by this name: the workflow cannot go on.
    const nobody = place.depth > 0 && random.happens(0.03) ? '${workflow.input.nobody}' : null
    const target = nobody ?? (random.happens(0.5) ? '${workflow.input.worker}' : random.pick(workerTypes))
    const taskDefinition = this.#taskDefinition(named.name)
    const inputParameters = random.happens(0.2) ? { target: 'INLINE', ...this.#inlineInput(place, random.pick(scalarScripts)) } : { target }
    return { ...named, type: 'DYNAMIC', optional: random.happens(0.2), dynamicTaskNameParam: 'target', inputParameters, taskDefinition }
  }

  #human(): Task {
    return { ...this.#named('human'), type: 'HUMAN', optional: this.#random.happens(0.3), retryCount: this.#random.below(2) }
  }

  // ── Done at once ──

  #setVariable(place: Place): Task {
    const named = this.#named('set')
    return { ...named, type: 'SET_VARIABLE', inputParameters: { [`v${this.#count}`]: this.#value(place) } }
  }

  #terminate(place: Place): Task {
    const terminationStatus = this.#random.pick(['COMPLETED', 'FAILED', 'TERMINATED'] as const)
    return { ...this.#named('end'), type: 'TERMINATE', inputParameters: { terminationStatus, workflowOutput: { t: this.#value(place) } } }
  }

  #script(scripts: readonly Script[], bad: Script): { readonly script: Script; readonly optional: boolean; readonly retryCount: number } {
    const random = this.#random
    return { script: random.happens(brokenProbability) ? bad : random.pick(scripts), optional: random.happens(0.5), retryCount: random.below(2) }
  }

  #inline(place: Place): Task {
    const { script, ...more } = this.#script([...scalarScripts, objectScript], brokenScript)
    return { ...this.#named('inline'), type: 'INLINE', ...more, inputParameters: this.#inlineInput(place, script) }
  }

  #inlineInput(place: Place, { code }: Script): InlineInput {
    const evaluatorType = this.#random.pick(['javascript', 'graaljs', 'value-param'] as const)
    return { evaluatorType, expression: evaluatorType === 'value-param' ? 'value' : code, value: this.#value(place) }
  }

  #lambda(place: Place): Task {
    const { script, ...more } = this.#script([...scalarScripts, objectScript], brokenScript)
    return { ...this.#named('lambda'), type: 'LAMBDA', ...more, inputParameters: { scriptExpression: lambdaOf(script), value: this.#value(place) } }
  }

  #jq(place: Place): Task {
    const { script, ...more } = this.#script(jqPrograms, brokenProgram)
    return { ...this.#named('jq'), type: 'JSON_JQ_TRANSFORM', ...more, inputParameters: { queryExpression: script.code, value: this.#value(place) } }
  }

  // ── Choices ──

  #choice(place: Place): Task {
    return this.#random.happens(0.7) ? this.#switch(place) : this.#decision(place)
  }

  #switch(place: Place): TaskOf<'SWITCH'> {
    const evaluatorType = this.#random.pick(['value-param', 'value-param', 'javascript', 'graaljs'] as const)
    const expression = evaluatorType === 'value-param' ? 'value' : this.#condition()
    return { ...this.#cases(place), ...this.#named('switch'), type: 'SWITCH', evaluatorType, expression }
  }

  #decision(place: Place): TaskOf<'DECISION'> {
    const how = this.#random.happens(0.5) ? { caseValueParam: 'value' as const } : { caseExpression: this.#condition() }
    return { ...this.#cases(place), ...this.#named('decision'), type: 'DECISION', ...how }
  }

  #condition(): string {
    return this.#random.happens(brokenProbability) ? brokenScript.code : this.#random.pick(scalarScripts).code
  }

  #cases(place: Place): Pick<TaskOf<'SWITCH'>, 'inputParameters' | 'decisionCases' | 'defaultCase'> {
    const inner = { ...place, depth: place.depth + 1 }
    const inputParameters = { value: this.#value(place) }
    const decisionCases: Record<string, readonly Task[]> = {}
    for (let i = 0; i < 2; i++) decisionCases[this.#random.pick(caseValues)] = this.#list(inner, [], 0)
    return { inputParameters, decisionCases, defaultCase: this.#list(inner, [], 0) }
  }

  /** A choice, and a join that goes on with what was chosen; where nothing was, with the choice itself. */
  #exclusive(place: Place): Task[] {
    const choice = this.#switch(place)
    const lasts = [...Object.values(choice.decisionCases), choice.defaultCase].flatMap(list => list.at(-1)?.taskReferenceName ?? [])
    const join = { ...this.#named('exclusive'), type: 'EXCLUSIVE_JOIN', joinOn: lasts, defaultExclusiveJoinTask: [choice.taskReferenceName] } as const
    return [choice, join]
  }

  // ── Forks ──

  #fork(place: Place): Task[] {
    const inner = { ...place, depth: place.depth + 1, isBeside: true }
    const forkTasks = Array.from({ length: this.#random.between(2, 3) }, () => {
      const branch = this.#list(inner, [], 1)
      // A join waits for the last task of a branch; a choice ends before what it chose.
      const last = branch.at(-1)?.type
      return last === 'SWITCH' || last === 'DECISION' ? [...branch, this.#simple()] : branch
    })
    const joinOn = forkTasks.map(branch => branch.at(-1)?.taskReferenceName ?? '')
    return [{ ...this.#named('fork'), type: 'FORK_JOIN', forkTasks }, this.#join(joinOn)]
  }

  #join(joinOn: readonly string[]): Task {
    return { ...this.#named('join'), type: 'JOIN', joinOn }
  }

  #dynamicFork(place: Place): Task[] {
    const inputParameters = this.#branches(place)
    const named = this.#named('many')
    const params =
      'plan' in inputParameters
        ? ({ dynamicForkJoinTasksParam: 'plan' } as const)
        : ({ dynamicForkTasksParam: 'tasks', dynamicForkTasksInputParamName: 'inputs' } as const)
    return [{ ...named, type: 'FORK_JOIN_DYNAMIC', optional: this.#random.happens(0.5), ...params, inputParameters }, this.#join([])]
  }

  #branches(place: Place): Branches {
    const random = this.#random
    const draw = random.next()
    if (draw < 0.15) return { plan: { dynamicTasks: this.#numbers(0).map(() => this.#planned()) } }
    if (place.isBeside || draw < 0.5) return this.#listedBranches(place)
    if (draw < 0.6) return { forkTaskType: 'INLINE', forkTaskInputs: this.#numbers(0).map(() => this.#inlineInput(place, random.pick(scalarScripts))) }
    if (draw < 0.75 && this.mayCallChild) {
      const forkTaskInputs = this.#numbers(0).map(() => this.input(this.#value(place)))
      return { forkTaskWorkflow: childName, forkTaskWorkflowVersion: '1', forkTaskInputs }
    }
    const forkTaskInputs = this.#numbers(0).map((number): Json => (random.happens(0.5) ? number : { value: this.#value(place) }))
    return { forkTaskName: random.pick(workerTypes), forkTaskInputs }
  }

  #planned() {
    return { taskName: this.#random.pick(workerTypes), referenceName: this.#named('planned').taskReferenceName, type: 'SIMPLE' } as const
  }

  #listedBranches(place: Place): Branches {
    const inputs: Record<string, { readonly [name: string]: Json }> = {}
    const tasks = this.#numbers(0).map((): Task => {
      const task = this.#branch(place)
      // What is written in the task itself would be evaluated here and once more later: expressions stand in the inputs.
      if (task.type === 'INLINE') inputs[task.taskReferenceName] = { value: this.#value(place) }
      if (task.type === 'SUB_WORKFLOW') inputs[task.taskReferenceName] = this.input(this.#value(place))
      return task
    })
    return { tasks, inputs }
  }

  #branch(place: Place): Task {
    const random = this.#random
    const draw = random.next()
    if (draw < 0.25) return this.#inline({ ...place, readable: [] })
    if (draw < 0.45 && this.mayCallChild) return { ...this.#childNamed(), inputParameters: {} }
    if (draw < 0.55) return { ...this.#named('noop'), type: 'NOOP' }
    if (draw < 0.62) return { ...this.#named('human'), type: 'HUMAN', optional: random.happens(0.3), retryCount: 0 }
    return { ...this.#named('branch'), name: random.pick(workerTypes), type: 'SIMPLE', optional: random.happens(0.2) }
  }

  // ── Loops ──

  #loop(place: Place): Task {
    const random = this.#random
    const named = this.#named('loop')
    const ref = named.taskReferenceName
    const isForgetful = random.happens(0.3)
    const keepLastN = isForgetful ? { keepLastN: random.between(1, 2) } : {}
    const inner = { ...place, depth: place.depth + 1, isInLoop: true, isForgetful }
    if (random.happens(0.5)) {
      const loopOver = this.#list(inner, [], 1)
      const inputParameters = { times: random.between(1, 3), ...keepLastN }
      return { ...named, type: 'DO_WHILE', loopCondition: `$.${ref}.iteration < $.times`, loopOver, inputParameters }
    }
    const readable = [...place.readable, `\${${ref}.output.loopItem}`, `\${${ref}.output.loopIndex}`]
    const loopOver = this.#list({ ...inner, readable }, [], 1)
    const times = random.happens(0.3) ? { times: random.between(1, 3) } : {}
    const loopCondition = times.times === undefined ? 'true' : '$.loopIndex + 1 < $.times'
    const list = random.pick([{ items: '${workflow.input.list}' }, { items: '${workflow.input.one}' }, {}])
    const given = list.items === undefined ? { _items: this.#numbers(0) } : {}
    return { ...named, type: 'DO_WHILE', loopCondition, loopOver, ...list, inputParameters: { ...times, ...keepLastN, ...given } }
  }

  // ── Other workflows ──

  #child(place: Place): Task {
    const inputParameters = this.input(this.#value(place))
    if (this.mayCallChild && this.#random.happens(0.5)) return { ...this.#childNamed(), inputParameters }
    const inline = this.workflow('inline', place.depth + 1, Math.min(4, this.#left))
    const subWorkflowParam = { name: inline.name, version: 1, workflowDefinition: inline }
    return { ...this.#childNamed(), subWorkflowParam, inputParameters }
  }

  #childNamed(): Omit<TaskOf<'SUB_WORKFLOW'>, 'inputParameters'> {
    const random = this.#random
    const subWorkflowParam = { name: childName, version: 1 }
    return { ...this.#named('sub'), type: 'SUB_WORKFLOW', optional: random.happens(0.2), retryCount: random.below(2), subWorkflowParam }
  }

  #start(place: Place): Task {
    const startWorkflow = { name: childName, version: 1, input: this.input(this.#value(place)) }
    return { ...this.#named('start'), type: 'START_WORKFLOW', inputParameters: { startWorkflow } }
  }
}

function readableOf(task: Task): string[] {
  const ref = task.taskReferenceName
  switch (task.type) {
    case 'SIMPLE':
    case 'DYNAMIC':
    case 'HUMAN':
    case 'EXCLUSIVE_JOIN':
      return [`\${${ref}.output.v}`]
    case 'SET_VARIABLE':
      return Object.keys(task.inputParameters).map(name => `\${workflow.variables.${name}}`)
    case 'INLINE':
      return isSmall(task) ? [`\${${ref}.output.result}`] : []
    case 'LAMBDA':
      return scriptOfLambda(task.inputParameters.scriptExpression).isSmall ? [`\${${ref}.output.result}`] : []
    case 'JSON_JQ_TRANSFORM':
      return scriptOf(task.inputParameters.queryExpression).isSmall ? [`\${${ref}.output.result}`] : []
    case 'DO_WHILE':
      return [`\${${ref}.output.iteration}`, ...(isListLoop(task) ? [`\${${ref}.output.loopItem}`] : [])]
    case 'SUB_WORKFLOW':
      // Of a child that may fail nobody knows how far it came.
      return task.optional ? [] : [`\${${ref}.output.o0}`]
    default:
      return []
  }
}

function isSmall({ inputParameters: { evaluatorType, expression } }: TaskOf<'INLINE'>): boolean {
  return evaluatorType === 'value-param' || scriptOf(expression).isSmall
}

/** Whether the whole output of a task is worth reading at the end. */
function hasOutput({ type }: Task): boolean {
  return type !== 'TERMINATE' && type !== 'WAIT'
}
