/** What a run plays: a definition of one dialect, how its client and its workers speak, and what the model says of it. */
import { queueOf } from '@busbar/conductor'
import { type Attempt, type DialectName, isJsonObject, isRefusal, type JsonObject } from '@busbar/kernel'
import type { PollRequest, Work } from '@busbar/engine'
import { leaseOf, serves, skillsKey, startRequest } from '@busbar/stroem'
import { type Progress, progressOutput, type Report } from './behaviour.js'
import { registeredTasks, responseTimeoutSeconds, type Workflow, workerTypes } from './conductor-definition.js'
import { conductorDefinition } from './conductor-writer.js'
import { predictConductor } from './model-conductor.js'
import { predictStroem } from './model-stroem.js'
import type { Facts, Prediction } from './prediction.js'
import type { Random } from './random.js'
import { heartbeatTimeoutMs, stroemDefinition, unmatchedTimeoutMs } from './stroem-definition.js'

type Command = { readonly kind: string } & JsonObject

export interface Scene {
  readonly dialect: DialectName
  /** For people who look at a problem. */
  readonly definition: unknown
  readonly registered: readonly { readonly kind: 'workflow' | 'task'; readonly name: string; readonly body: string }[]
  readonly request: JsonObject
  readonly queues: PollRequest['queues']
  /** How long a claim holds without a word of its worker. */
  readonly leaseMs: number
  /** Whether a report names the attempt; else it counts for the newest try of its activity. */
  readonly isFenced: boolean
  readonly cancel: Command
  report(work: Work, report: Report): Command
  /** Null: its workers say nothing but the end. */
  progress(work: Work, progress: Progress): Command | null
  /** Whether people do it: what is open and in no queue waits for the engine else. */
  isForPeople(attempt: Attempt): boolean
  /** What a person says of it, who knows its id or only its name. */
  answer(attempt: Attempt, report: Report, isByName: boolean): Command | null
  predict(facts: Facts): Prediction
}

/** `only`: in this dialect. */
export function sceneOf(random: Random, only?: DialectName): Scene {
  const isConductor = random.happens(0.5)
  return only === 'conductor' || (isConductor && only === undefined) ? conductorScene(random) : stroemScene(random)
}

function conductorScene(random: Random): Scene {
  const { root, child, input } = conductorDefinition(random)
  const workflows = [root, child].map((workflow: Workflow) => ({ kind: 'workflow', name: workflow.name, body: JSON.stringify(workflow) }) as const)
  const tasks = registeredTasks.map(task => ({ kind: 'task', name: task.name, body: JSON.stringify(task) }) as const)
  return {
    dialect: 'conductor',
    definition: { root, child, input },
    registered: [...workflows, ...tasks],
    request: { name: 'root', version: 1, input },
    queues: workerTypes.map(type => queueOf(type, null)),
    leaseMs: responseTimeoutSeconds * 1000,
    isFenced: true,
    cancel: { kind: 'terminate', reason: 'enough' },
    report: (work, { outcome, value }) => update(work.attempt, workerOf(work), { status: statuses[outcome], output: { v: value } }),
    progress: (work, { againAfterSeconds }) =>
      update(work.attempt, workerOf(work), {
        ...{ status: 'IN_PROGRESS', output: progressOutput },
        ...(againAfterSeconds === null ? { extendLease: true } : { callbackAfterSeconds: againAfterSeconds }),
      }),
    isForPeople: ({ data }) => isJsonObject(data) && data['type'] === 'HUMAN',
    answer: (attempt, { outcome, value }, isByName) => {
      const said = { status: statuses[outcome], output: { v: value } }
      return isByName ? { kind: 'updateByReference', reference: attempt.key, ...said, worker: null } : update(attempt, null, said)
    },
    predict: facts => predictConductor(root, input, child, facts),
  }
}

const statuses = { completed: 'COMPLETED', failed: 'FAILED', failedFinally: 'FAILED_WITH_TERMINAL_ERROR' } as const

function update(attempt: Attempt, worker: string | null, said: JsonObject): Command {
  const silent = { reason: null, callbackAfterSeconds: 0, extendLease: false, subWorkflowId: null, logs: [] }
  return { kind: 'update', attempt: attempt.id, worker, ...silent, ...said }
}

function workerOf({ work }: Work): string | null {
  return typeof work['workerId'] === 'string' ? work['workerId'] : null
}

function stroemScene(random: Random): Scene {
  const definition = stroemDefinition(random)
  const request = startRequest(definition.workspace, definition.task, { input: {}, sourceType: 'api', heartbeatTimeoutMs, unmatchedTimeoutMs })
  if (isRefusal(request)) throw new Error(`a definition was refused: ${request.message}`)
  const skills = { abilities: ['script'], tags: [], exclusive: false } as const
  // Workers of ours show the lease that they were given, those of the original do not.
  const isFenced = random.happens(0.5)
  return {
    dialect: 'stroem',
    definition: definition.workspace.tasks,
    registered: [],
    request,
    queues: { key: skillsKey(skills), serves: queue => serves(skills, queue) },
    leaseMs: heartbeatTimeoutMs,
    isFenced,
    cancel: { kind: 'cancel', by: 'operator' },
    report: ({ attempt }, { outcome, value }) => ({
      ...{ kind: 'complete', step: attempt.key },
      ...(outcome === 'completed' ? { exitCode: 0, output: { v: value }, error: null } : { exitCode: 1, output: null, error: 'it broke' }),
      ...(isFenced && { lease: leaseOf(attempt) }),
    }),
    progress: () => null,
    isForPeople: () => false,
    answer: () => null,
    predict: facts => predictStroem(definition, facts),
  }
}
