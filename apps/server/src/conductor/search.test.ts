import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let server: ServerInTest
let [one, two, three] = ['', '', '']
beforeAll(async () => {
  server = await serverInTest()
  const work = { name: 'weld', taskReferenceName: 'work', type: 'SIMPLE' }
  await server.call('PUT', '/api/metadata/workflow', [
    { name: 'frame', version: 1, tasks: [work, { ...work, taskReferenceName: 'again' }], outputParameters: { seam: '${work.output.seam}' } },
    { name: 'held', version: 1, tasks: [{ name: 'hold', taskReferenceName: 'hold', type: 'HUMAN' }] },
  ])
  const started = async (name: string, query: string, input: object) => (await server.call('POST', `/api/workflow/${name}?${query}`, input)).text
  one = await started('frame', 'correlationId=c-1', { note: 'two apples', n: 1 })
  two = await started('frame', 'correlationId=c-2&priority=7', { note: 'a "quoted" plum' })
  three = await started('held', '', {})
  await server.call('POST', `/api/tasks/${one}/work/COMPLETED`, { seam: 'straight' })
  await server.call('POST', `/api/tasks/${one}/again/FAILED_WITH_TERMINAL_ERROR`, {})
})
afterAll(() => server.stop())

interface Page {
  readonly totalHits: number
  readonly results: readonly Record<string, unknown>[]
}

async function search(path: string, query: Record<string, string | number | boolean>): Promise<Page> {
  const asked = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) asked.set(key, String(value))
  const { status, json } = await server.call('GET', `/api/${path}?${asked.toString()}`)
  expect(status, JSON.stringify(json)).toBe(200)
  return json as unknown as Page
}

async function found(query: Record<string, string | number | boolean>, path = 'workflow/search'): Promise<unknown[]> {
  const { totalHits, results } = await search(path, query)
  expect(totalHits).toBe(results.length)
  return results.map(({ workflowId }) => String(workflowId)).sort()
}

const refused = async (path: string, query: string) => {
  const { status, json } = await server.call('GET', `/api/${path}?query=${encodeURIComponent(query)}`)
  expect(status).toBe(400)
  return json.message
}

describe('a search of workflows', () => {
  it('goes by both forms of a query', async () => {
    expect(await found({ query: 'workflowType=frame AND status=FAILED' })).toEqual([one])
    expect(await found({ query: 'workflowType=held OR correlationId = "c-2"' })).toEqual([two, three].sort())
    expect(await found({ query: 'status != FAILED' })).toEqual([two, three].sort())
    expect(await found({ query: '(priority > 6)' })).toEqual([two])
    expect(await found({ query: '(failedReferenceTaskNames = again)' })).toEqual([one])
    expect(await found({ query: "(input = 'two apples')" })).toEqual([one])
    expect(await found({ query: '(output = STRAIGHT)' })).toEqual([one])
    expect(await found({ query: 'correlationId IS null' })).toEqual([three])
    expect(await found({ query: 'updateTime=0' })).toEqual([three])
  })

  it('takes a star for any text, and an underscore for itself', async () => {
    expect(await found({ query: 'workflowType=FR*' })).toEqual([one, two].sort())
    expect(await found({ query: 'workflowType=fr_m*' })).toEqual([])
  })

  it('finds a part of what the summary shows', async () => {
    expect(await found({ freeText: 'APPLES' })).toEqual([one])
    expect(await found({ freeText: 'n=1' })).toEqual([one])
    expect(await found({ freeText: 'a "quoted" plum' })).toEqual([two])
    expect(await found({ freeText: 'note=two app' })).toEqual([one])
    expect(await found({ freeText: 'running' })).toEqual([two, three].sort())
    expect(await found({ freeText: 'frame', query: 'status=RUNNING' })).toEqual([two])
  })

  it('sorts, pages, and bounds the page', async () => {
    const { totalHits, results } = await search('workflow/search', { sort: 'correlationId:DESC', start: 0, size: 1 })
    expect([totalHits, results[0]?.['workflowId']]).toEqual([3, two])
    expect((await search('workflow/search', { size: -1 })).results).toEqual([])
    expect((await server.call('GET', '/api/workflow/search?size=5001')).status).toBe(400)
    expect((await server.call('GET', '/api/workflow/search?size=x')).status).toBe(400)
  })

  it('answers whole workflows without tasks', async () => {
    const { results } = await search('workflow/search-v2', { query: `workflowId=${one}` })
    const { json } = await server.call('GET', `/api/workflow/${one}?includeTasks=false`)
    expect(results).toEqual([json])
  })

  it('refuses what it cannot read, and says where else to look', async () => {
    expect(await refused('workflow/search', 'status')).toBe('Incorrectly formatted query string: status')
    expect(await refused('workflow/search', 'taskType=weld')).toContain('search by tasks')
    expect(await refused('tasks/search', 'startTime>yesterday')).toContain('found "yesterday"')
  })

  it('does not find what was removed', async () => {
    const id = (await server.call('POST', '/api/workflow/held', {})).text
    expect(await found({ query: `workflowId=${id}` })).toEqual([id])
    await server.call('POST', `/api/tasks/${id}/hold/COMPLETED`, {})
    await server.call('DELETE', `/api/workflow/${id}/remove`)
    expect(await found({ query: `workflowId=${id}` })).toEqual([])
  })

  it('finds nothing of schedules and other things that are kept beside', async () => {
    await server.call('POST', '/api/scheduler/schedules', {
      name: 'yearly',
      cronExpression: '0 0 0 1 1 ?',
      startWorkflowRequest: { name: 'held', version: 1, input: {} },
    })
    expect(await found({ query: '' })).toEqual([one, two, three].sort())
    expect((await search('tasks/search', { query: '' })).results.map(({ workflowId }) => workflowId)).not.toContain('yearly')
  })
})

describe('a search of tasks', () => {
  const refs = async (query: Record<string, string>, path = 'tasks/search-v2') => (await search(path, query)).results.map(task => task['referenceTaskName'])

  it('finds the tasks of a workflow', async () => {
    expect(await refs({ query: `workflowId=${one}`, sort: 'taskId:ASC' })).toEqual(['again', 'work'])
    expect(await refs({ query: 'correlationId=c-1 AND status=COMPLETED' }, 'task/search-v2')).toEqual(['work'])
  })

  it('finds none that nobody has touched', async () => {
    expect(await refs({ query: `workflowId=${two}` })).toEqual([])
  })

  it('answers summaries as of each task', async () => {
    const { totalHits, results } = await search('tasks/search', { query: 'taskDefName=weld AND status=COMPLETED' })
    expect(totalHits).toBe(1)
    expect(results[0]).toMatchObject({ workflowId: one, workflowType: 'frame', taskType: 'weld', output: '{seam=straight}', status: 'COMPLETED' })
    expect(await refs({ query: `taskId=${String(results[0]?.['taskId'])}` })).toEqual(['work'])
  })

  it('goes by the rich form', async () => {
    expect(await refs({ query: 'referenceTaskName = again OR output = straight' })).toEqual(['again', 'work'])
    expect(await refs({ query: 'status BETWEEN 1 AND 2 OR status = FAILED_WITH_TERMINAL_ERROR' }).catch(() => 'refused')).toBe('refused')
  })

  it('counts a workflow once, however many of its tasks are meant', async () => {
    expect(await found({ query: 'taskType=weld' }, 'workflow/search-by-tasks')).toEqual([one])
    expect(await found({ query: 'taskType=weld AND workflowType=held' }, 'workflow/search-by-tasks-v2')).toEqual([])
  })
})
