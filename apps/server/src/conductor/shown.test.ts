/** What executions, tasks and definitions show after reports, verbs and second writes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let server: ServerInTest
beforeAll(async () => {
  server = await serverInTest()
  await server.call('POST', '/api/metadata/taskdefs', [{ name: 'job', retryCount: 0 }])
  const tasks = [{ name: 'job', taskReferenceName: 'job', type: 'SIMPLE' }]
  await server.call('PUT', '/api/metadata/workflow', [{ name: 'shown', version: 1, tasks, outputParameters: { seen: '${job.output.v}' } }])
})
afterAll(() => server.stop())

const started = async () => (await server.call('POST', '/api/workflow/shown', {})).text
const read = async (id: string) => (await server.call('GET', `/api/workflow/${id}`)).json
const polled = async (query = '?workerid=ann') => (await server.call('GET', `/api/tasks/poll/job${query}`)).json
const failed = async () => {
  const id = await started()
  const { taskId } = await polled()
  await server.call('POST', '/api/tasks', { workflowInstanceId: id, taskId, status: 'FAILED', outputData: { v: 1 } })
  return { id, taskId, endTime: (await read(id)).endTime }
}

describe('the worker of a task', () => {
  it('is nobody when it was polled without a name', async () => {
    const id = await started()
    const task = await polled('')
    expect(task).not.toHaveProperty('workerId')
    await server.call('DELETE', `/api/workflow/${id}`)
  })

  it('is nobody after a report that names none, and whoever polls it next', async () => {
    const workflowInstanceId = await started()
    const { taskId, workerId } = await polled()
    expect(workerId).toBe('ann')
    await server.call('POST', '/api/tasks', { workflowInstanceId, taskId, status: 'IN_PROGRESS' })
    expect((await read(workflowInstanceId)).tasks[0]).not.toHaveProperty('workerId')
    expect(await polled('?workerid=bob')).toMatchObject({ taskId, workerId: 'bob' })
    await server.call('POST', '/api/tasks', { workflowInstanceId, taskId, status: 'COMPLETED', workerId: 'eve' })
    expect((await read(workflowInstanceId)).tasks[0].workerId).toBe('eve')
  })
})

describe('an execution that runs again', () => {
  it('shows its output and its end of before after a retry', async () => {
    const { id, endTime } = await failed()
    await server.call('POST', `/api/workflow/${id}/retry`)
    const again = await read(id)
    expect(again).toMatchObject({ status: 'RUNNING', endTime, output: { seen: 1 } })
    expect(again.lastRetriedTime).toBeGreaterThan(0)
    expect(again.tasks[1].updateTime).toBeGreaterThan(0)
    await server.call('DELETE', `/api/workflow/${id}`)
  })

  it('shows them after a rerun too, which is no retry, and counts its tasks from one', async () => {
    const { id, endTime } = await failed()
    await server.call('POST', `/api/workflow/${id}/rerun`, {})
    expect(await read(id)).toMatchObject({ status: 'RUNNING', endTime, output: { seen: 1 }, lastRetriedTime: 0, tasks: [{ seq: 1 }] })
    await server.call('DELETE', `/api/workflow/${id}`)
  })

  it('shows nothing of before after a restart', async () => {
    const { id } = await failed()
    await server.call('POST', `/api/workflow/${id}/restart`)
    expect(await read(id)).toMatchObject({ status: 'RUNNING', endTime: 0, output: {}, lastRetriedTime: 0, tasks: [{ seq: 1 }] })
    await server.call('DELETE', `/api/workflow/${id}`)
  })

  it('is refused while it runs, before anybody looks for the task it names', async () => {
    const id = await started()
    const { status } = await server.call('POST', `/api/workflow/${id}/rerun`, { reRunFromTaskId: 'nobody' })
    expect(status).toBe(409)
    await server.call('DELETE', `/api/workflow/${id}`)
  })
})

describe('a task that waits', () => {
  const wait = async (name: string, inputParameters: object) => {
    await server.call('PUT', '/api/metadata/workflow', [{ name, version: 1, tasks: [{ name: 'w', taskReferenceName: 'w', type: 'WAIT', inputParameters }] }])
    return (await server.call('POST', `/api/workflow/${name}`, {})).text
  }

  it('shows its delay, until a report brings another', async () => {
    const id = await wait('timed', { duration: '2 hours' })
    const [task] = (await read(id)).tasks
    expect(task.callbackAfterSeconds).toBe(7_200)
    await server.call('POST', '/api/tasks', { workflowInstanceId: id, taskId: task.taskId, status: 'COMPLETED' })
    expect((await read(id)).tasks[0].callbackAfterSeconds).toBe(0)
  })

  it('keeps it when it is ended by its name', async () => {
    const id = await wait('untimed', {})
    await server.call('POST', `/api/tasks/${id}/w/COMPLETED`, {})
    expect((await read(id)).tasks[0].callbackAfterSeconds).toBe(2_147_483_647)
  })
})

describe('a DYNAMIC task', () => {
  it('shows the name it was given in its own definition', async () => {
    const task = { name: 'any', taskReferenceName: 'any', type: 'DYNAMIC', dynamicTaskNameParam: 'n', inputParameters: { n: 'chosen' } }
    await server.call('PUT', '/api/metadata/workflow', [{ name: 'chooses', version: 1, tasks: [task] }])
    const id = (await server.call('POST', '/api/workflow/chooses', {})).text
    expect((await read(id)).tasks[0].workflowTask).toMatchObject({ name: 'chosen', type: 'DYNAMIC' })
  })
})

describe('a TERMINATE task', () => {
  it('that completes its workflow is not shown as dealt with, one that fails it is', async () => {
    const shown = async (terminationStatus: string) => {
      const tasks = [{ name: 'e', taskReferenceName: 'e', type: 'TERMINATE', inputParameters: { terminationStatus } }]
      await server.call('PUT', '/api/metadata/workflow', [{ name: 'ends', version: 1, tasks }])
      return (await read((await server.call('POST', '/api/workflow/ends', {})).text)).tasks[0].executed
    }
    expect([await shown('COMPLETED'), await shown('FAILED')]).toEqual([false, true])
  })
})

describe('a bulk read', () => {
  it('shows workflows and tasks in the form in which the original keeps them', async () => {
    const { id, taskId } = await failed()
    const { json } = await server.call('POST', '/api/workflow/bulk/search', [id])
    const [found] = json.bulkSuccessfulResults
    expect(found).toMatchObject({ previousStatus: 'RUNNING', failedTaskId: taskId, tasks: [{ cachedOutput: false, callbackAfterMs: 0, waitTimeout: 0 }] })
    expect(found.tasks[0]).not.toHaveProperty('executionMetadata')
    await server.call('POST', `/api/workflow/${id}/retry`)
    const again = await server.call('POST', '/api/workflow/bulk/search', [id])
    expect(again.json.bulkSuccessfulResults[0]).toMatchObject({ previousStatus: 'FAILED', failedTaskId: taskId })
    await server.call('DELETE', `/api/workflow/${id}`)
  })

  it('takes numbers for ids', async () => {
    const { json } = await server.call('PUT', '/api/workflow/bulk/pause', [7])
    expect(json.bulkErrorResults).toEqual({ 7: 'No such workflow found by id: 7' })
  })
})

describe('a definition that exists', () => {
  it('is a conflict, whatever else is wrong with the new one', async () => {
    expect((await server.call('POST', '/api/metadata/workflow', { name: 'shown', version: 1, tasks: [{ name: '' }] })).status).toBe(409)
  })

  it('keeps the creation of a task definition that is replaced', async () => {
    await server.call('POST', '/api/metadata/taskdefs', [{ name: 'kept' }])
    const { createTime } = (await server.call('GET', '/api/metadata/taskdefs/kept')).json
    await server.call('PUT', '/api/metadata/taskdefs', { name: 'kept', createTime: 5, createdBy: 'somebody' })
    expect((await server.call('GET', '/api/metadata/taskdefs/kept')).json).toMatchObject({ createTime, createdBy: '' })
  })
})

describe('schedules', () => {
  it('are found by a part of their name, whatever its case, and listed by name', async () => {
    for (const name of ['listed-b', 'listed-a']) {
      await server.call('POST', '/api/scheduler/schedules', { name, cronExpression: '0 0 3 * * ?', paused: true, startWorkflowRequest: { name: 'shown' } })
    }
    const { json } = await server.call('GET', '/api/scheduler/schedules/search?scheduleName=LISTED')
    expect(json.results.map((one: { name: string }) => one.name)).toEqual(['listed-a', 'listed-b'])
  })

  it('are sorted as they are asked for', async () => {
    const { json } = await server.call('GET', '/api/scheduler/schedules/search?scheduleName=listed&sort=name:DESC')
    expect(json.results.map((one: { name: string }) => one.name)).toEqual(['listed-b', 'listed-a'])
  })
})

describe('odd questions', () => {
  it('400 for a page of tasks before the first one', async () => {
    const id = await started()
    const page = async (query: string) => (await server.call('GET', `/api/workflow/${id}/tasks?${query}`)).status
    expect([await page('start=-1'), await page('count=-1'), await page('count=0')]).toEqual([400, 400, 200])
    await server.call('DELETE', `/api/workflow/${id}`)
  })

  it('400 for the pollers of a type without a name', async () => {
    expect((await server.call('GET', '/api/tasks/queue/polldata?taskType=')).status).toBe(400)
  })

  it('tells no times of a cron expression that are over', async () => {
    const { json } = await server.call('GET', '/api/scheduler/nextFewSchedules?cronExpression=0+0+*+*+*+*&scheduleStartTime=1')
    expect(json[0]).toBeGreaterThan(Date.now() - 1_000)
  })
})
