/** What a run plays: a definition of one dialect, how its client and its workers speak, and what the model says of it. */
import { queueOf } from '@busbar/conductor'
import { type DialectName, isRefusal, type JsonObject } from '@busbar/kernel'
import type { PollRequest, Work } from '@busbar/engine'
import { leaseOf, serves, skillsKey, startRequest } from '@busbar/stroem'
import type { Report } from './behaviour.js'
import { conductorDefinition, responseTimeoutSeconds, workerTypes, type Workflow } from './conductor-definition.js'
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
  readonly registered: readonly { readonly name: string; readonly body: string }[]
  readonly request: JsonObject
  readonly queues: PollRequest['queues']
  /** How long a claim holds without a word of its worker. */
  readonly leaseMs: number
  /** Whether a report names the attempt; else it counts for the newest try of its activity. */
  readonly isFenced: boolean
  readonly cancel: Command
  report(work: Work, report: Report): Command
  predict(facts: Facts): Prediction
}

export function sceneOf(random: Random): Scene {
  return random.happens(0.5) ? conductorScene(random) : stroemScene(random)
}

function conductorScene(random: Random): Scene {
  const { root, child } = conductorDefinition(random)
  const statuses = { completed: 'COMPLETED', failed: 'FAILED', failedFinally: 'FAILED_WITH_TERMINAL_ERROR' } as const
  return {
    dialect: 'conductor',
    definition: { root, child },
    registered: [root, child].map((workflow: Workflow) => ({ name: workflow.name, body: JSON.stringify(workflow) })),
    request: { name: 'root', version: 1, input: {} },
    queues: workerTypes.map(type => queueOf(type, null)),
    leaseMs: responseTimeoutSeconds * 1000,
    isFenced: true,
    cancel: { kind: 'terminate', reason: 'enough' },
    report: ({ attempt, work }, { outcome, value }) => ({
      kind: 'update',
      attempt: attempt.id,
      status: statuses[outcome],
      output: { v: value },
      reason: null,
      worker: typeof work['workerId'] === 'string' ? work['workerId'] : null,
      callbackAfterSeconds: 0,
      extendLease: false,
      subWorkflowId: null,
      logs: [],
    }),
    predict: facts => predictConductor(root, child, facts),
  }
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
    predict: facts => predictStroem(definition, facts),
  }
}
