/** Executions of both protocols in one shape, for commands that do not care which it is. */
import { CliError } from '../cli-error.js'
import type { Api } from './api.js'

export interface StepState {
  /** Unique within the execution: a step may be tried more than once. */
  readonly key: string
  readonly name: string
  readonly kind: string
  readonly status: string
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly output: unknown
  readonly reason: string | null
}

export interface ExecutionState {
  readonly kind: 'workflow' | 'job'
  readonly id: string
  readonly name: string
  readonly status: string
  readonly ended: boolean
  readonly createdAt: number | null
  readonly endedAt: number | null
  readonly input: unknown
  readonly output: unknown
  readonly reason: string | null
  readonly steps: readonly StepState[]
  /** The server's own words, for --json. */
  readonly raw: unknown
}

type Raw = Record<string, unknown>

const openStatuses = new Set(['RUNNING', 'PAUSED', 'pending', 'running'])

/** Asks for a workflow of this id, then for a job. */
export async function readExecution(api: Api, id: string): Promise<ExecutionState> {
  const path = encodeURIComponent(id)
  const workflow = await api.ask('GET', `/api/workflow/${path}`)
  if (workflow.status === 200) return fromWorkflow(workflow.body as Raw)
  const job = await api.ask('GET', `/api/jobs/${path}`)
  if (job.status === 200) return fromJob(job.body as Raw)
  throw new CliError(`The server at ${api.url} knows no workflow and no job with the id ${id}.`)
}

export async function readAgain(api: Api, known: Pick<ExecutionState, 'kind' | 'id'>): Promise<ExecutionState> {
  const path = encodeURIComponent(known.id)
  return known.kind === 'workflow'
    ? fromWorkflow((await api.must('GET', `/api/workflow/${path}`)) as Raw)
    : fromJob((await api.must('GET', `/api/jobs/${path}`)) as Raw)
}

function fromWorkflow(raw: Raw): ExecutionState {
  const status = String(raw['status'])
  const tasks = Array.isArray(raw['tasks']) ? (raw['tasks'] as Raw[]) : []
  return {
    kind: 'workflow',
    id: String(raw['workflowId']),
    name: String(raw['workflowName']),
    status,
    ended: !openStatuses.has(status),
    createdAt: epoch(raw['createTime']),
    endedAt: epoch(raw['endTime']),
    input: raw['input'],
    output: raw['output'],
    reason: text(raw['reasonForIncompletion']),
    steps: tasks.map(task => ({
      key: String(task['taskId']),
      name: Number(task['retryCount']) > 0 ? `${String(task['referenceTaskName'])} (try ${Number(task['retryCount']) + 1})` : String(task['referenceTaskName']),
      kind: String(task['taskType']),
      status: String(task['status']),
      startedAt: epoch(task['startTime']) ?? epoch(task['scheduledTime']),
      endedAt: epoch(task['endTime']),
      output: task['outputData'],
      reason: text(task['reasonForIncompletion']),
    })),
    raw,
  }
}

function fromJob(raw: Raw): ExecutionState {
  const status = String(raw['status'])
  const steps = Array.isArray(raw['steps']) ? (raw['steps'] as Raw[]) : []
  return {
    kind: 'job',
    id: String(raw['job_id']),
    name: `${String(raw['workspace'])}/${String(raw['task_name'])}`,
    status,
    ended: !openStatuses.has(status),
    createdAt: moment(raw['created_at']),
    endedAt: moment(raw['completed_at']),
    input: raw['input'],
    output: raw['output'],
    reason: null,
    steps: steps.map(step => ({
      key: `${String(step['step_name'])}#${String(step['retry_attempt'])}`,
      name: String(step['step_name']),
      kind: String(step['action_type']),
      status: String(step['status']),
      startedAt: moment(step['started_at']),
      endedAt: moment(step['completed_at']),
      output: step['output'],
      reason: text(step['error_message']),
    })),
    raw,
  }
}

function epoch(value: unknown): number | null {
  return typeof value === 'number' && value > 0 ? value : null
}

function moment(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
