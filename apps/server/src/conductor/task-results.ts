/** What workers report: the hot path out. A result is parsed here, once, into the dialect's command. */
import { type ConductorCommand, type ResultStatus, type UpdateReply, type Violation, workflowToWire } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { executionIdOf, isJsonObject, isRefusal, type JsonObject, ordinalOf, parseAttemptId, parseExecutionId, Problem, type WorkerId } from '@busbar/kernel'
import { type Answer, empty, json, text } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { throwIfRefused } from '../http/problem.js'
import type { Route } from '../http/route.js'
import { findWorkflow, noSuchWorkflow } from './executions.js'
import { inBothFamilies } from './families.js'
import { invalidValue, violated } from './violations.js'

export function taskResultRoutes(engine: EngineApi): Route[] {
  return [
    {
      method: 'POST',
      paths: inBothFamilies('/api/tasks'),
      owner: 'conductor',
      scope: 'work',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Reports a TaskResult; answers the task id',
      handle: async call => {
        const { taskId, update } = parseResult(call.object(), 'updateTask')
        await send(engine, update)
        return text(200, taskId)
      },
    },
    {
      method: 'POST',
      paths: inBothFamilies('/api/tasks/update-v2'),
      owner: 'conductor',
      scope: 'work',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Reports a TaskResult and polls the next task of the same type in the same call',
      handle: call => updateAndPoll(engine, call),
    },
    {
      method: 'POST',
      paths: inBothFamilies('/api/tasks/{workflowId}/{taskRefName}/{status}'),
      owner: 'conductor',
      scope: 'operate',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Reports for a task by its reference name; answers the task id',
      query: { workerid: '' },
      handle: async call => {
        const reply = await updateByReference(engine, call)
        return reply.attempt === null ? empty(200) : text(200, reply.attempt)
      },
    },
    {
      method: 'POST',
      paths: inBothFamilies('/api/tasks/{workflowId}/{taskRefName}/{status}/sync'),
      owner: 'conductor',
      scope: 'operate',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Reports for a task by its reference name; answers the workflow after it',
      query: { workerid: '' },
      handle: call => updateByReferenceSync(engine, call),
    },
  ]
}

type UpdateCommand = Extract<ConductorCommand, { kind: 'update' }>

interface ParsedResult {
  readonly taskId: string
  readonly update: { readonly workflow: string; readonly task: string; readonly command: UpdateCommand | null }
}

const resultStatuses: ReadonlySet<string> = new Set<ResultStatus>(['IN_PROGRESS', 'FAILED', 'FAILED_WITH_TERMINAL_ERROR', 'COMPLETED', 'CANCELED'])

export function parseStatus(value: unknown): ResultStatus {
  if (typeof value === 'string' && resultStatuses.has(value)) return value as ResultStatus
  throw new Problem(
    'invalid',
    `the status of a task result: expected one of ${[...resultStatuses].join(', ')}, found ${JSON.stringify(value)?.slice(0, 100) ?? 'none'}`,
  )
}

function parseResult(body: JsonObject, service: string): ParsedResult {
  const { workflowInstanceId, taskId, outputData } = body
  if (!isName(workflowInstanceId) || !isName(taskId)) throw violated(missingIds(workflowInstanceId, taskId, service))
  const attempt = parseAttemptId(taskId)
  const status = parseStatus(body['status'])
  if (outputData !== undefined && outputData !== null && !isJsonObject(outputData))
    throw new Problem('invalid', 'outputData: expected an object, found something else')
  const command: UpdateCommand | null = attempt && {
    kind: 'update',
    attempt,
    status,
    output: outputData ?? {},
    reason: textOrNull(body['reasonForIncompletion']),
    worker: textOrNull(body['workerId']),
    callbackAfterSeconds: typeof body['callbackAfterSeconds'] === 'number' ? body['callbackAfterSeconds'] : 0,
    extendLease: body['extendLease'] === true,
    subWorkflowId: textOrNull(body['subWorkflowId']),
    ...outsideOf(body['externalOutputPayloadStoragePath']),
    logs: logsOf(body['logs']),
  }
  return { taskId, update: { workflow: workflowInstanceId, task: taskId, command } }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function missingIds(workflow: unknown, task: unknown, service: string): readonly Violation[] {
  const wrong = (field: string, message: string, value: unknown): Violation =>
    typeof value === 'string' ? invalidValue(`${service}.arg0.${field}`, message, value) : { path: `${service}.arg0.${field}`, message }
  return [
    ...(isName(task) ? [] : [wrong('taskId', 'Task ID cannot be null or empty', task)]),
    ...(isName(workflow) ? [] : [wrong('workflowInstanceId', 'Workflow Id cannot be null or empty', workflow)]),
  ]
}

/** An output that the worker uploaded itself. */
function outsideOf(path: unknown): { readonly outputPath?: string } {
  return typeof path === 'string' && path !== '' ? { outputPath: path } : {}
}

function logsOf(value: unknown): UpdateCommand['logs'] {
  if (!Array.isArray(value)) return []
  return value.filter(isJsonObject).map(({ log, createdTime }) => ({
    log: typeof log === 'string' ? log : '',
    createdTime: typeof createdTime === 'number' ? createdTime : 0,
  }))
}

/**
 * A task id names its workflow; the workflow id that comes with it must exist, but need not be the same. The hot path
 * is one call: nothing is looked up before it, only after it was refused.
 */
async function send(engine: EngineApi, { workflow, task, command }: ParsedResult['update']): Promise<UpdateReply> {
  const named = parseExecutionId(workflow)
  const owner = command && executionIdOf(command.attempt)
  if (named === null || (named !== owner && (await findWorkflow(engine, named)) === null)) throw noSuchWorkflow(workflow)
  if (command === null || owner === null) throw noSuchTask(task)
  try {
    const reply = await engine.send<UpdateReply>(owner, command)
    if (!isRefusal(reply) || reply.code !== 'missing') return throwIfRefused(reply)
  } catch (error) {
    // A job of the other dialect does not know this command; to Conductor's clients it is not there.
    if (error instanceof Problem || (await findWorkflow(engine, owner)) !== null) throw error
  }
  throw named === owner && (await findWorkflow(engine, owner)) === null ? noSuchWorkflow(workflow) : noSuchTask(task)
}

function noSuchTask(id: string): Problem {
  return new Problem('missing', `No such task found by id: ${id}`)
}

const openStatuses: ReadonlySet<string> = new Set(['IN_PROGRESS', 'SCHEDULED'])

async function updateAndPoll(engine: EngineApi, call: Call): Promise<Answer> {
  const { update } = parseResult(call.object(), 'updateTaskV2')
  const reply = await send(engine, update)
  const { command } = update
  if (command === null || command.extendLease || openStatuses.has(reply.status)) return empty(204)
  const view = await findWorkflow(engine, executionIdOf(command.attempt))
  const queue = view?.attempt(ordinalOf(command.attempt))?.queue
  if (!queue) return empty(204)
  const [next] = await engine.poll({ dialect: 'conductor', queues: [queue], worker: (command.worker ?? '') as WorkerId, max: 1, waitMs: 0, caller: call })
  return next ? json(200, next.work) : empty(204)
}

// ── By reference name ──

const nothingPending: UpdateReply = { attempt: null, applied: false, status: '' }

async function updateByReference(engine: EngineApi, call: Call): Promise<UpdateReply> {
  const status = parseStatus(call.param('status'))
  const output = call.object()
  const id = parseExecutionId(call.param('workflowId'))
  if (id === null || (await findWorkflow(engine, id)) === null) return nothingPending
  const command: ConductorCommand = {
    kind: 'updateByReference',
    reference: call.param('taskRefName'),
    status,
    output,
    worker: call.query('workerid') ?? null,
  }
  const reply = await engine.send<UpdateReply>(id, command)
  if (isRefusal(reply) && reply.code === 'missing') return nothingPending
  return throwIfRefused(reply)
}

async function updateByReferenceSync(engine: EngineApi, call: Call): Promise<Answer> {
  const id = call.param('workflowId')
  const reply = await updateByReference(engine, call)
  const view = reply.attempt === null ? null : await findWorkflow(engine, executionIdOf(reply.attempt))
  if (view === null) throw new Problem('missing', `Found no running task ${call.param('taskRefName')} of workflow ${id} to update`)
  return json(200, workflowToWire(view, { includeTasks: true }))
}
