/**
 * Test runs: a workflow runs for real, but its tasks get the results that the request brings, one for each attempt, and
 * nothing is done outside (conductor-semantics.md §15). The run is over when it has ended, or when a task that is open
 * has no result left.
 */
import { randomUUID } from 'node:crypto'
import { type ConductorCommand, isEngineType, type Task, tasksInOrder, testRunKey, workflowToWire } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, isJsonObject, isOpen, type Json, type JsonObject, Problem } from '@busbar/kernel'
import { type Answer, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { Changes, changeWaitMs } from './changes.js'
import type { Definitions } from './definitions.js'
import { command, findWorkflow, mustWorkflow, type WorkflowView } from './executions.js'
import { startWorkflow } from './start-workflow.js'
import { parseStatus } from './task-results.js'

export function testRunRoutes(engine: EngineApi, definitions: Definitions): Route[] {
  return [
    {
      method: 'POST',
      paths: ['/api/workflow/test'],
      owner: 'conductor',
      scope: 'define',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Runs a workflow with mocked results of its tasks; answers the workflow',
      handle: call => testRun(engine, definitions, call),
    },
  ]
}

async function testRun(engine: EngineApi, definitions: Definitions, call: Call): Promise<Answer> {
  const request = call.object()
  const script = scriptOf(request, 0)
  // In a domain of its own no worker gets its tasks.
  const start = { ...request, taskToDomain: { '*': randomUUID() } }
  const id = await startWorkflow(engine, definitions, start, { [testRunKey]: true })
  await drive(engine, id, script, call)
  return json(200, workflowToWire(await mustWorkflow(engine, id), { includeTasks: true }))
}

// ── What the request says ──

interface MockedResult {
  readonly status: ReturnType<typeof parseStatus>
  readonly output: JsonObject
  readonly executionMs: number
  readonly queueWaitMs: number
}

/** Results by reference name, in the order in which they are used; each is taken off when it is. */
interface Script {
  readonly results: ReadonlyMap<string, MockedResult[]>
  readonly children: ReadonlyMap<string, Script>
}

function scriptOf(request: JsonObject, depth: number): Script {
  if (depth > limits.testRunDepthMax) throw new Problem('invalid', `subWorkflowTestRequest: expected at most ${limits.testRunDepthMax} levels, found more`)
  const results = fieldsOf(request, 'taskRefToMockOutput').map(([ref, mocks]) => [ref, listOf(mocks).map(resultOf)] as const)
  const children = fieldsOf(request, 'subWorkflowTestRequest').map(([ref, inner]) => [ref, scriptOf(isJsonObject(inner) ? inner : {}, depth + 1)] as const)
  return { results: new Map(results), children: new Map(children) }
}

function fieldsOf(request: JsonObject, name: string): readonly (readonly [string, Json])[] {
  const map = request[name] ?? {}
  if (!isJsonObject(map)) throw new Problem('invalid', `${name}: expected a map of reference names, found ${Array.isArray(map) ? 'a list' : typeof map}`)
  return Object.entries(map).map(([ref, value]) => [ref, value ?? null] as const)
}

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [value]
}

function resultOf(mock: Json): MockedResult {
  if (!isJsonObject(mock)) throw new Problem('invalid', 'taskRefToMockOutput: expected lists of {status, output}, found something else')
  const { status, output, executionTime, queueWaitTime } = mock
  const ms = (value: Json | undefined) => (typeof value === 'number' && value > 0 ? Math.floor(value) : 0)
  return {
    status: parseStatus(status ?? 'COMPLETED'),
    output: isJsonObject(output) ? output : {},
    executionMs: ms(executionTime),
    queueWaitMs: ms(queueWaitTime),
  }
}

// ── Driving ──

type Progress = 'moved' | 'awaits' | 'stuck'

async function drive(engine: EngineApi, id: ExecutionId, script: Script, call: Call): Promise<void> {
  const deadline = performance.now() + limits.testRunMsMax
  const changes = new Changes(engine)
  try {
    for (let round = 0; round < limits.testRunRoundsMax && performance.now() < deadline && !call.isGone; round++) {
      changes.watch(id)
      const seen = changes.count
      const view = await findWorkflow(engine, id)
      if (view?.isTerminal) return
      const progress = view === null ? 'awaits' : await step(engine, view, script, { changes, call })
      if (progress === 'stuck') return
      if (progress === 'awaits') await changes.after(seen, changeWaitMs(engine, deadline - performance.now()), call)
    }
  } finally {
    changes.stop()
  }
}

interface Patience {
  readonly changes: Changes
  readonly call: Call
}

/** Gives every open task its next result. Stuck: one of them has none. */
async function step(engine: EngineApi, view: WorkflowView, script: Script, { changes, call }: Patience): Promise<Progress> {
  const open = tasksInOrder(view).filter(isOpen)
  const mocked = open.filter(task => !isOperator(task))
  if (mocked.some(task => resultsFor(script, task) === undefined)) return 'stuck'
  let progress: Progress = 'stuck'
  for (const task of mocked) {
    const result = resultsFor(script, task)?.shift()
    if (result === undefined) continue
    const what: ConductorCommand = { kind: 'mock', attempt: task.id, ...result }
    await command(engine, view.id, what)
    progress = 'moved'
  }
  for (const task of open) {
    const inner = task.data.type === 'SUB_WORKFLOW' ? named(script.children, task) : undefined
    if (inner === undefined || progress === 'moved') continue
    const { child } = task.data
    if (child === undefined) return 'awaits'
    await drive(engine, child, inner, call)
    changes.watch(child)
    // Its end is on the way to this workflow.
    if ((await findWorkflow(engine, child))?.isTerminal) progress = 'awaits'
  }
  return progress
}

const mockedTypes: ReadonlySet<string> = new Set(['WAIT', 'HUMAN', 'EVENT', 'HTTP', 'KAFKA_PUBLISH', 'START_WORKFLOW', 'PULL_WORKFLOW_MESSAGES'])

/** The engine itself ends it. */
function isOperator(task: Task): boolean {
  return isEngineType(task.data.type) && !mockedTypes.has(task.data.type)
}

function resultsFor(script: Script, task: Task): MockedResult[] | undefined {
  return named(script.results, task)
}

/** By the name of this iteration, else by the name in the definition. */
function named<T>(map: ReadonlyMap<string, T>, task: Task): T | undefined {
  return map.get(task.key) ?? map.get(task.key.slice(0, task.key.length - (task.data.suffix ?? '').length))
}
