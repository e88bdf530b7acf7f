import { isRefusal, type Refusal } from '@busbar/kernel'
import { describe, expect, test } from 'vitest'
import type { InputField, TaskAction } from './definition/types.js'
import { startRequest } from './start-request.js'
import { script, step, task, workspace } from './testing/definitions.js'
import { World } from './testing/world.js'
import { jobToDetail } from './wire/job-detail.js'

const field = (given: Partial<InputField> = {}): InputField => ({
  ...{ type: 'string', name: null, description: null, required: false, secret: false, default: null, options: null, allowCustom: false },
  ...{ multiple: false, order: null },
  ...given,
})

const refusalOf = (value: unknown): Refusal => (isRefusal(value) ? value : expect.unreachable('expected a refusal'))

describe('startRequest', () => {
  const start = (given: Parameters<typeof workspace>[0], options = {}) => startRequest(workspace(given), 'main', { input: {}, sourceType: 'api', ...options })

  test('refuses what cannot run, and says why', () => {
    expect(refusalOf(start({ tasks: {} }))).toMatchObject({ code: 'missing', message: 'Task not found' })
    expect(refusalOf(start({ tasks: { main: task({ a: step({ action: 'nowhere' }) }) } })).message).toBe("Action 'nowhere' not found in workspace 'lab'")
    expect(refusalOf(start({ tasks: { main: task({ a: step({ dependsOn: ['b'] }) }) } })).message).toContain("depends on 'b', which does not exist")
    expect(refusalOf(start({ tasks: { main: task({ a: step({ dependsOn: ['b'] }), b: step({ dependsOn: ['a'] }) }) } })).message).toContain(
      'a, b wait for each other',
    )
    expect(refusalOf(start({ tasks: { main: task({ 'a[0]': step() }) } })).code).toBe('invalid')
  })

  test('says more about actions of other workspaces when it can see them', () => {
    const tasks = { main: task({ a: step({ action: 'tools.greet' }) }) }
    const tools = workspace({ name: 'tools', actions: { greet: script() } })
    const otherWorkspace = (name: string) => (name === 'tools' ? tools : null)
    expect(refusalOf(start({ tasks }, { otherWorkspace })).code).toBe('unsupported')
    expect(refusalOf(start({ tasks: { main: task({ a: step({ action: 'tools.lost' }) }) } }, { otherWorkspace })).message).toBe(
      "action 'tools.lost': workspace 'tools' has no action 'lost'",
    )
    expect(refusalOf(start({ tasks })).message).toBe("Action 'tools.greet' not found in workspace 'lab'")
  })

  test('names a required field that is missing, where it is asked to', () => {
    const tasks = { main: task({ a: step() }, { input: { who: field({ required: true }), how: field({ required: true, default: 'well' }) } }) }
    expect(refusalOf(start({ tasks }, { enforceRequired: true })).message).toContain("'who' is required")
    expect(isRefusal(start({ tasks }, { enforceRequired: true, input: { who: 'Ada' } }))).toBe(false)
    expect(isRefusal(start({ tasks }))).toBe(false)
  })

  test('carries the task with all that its steps and its children name, and nothing else', () => {
    const call: TaskAction = { type: 'task', task: 'child', name: null, description: null, input: {}, output: null, retry: null, tags: [] }
    const request = start({
      actions: { run: script(), call, spare: script() },
      tasks: { main: task({ a: step({ action: 'call' }) }), child: task({ b: step() }), spare: task({ c: step({ action: 'spare' }) }) },
    })
    const { snapshot } = request as { snapshot: { tasks: object; actions: object } }
    expect(Object.keys(snapshot.tasks).sort()).toEqual(['child', 'main'])
    expect(Object.keys(snapshot.actions).sort()).toEqual(['call', 'run'])
  })

  test('a run again takes hidden values from its source, or falls back to the default', () => {
    const input = { plain: field(), token: field({ secret: true, default: 'fallback' }), other: field({ secret: true }) }
    const rawInput = { other: 'known' }
    const request = start(
      { tasks: { main: task({ a: step() }, { input }) } },
      { input: { plain: '••••••', token: '••••••', other: '••••••' }, sourceJob: { id: 'x', workspace: 'lab', rawInput } },
    )
    expect(request).toMatchObject({ input: { plain: '••••••', other: 'known' }, sourceJobId: 'x' })
    expect((request as { input: object }).input).not.toHaveProperty('token')
    expect(refusalOf(start({ tasks: { main: task({ a: step() }) } }, { sourceJob: { id: 'x', workspace: 'elsewhere', rawInput } })).message).toBe(
      'Source job belongs to a different workspace',
    )
  })
})

describe('defaults', () => {
  test('that name a secret reach the worker, and are stored nowhere', () => {
    const secrets = { key: 'made-up-secret-value' }
    const world = new World(
      workspace({
        actions: { run: script({ env: { KEY: '{{ input.token }}' }, script: 'run {{ input.token }}' }) },
        tasks: {
          main: task(
            { a: step({ input: { token: '{{ input.token }}', plain: '{{ secret.key }}' } }) },
            { input: { token: field({ default: '{{ secret.key }}' }), word: field({ default: '{{ "w" | upper }}' }) } },
          ),
        },
        secrets,
      }),
    )
    const id = world.start('main')
    if (isRefusal(id)) return expect.unreachable(id.message)
    const taken = world.claim('w1')
    expect(taken?.work['action_spec']).toMatchObject({ env: { KEY: secrets.key }, script: `run ${secrets.key}` })
    const view = world.view(id)
    expect(JSON.stringify([view.execution, [...view.attempts()]])).not.toContain(secrets.key)
    const detail = jobToDetail(view, { secrets: () => secrets, connections: () => ({}) })
    expect(detail['input']).toEqual({ token: '••••••', word: 'W' })
    expect(detail['raw_input']).toEqual({})
    expect(JSON.stringify(detail)).not.toContain(secrets.key)
  })

  test('that cannot be rendered refuse the start', () => {
    const world = new World(workspace({ tasks: { main: task({ a: step() }, { input: { word: field({ default: '{{ missing_thing }}' }) } }) } }))
    expect(refusalOf(world.start('main')).message).toContain("default of input field 'word' is invalid")
  })

  test('a connection by name is refused for now; its values are taken', () => {
    const world = new World(workspace({ tasks: { main: task({ a: step() }, { input: { db: field({ type: 'database' }) } }) } }))
    expect(refusalOf(world.start('main', { db: 'main-db' })).code).toBe('unsupported')
    expect(isRefusal(world.start('main', { db: { host: 'h' } }))).toBe(false)
  })
})
