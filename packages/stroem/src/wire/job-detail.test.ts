import { isRefusal, type JsonObject } from '@busbar/kernel'
import { describe, expect, test } from 'vitest'
import { step, task, workspace } from '../testing/definitions.js'
import { World } from '../testing/world.js'
import { jobToDetail } from './job-detail.js'
import { jobRow } from './job-row.js'
import { workspaceRow } from './workspace-row.js'

const retry = { attemptsMax: 1, delaySecs: 60, backoff: 'fixed', jitter: false } as const

describe('jobToDetail', () => {
  const world = new World(workspace({ tasks: { main: task({ work: step({ forEach: [1], when: 'true', retry }), first: step() }) } }))
  const id = world.start('main', { a: 1 })
  if (isRefusal(id)) throw new Error(id.message)
  const detail = () => jobToDetail(world.view(id), { secrets: () => ({}), connections: () => ({}) })

  test('tells of a job with exactly the keys that clients know', () => {
    expect(Object.keys(detail())).toEqual([
      ...['job_id', 'workspace', 'task_name', 'mode', 'input', 'raw_input', 'output', 'status', 'source_type', 'source_id', 'source_job_id'],
      ...['restart_from_step', 'revision', 'worker_id', 'created_at', 'started_at', 'completed_at', 'steps'],
      ...['retry_of_job_id', 'retry_job_id', 'retry_attempt', 'max_retries'],
    ])
    expect(detail()).toMatchObject({ created_at: '2030-01-01T00:00:00.000000+00:00', input: { a: 1 }, status: 'running', worker_id: null })
  })

  test('tells of steps in order, of items after their loop, and of tries', () => {
    world.claim('w1')
    world.send(id, { kind: 'complete', step: 'first', exitCode: 0, output: null, error: null })
    const taken = world.claim('w1')
    expect(taken?.step).toBe('work[0]')
    world.pass(1000)
    world.send(id, { kind: 'complete', step: 'work[0]', exitCode: 2, output: 'lost', error: null })
    const rows = detail()['steps'] as JsonObject[]
    expect(rows.map(row => row['step_name'])).toEqual(['first', 'work', 'work[0]'])
    expect(rows[1]).toMatchObject({ when_condition: 'true', for_each_expr: '[1]', loop_source: null, status: 'running', max_retries: 1 })
    expect(rows[2]).toEqual({
      ...{ step_name: 'work[0]', action_name: 'run', action_type: 'script', action_image: null, runner: 'local', input: {}, output: null, status: 'ready' },
      ...{ worker_id: null, started_at: null, completed_at: null, suspended_at: null, error_message: null, when_condition: null, for_each_expr: null },
      ...{ loop_source: 'work', loop_index: 0, loop_total: 1, depends_on: [], retry_attempt: 1, max_retries: 1 },
      retry_history: [
        { attempt: 0, error: 'Process exited with code 2', started_at: '2030-01-01T00:00:00.000000+00:00', failed_at: '2030-01-01T00:00:01.000000+00:00' },
      ],
      retry_at: '2030-01-01T00:01:01.000000Z',
    })
  })
})

test('a row of the list has its own form of times', () => {
  const world = new World(workspace({ tasks: { main: task({ work: step() }) } }))
  const id = world.start('main')
  if (isRefusal(id)) return expect.unreachable(id.message)
  expect(jobRow(world.view(id).execution)).toMatchObject({
    status: 'pending',
    created_at: '2030-01-01T00:00:00.000000Z',
    task_name: 'main',
    source_type: 'api',
    mode: 'distributed',
  })
})

test('a workspace that did not load is told with its error, and counts nothing', () => {
  expect(workspaceRow({ name: 'faulty', revision: 'r', error: 'no good' })).toEqual({
    ...{ name: 'faulty', tasks_count: 0, actions_count: 0, triggers_count: 0, connections_count: 0, revision: 'r', error: 'no good' },
  })
})
