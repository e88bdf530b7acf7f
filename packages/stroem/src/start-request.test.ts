import { isRefusal, type Refusal } from '@busbar/kernel'
import { describe, expect, test } from 'vitest'
import type { ConnectionProperty, InputField, TaskAction } from './definition/types.js'
import { startRequest } from './start-request.js'
import { script, step, task, workspace } from './testing/definitions.js'
import { World } from './testing/world.js'
import { jobToDetail } from './wire/job-detail.js'

const field = (given: Partial<InputField> = {}): InputField => ({
  ...{ type: 'string', name: null, description: null, required: false, secret: false, default: null, options: null, allowCustom: false },
  ...{ multiple: false, order: null },
  ...given,
})

const property = (given: Partial<ConnectionProperty> = {}): ConnectionProperty => ({ type: 'string', required: false, default: null, secret: false, ...given })

const childOf = (name: string): TaskAction => ({
  ...{ type: 'task', task: name, name: null, description: null, input: {}, output: null, retry: null, tags: [] },
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

  test('takes actions of other workspaces along, where it can see them', () => {
    const tasks = { main: task({ a: step({ action: 'tools.greet' }) }) }
    const otherWorkspace = (name: string) => (name === 'tools' ? { actions: { greet: script(), call: childOf('x') }, revision: 'r9' } : null)
    expect(start({ tasks }, { otherWorkspace })).toMatchObject({
      snapshot: { actions: { 'tools.greet': script() }, owners: { 'tools.greet': { workspace: 'tools', revision: 'r9', action: 'greet' } } },
    })
    expect(refusalOf(start({ tasks: { main: task({ a: step({ action: 'tools.call' }) }) } }, { otherWorkspace })).code).toBe('unsupported')
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
    const call = childOf('child')
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
})

describe('connections', () => {
  const password = 'made-up-password'
  const lab = workspace({
    connectionTypes: { database: { host: property(), password: property({ secret: true }) } },
    connections: {
      'main-db': { type: 'database', values: { host: 'h', password } },
      queue: { type: 'broker', values: {} },
      loose: { type: null, values: { host: 'l' } },
    },
    actions: { run: script({ input: { db: field({ type: 'database' }) }, script: 'ask {{ input.db.host }} {{ input.db.password }}' }) },
    tasks: {
      main: task({ a: step({ input: { db: '{{ input.db }}' } }) }, { input: { db: field({ type: 'database', default: 'main-db' }) } }),
      plain: task({ a: step({ input: { db: 'absent' } }) }),
    },
  })

  test('by name reach the worker with their values, which are stored nowhere and shown masked', () => {
    const world = new World(lab)
    const id = world.start('main')
    if (isRefusal(id)) return expect.unreachable(id.message)
    expect(world.claim('w1')?.work['action_spec']).toMatchObject({ script: `ask h ${password}` })
    const view = world.view(id)
    expect(JSON.stringify([view.execution, [...view.attempts()]])).not.toContain(password)
    expect(jobToDetail(view, world.context)['input']).toEqual({ db: { host: 'h', password: '••••••' } })
  })

  test('are an object, a name that exists, and of the type that is asked for, if they have one', () => {
    const world = new World(lab)
    for (const db of [{ host: 'i' }, 'loose']) expect(isRefusal(world.start('main', { db }))).toBe(false)
    for (const db of [5, 'absent', 'queue']) expect(refusalOf(world.start('main', { db })).message).toBe('Failed to resolve connection inputs')
    expect(refusalOf(world.start('main', { db: 'queue' })).details).toEqual({
      reason: "Input field 'db' expects a connection of type 'database', but connection 'queue' is of type 'broker'",
    })
  })

  test('that a step names and nobody has fail the step', () => {
    const world = new World(lab)
    const id = world.start('plain')
    if (isRefusal(id)) return expect.unreachable(id.message)
    expect(world.claim('w1')).toBeNull()
    expect(world.notes.at(-1)?.text).toBe(
      "Failed to prepare action input: Failed to resolve action connection inputs: Input field 'db' references connection 'absent' which does not exist",
    )
  })
})

test('an action of another workspace runs with the secrets and the files of its owner, which are masked like its own', () => {
  const greet = script({ env: { KEY: '{{ secret.key }}' }, script: 'greet' })
  const tools = workspace({ name: 'tools', secrets: { key: 'made-up-tools-key' }, actions: { greet } })
  const lab = workspace({ secrets: { key: 'made-up-lab-key' }, tasks: { main: task({ a: step({ action: 'tools.greet' }) }) } })
  const world = new World(lab, { others: [tools] })
  const id = world.start('main', {}, { otherWorkspace: () => ({ actions: tools.actions, revision: 'r9' }) })
  if (isRefusal(id)) return expect.unreachable(id.message)
  const taken = world.claim('w1')
  expect(taken?.work).toMatchObject({ workspace: 'tools', revision: 'r9', action_name: 'greet', action_spec: { env: { KEY: 'made-up-tools-key' } } })
  world.send(id, { kind: 'complete', step: 'a', exitCode: 0, output: { key: 'made-up-tools-key' }, error: null })
  expect(jobToDetail(world.view(id), world.context)['output']).toEqual({ a: { key: '••••••' } })
})
