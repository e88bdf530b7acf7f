import { describe, expect, it } from 'vitest'
import { parseDuration } from '@busbar/kernel'
import { loadWorkspace, type LoadOptions } from './load-workspace.js'
import { type Action, lookUp, type ScriptAction, type Step, type TaskDef, type Workspace } from './types.js'

function load(files: Readonly<Record<string, string>>, options: LoadOptions = {}): Workspace {
  const loaded = loadWorkspace(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    options,
  )
  if ('error' in loaded) throw new Error(loaded.error)
  return loaded.workspace
}

const one = (text: string): Workspace => load({ 'a.yaml': text })
const step = (workspace: Workspace, task: string, name: string): Step | undefined => workspace.tasks[task]?.flow[name]
const task = (workspace: Workspace, name: string): TaskDef | undefined => workspace.tasks[name]
const script = (workspace: Workspace, name: string): ScriptAction => {
  const action = lookUp<Action>(workspace.actions, name)
  if (action?.type !== 'script') throw new Error(`no script ${name}: ${workspace.warnings.join('; ')}`)
  return action
}

describe('the files of a workspace', () => {
  it('add up in the order of their paths: the later one wins, hooks append', () => {
    const workspace = load({
      'b.yml': 'actions: { x: { type: script, script: second } }\non_success: [{ action: x }]',
      'a.yaml': 'actions: { x: { type: script, script: first }, y: { type: script, script: other } }\non_success: [{ action: y }]',
      'notes.txt': 'not yaml: [',
    })
    expect(script(workspace, 'x').script).toBe('second')
    expect(script(workspace, 'y').script).toBe('other')
    expect(workspace.hooks.onSuccess.map(hook => hook.action)).toEqual(['y', 'x'])
    expect(workspace.warnings).toEqual([])
  })

  it('are those below .workflows when there are any', () => {
    const workspace = load({ '.workflows/team/a.yaml': 'tasks: { in: { flow: {} } }', 'b.yaml': 'tasks: { out: { flow: {} } }' })
    expect(Object.keys(workspace.tasks)).toEqual(['in'])
    expect(task(workspace, 'in')?.folder).toBe('team')
  })

  it('name the folder of their tasks, unless the task does', () => {
    const workspace = load({ 'team/sub/a.yaml': 'tasks: { a: { flow: {} }, b: { folder: own, flow: {} } }', 'c.yaml': 'tasks: { c: { flow: {} } }' })
    expect([task(workspace, 'a')?.folder, task(workspace, 'b')?.folder, task(workspace, 'c')?.folder]).toEqual(['team/sub', 'own', null])
  })

  it('that cannot be read are left out, and the warning says where and why', () => {
    const workspace = load({
      'a.yaml': 'tasks:\n  lost:\n    flow:\n      work: { type: script, script: "echo"\n',
      'b.yaml': 'tasks:\n  both:\n    flow:\n      work: { action: x, type: script }\n',
      'c.yaml': 'tasks:\n  wrong:\n    flow:\n      work:\n        action: x\n        timeout: soon\n',
      'd.yaml': 'actions:\n  x:\n    type: script\n    env: { COUNT: 3 }\n',
      'e.yaml': 'tasks: { kept: { flow: {} } }',
      'f.sops.yaml': 'secrets: {}',
    })
    expect(Object.keys(workspace.tasks)).toEqual(['kept'])
    expect(workspace.warnings).toEqual([
      expect.stringMatching(/^Skipping 'a.yaml': line 5, column 1: /),
      expect.stringMatching(/^Skipping 'b.yaml': line 4, tasks.both.flow.work: .*not both$/),
      "Skipping 'c.yaml': line 6, tasks.wrong.flow.work.timeout: expected seconds, or a duration such as 90s or 1h30m, found the text soon",
      "Skipping 'd.yaml': line 4, actions.x.env.COUNT: expected text (put it in quotes), found the number 3",
      "Skipping 'f.sops.yaml': files encrypted with sops are not supported",
    ])
  })

  it('may be empty, and may hold keys nobody knows', () => {
    const workspace = load({ 'a.yaml': '', 'b.yaml': '# only a comment\n', 'c.yaml': 'colour: blue\ntasks: { t: { flow: {}, mood: good } }\nactions:\n' })
    expect(Object.keys(workspace.tasks)).toEqual(['t'])
    expect(workspace.warnings).toEqual([])
  })

  it('do no harm when they are made to', () => {
    const bomb = `a: &a [x, x]\n${[...'bcdefghij'].map((name, i) => `${name}: &${name} [${`*${'abcdefghij'[i]}, `.repeat(9)}x]`).join('\n')}\ntasks: {}`
    const workspace = load({
      'bomb.yaml': bomb,
      'deep.yaml': '['.repeat(100_000),
      'long.yaml': `a: ${'x'.repeat(3_000_000)}`,
      'proto.yaml': 'tasks: { __proto__: { flow: {} }, constructor: { flow: {} } }',
      'tag.yaml': 'secrets: { a: !vault word }',
    })
    expect(workspace.warnings.map(warning => warning.split(':')[0])).toEqual([
      "Skipping 'bomb.yaml'",
      "Skipping 'deep.yaml'",
      "Skipping 'long.yaml'",
      "'tag.yaml'",
    ])
    expect(Object.keys(workspace.tasks)).toEqual(['__proto__', 'constructor'])
    expect(lookUp(workspace.tasks, 'toString')).toBeNull()
    expect(Object.getPrototypeOf({})).not.toHaveProperty('flow')
  })
})

describe('tasks and steps', () => {
  it('carry what is written, with durations in seconds', () => {
    const workspace = one(`
tasks:
  build:
    name: Build
    timeout: 1h30m
    retry: { max_attempts: 2, delay: 10s, backoff: exponential, jitter: true }
    input:
      name: { type: string, default: x, required: true }
      loud: { type: bool }
    on_error: [{ action: tell, input: { line: "{{ hook.status }}" } }]
    flow:
      make: { action: make, depends_on: [a], input: { n: 1 }, timeout: 90, when: "{{ x }}", for_each: [1, 2], sequential: true, continue_on_failure: true, retry: {} }
`)
    expect(task(workspace, 'build')).toMatchObject({
      name: 'Build',
      mode: 'distributed',
      timeoutSecs: 5400,
      retry: { attemptsMax: 2, delaySecs: 10, backoff: 'exponential', jitter: true },
      input: { name: { type: 'string', default: 'x', required: true }, loud: { type: 'boolean', default: null } },
      hooks: { onError: [{ action: 'tell', input: { line: '{{ hook.status }}' } }], onSuccess: [] },
    })
    expect(step(workspace, 'build', 'make')).toEqual({
      action: 'make',
      name: null,
      description: null,
      dependsOn: ['a'],
      input: { n: 1 },
      continueOnFailure: true,
      timeoutSecs: 90,
      when: '{{ x }}',
      forEach: [1, 2],
      sequential: true,
      retry: { attemptsMax: 3, delaySecs: 30, backoff: 'fixed', jitter: false },
    })
  })

  it('an inline step brings its action along', () => {
    const workspace = one(`
tasks:
  t:
    flow:
      say: { type: script, script: "echo hi", name: Say, retry: { max_attempts: 1 }, tags: [a, a], env: { A: b }, depends_on: [x] }
`)
    expect(step(workspace, 't', 'say')).toMatchObject({ action: '_inline:t:say', name: 'Say', dependsOn: ['x'], retry: { attemptsMax: 1 } })
    expect(script(workspace, '_inline:t:say')).toMatchObject({ script: 'echo hi', name: null, retry: null, tags: ['a'], env: { A: 'b' }, runner: 'local' })
  })

  it('inputs of an inline step that define a field form the schema of its action', () => {
    const workspace = one(`
tasks:
  t:
    flow:
      say:
        type: script
        script: echo
        input:
          size: { type: integer, default: 4 }
          label: size label
          odd: { type: integer, required: perhaps }
          empty:
`)
    expect(step(workspace, 't', 'say')?.input).toEqual({ label: 'size label', odd: { type: 'integer', required: 'perhaps' }, empty: null })
    expect(Object.keys(script(workspace, '_inline:t:say').input)).toEqual(['size'])
  })

  it('a field of a wrong shape in an inline step is ignored with a warning', () => {
    const workspace = one('tasks:\n  t:\n    flow:\n      say: { type: script, script: echo, timeout: soon, when: false, depends_on: x }\n')
    expect(step(workspace, 't', 'say')).toMatchObject({ timeoutSecs: null, when: 'false', dependsOn: ['x'] })
    expect(workspace.warnings).toEqual([
      "'a.yaml': line 4, tasks.t.flow.say.timeout: expected seconds, or a duration such as 90s or 1h30m, found the text soon; the field is ignored",
    ])
  })

  it('a step needs an action or a type', () => {
    expect(one('tasks: { t: { flow: { say: { script: echo } } } }').warnings[0]).toMatch(/needs `action` .* or `type`/)
  })
})

describe('actions', () => {
  it('shell is the old name of script, with the old names of its fields', () => {
    const workspace = one('actions: { code: { type: shell, cmd: "echo hi" }, file: { type: shell, script: run.sh } }')
    expect(script(workspace, 'code')).toMatchObject({ type: 'script', script: 'echo hi', source: null })
    expect(script(workspace, 'file')).toMatchObject({ type: 'script', script: null, source: 'run.sh' })
  })

  it('of every type are known', () => {
    const workspace = one(`
actions:
  docker: { type: docker, image: x, command: [a], env: { A: b } }
  pod: { type: pod, image: x, manifest: { spec: {} } }
  task: { type: task, task: other }
  agent: { type: agent, provider: p, prompt: hello, max_turns: 3 }
  approval: { type: approval, message: Go on? }
`)
    expect(Object.values(workspace.actions).map(action => action.type)).toEqual(['docker', 'pod', 'task', 'agent', 'approval'])
    expect(workspace.actions['agent']).toMatchObject({ prompt: 'hello', settings: { max_turns: 3 } })
  })

  it('of an unknown type, or without what they cannot do without, are left out alone', () => {
    const workspace = one('actions: { a: { type: magic }, b: { type: task }, c: { type: approval }, d: { type: script, script: echo } }')
    expect(Object.keys(workspace.actions)).toEqual(['d'])
    expect(workspace.warnings).toHaveLength(3)
    expect(workspace.warnings[0]).toMatch(/^'a.yaml': line 1, actions.a: expected a type out of script, .*, found magic; the action is left out$/)
  })
})

describe('secrets and connections', () => {
  it('are rendered, and connections get the defaults of their type', () => {
    const workspace = one(`
secrets: { key: "{{ 'a' ~ 'b' }}", mail: { password: pw } }
connection_types: { db: { host: { type: string, required: true }, port: { type: integer, default: 5432 } } }
connections: { main: { type: db, host: h, password: "{{ secret.mail.password }}" }, loose: { url: u } }
`)
    expect(workspace.secrets).toEqual({ key: 'ab', mail: { password: 'pw' } })
    expect(workspace.connections).toEqual({
      main: { type: 'db', values: { host: 'h', password: 'pw', port: 5432 } },
      loose: { type: null, values: { url: 'u' } },
    })
  })

  it('that do not render keep the workspace from loading', () => {
    expect(loadWorkspace([{ path: 'a.yaml', text: 'secrets: { broken: "{{ nothing }}" }' }])).toEqual({
      error: "Failed to render secret 'broken': Variable `nothing` not found in context",
    })
    expect(loadWorkspace([{ path: 'a.yaml', text: 'connections: { c: { key: "{{ secret.none }}" } }' }])).toMatchObject({
      error: expect.stringMatching(/connection 'c' field 'key'/),
    })
  })
})

describe('triggers', () => {
  it('of every type are known, with their defaults', () => {
    const { triggers } = one(`
triggers:
  cron: { type: scheduler, cron: "0 0 * * *", task: t }
  hook: { type: webhook, name: h, task: t, mode: sync, timeout_secs: 5 }
  source: { type: event_source, task: c, target_task: t }
`)
    expect(triggers['cron']).toMatchObject({ type: 'scheduler', enabled: true, concurrency: 'allow', timezone: null, input: {} })
    expect(triggers['hook']).toMatchObject({ type: 'webhook', mode: 'sync', timeoutSecs: 5, secret: null })
    expect(triggers['source']).toMatchObject({ type: 'event_source', targetTask: 't', backoffSecs: 5, restartPolicy: 'always', inFlightMax: null })
  })
})

describe('libraries', () => {
  const kit = {
    name: 'kit',
    files: [
      {
        path: 'team/kit.yaml',
        text: `
connection_types: { db: { host: { type: string } } }
secrets: { broken: "{{ not rendered here }}" }
triggers: { gone: { type: webhook, name: x, task: pipeline } }
on_success: [{ action: stamp }]
actions:
  stamp: { type: script, script: echo, input: { db: { type: db }, text: { type: string } } }
  call: { type: task, task: pipeline }
  away: { type: task, task: elsewhere }
tasks:
  pipeline:
    input: { db: { type: db } }
    on_error: [{ action: stamp }]
    flow: { mark: { action: stamp }, own: { type: script, script: echo }, foreign: { action: other.x } }
`,
      },
    ],
  }

  it('lend actions, tasks and connection types under their name, references rewritten', () => {
    const workspace = load(
      { 'a.yaml': 'actions: { kit.stamp: { type: approval, message: mine }, mine: { type: script, script: echo } }' },
      { name: 'ws', libraries: [kit] },
    )
    expect(Object.keys(workspace.actions).sort()).toEqual(['kit._inline:pipeline:own', 'kit.away', 'kit.call', 'kit.stamp', 'mine'])
    expect(workspace.actions['kit.stamp']).toMatchObject({ type: 'script', input: { db: { type: 'kit.db' }, text: { type: 'string' } } })
    expect(workspace.actions['kit.call']).toMatchObject({ task: 'kit.pipeline' })
    expect(workspace.actions['kit.away']).toMatchObject({ task: 'elsewhere' })
    expect(task(workspace, 'kit.pipeline')).toMatchObject({
      folder: null,
      input: { db: { type: 'kit.db' } },
      hooks: { onError: [{ action: 'kit.stamp' }] },
      flow: { mark: { action: 'kit.stamp' }, own: { action: 'kit._inline:pipeline:own' }, foreign: { action: 'other.x' } },
    })
    expect(Object.keys(workspace.connectionTypes)).toEqual(['kit.db'])
    expect([workspace.triggers, workspace.secrets, workspace.hooks.onSuccess]).toEqual([{}, {}, []])
  })

  it('with a name that is no name are left out', () => {
    expect(load({}, { libraries: [{ name: '../x', files: [] }] }).warnings[0]).toMatch(/^Skipping library '..\/x'/)
  })
})

describe('durations', () => {
  it.each([
    ['90', 90],
    ['90s', 90],
    ['1h30m15s', 5415],
    [' 5m ', 300],
    ['2h', 7200],
  ])('%j is %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  it.each(['', '0', '0s', '-5', '1.5h', '5 m', '1h junk', 'm', '10d', '1h30', '99999999999999999999h'])('%j is none', text => {
    expect(parseDuration(text)).toBeNull()
  })
})
