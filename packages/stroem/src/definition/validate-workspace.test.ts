import { describe, expect, it } from 'vitest'
import { loadWorkspace } from './load-workspace.js'
import { validateWorkspace } from './validate-workspace.js'

function problems(text: string): string[] {
  const loaded = loadWorkspace([{ path: 'a.yaml', text }])
  if ('error' in loaded) throw new Error(loaded.error)
  return validateWorkspace(loaded.workspace).map(({ severity, at, message }) => `${severity} ${at}: ${message}`)
}

const cases: readonly (readonly [what: string, yaml: string, problem: RegExp])[] = [
  ['a script without code', 'actions: { a: { type: script } }', /^error actions.a: a script needs/],
  ['a script with code and a file', 'actions: { a: { type: script, script: x, source: y } }', /not both/],
  ['an empty script', 'actions: { a: { type: script, script: "" } }', /empty/],
  ['a script that is no template', 'actions: { a: { type: script, script: "echo ${#x}" } }', /^error actions.a.script: .*comment end/],
  ['an unknown runner', 'actions: { a: { type: script, script: x, runner: moon } }', /runner out of/],
  ['an unknown language', 'actions: { a: { type: script, script: x, language: latin } }', /language out of/],
  ['an odd interpreter', 'actions: { a: { type: script, script: x, language: python, interpreter: "a b" } }', /interpreter/],
  ['an odd dependency', 'actions: { a: { type: script, script: x, language: python, dependencies: ["a;b"] } }', /dependency/],
  ['dependencies without a language', 'actions: { a: { type: script, script: x, dependencies: [a] } }', /^warning actions.a: `dependencies`/],
  ['an empty argument', 'actions: { a: { type: script, script: x, args: [""] } }', /argument/],
  ['a manifest without a pod', 'actions: { a: { type: script, script: x, manifest: {} } }', /manifest/],
  ['a container without an image', 'actions: { a: { type: docker } }', /image/],
  ['a bad output type', 'actions: { a: { type: script, script: x, output: { n: { type: blob } } } }', /^error actions.a.output.n:/],
  ['a secret nobody defined', 'actions: { a: { type: script, script: x, env: { K: "{{ secret.none }}" } } }', /^warning actions.a.env.K: .*none/],
  ['a task action without its task', 'actions: { a: { type: task, task: gone } }', /there is no task 'gone'/],
  ['a missing action', 'tasks: { t: { flow: { s: { action: gone } } } }', /^error tasks.t.flow.s: there is no action 'gone'/],
  ['an action from elsewhere', 'tasks: { t: { flow: { s: { action: lib.a } } } }', /^warning tasks.t.flow.s: .*not looked at/],
  ['a missing hook action', 'tasks: { t: { flow: {}, on_error: [{ action: gone }] } }', /^error tasks.t.on_error\[0\]:/],
  ['a workspace hook without its action', 'on_cancel: [{ action: gone }]', /^error on_cancel\[0\]:/],
  ['a task that starts itself', 'tasks: { t: { flow: { s: { type: task, task: t } } } }', /starts itself/],
  ['a dependency that is no step', 'tasks: { t: { flow: { s: { type: script, script: x, depends_on: [gone] } } } }', /depends on 'gone'/],
  [
    'steps in a circle',
    'tasks: { t: { flow: { a: { type: script, script: x, depends_on: [c] }, b: { type: script, script: x, depends_on: [a] }, c: { type: script, script: x, depends_on: [b] } } } }',
    /^error tasks.t: .*circle: a → c → b → a$/,
  ],
  ['a broken condition', 'tasks: { t: { flow: { s: { type: script, script: x, when: "{{ a" } } } }', /^error tasks.t.flow.s.when:/],
  ['a broken loop', 'tasks: { t: { flow: { s: { type: script, script: x, for_each: "{{ a" } } } }', /^error tasks.t.flow.s.for_each:/],
  ['a loop over a map', 'tasks: { t: { flow: { s: { type: script, script: x, for_each: { a: 1 } } } } }', /template or a list/],
  ['a name with brackets', 'tasks: { t: { flow: { "s[0]": { type: script, script: x } } } }', /must not hold \[/],
  ['a long step', 'tasks: { t: { flow: { s: { type: script, script: x, timeout: 25h } } } }', /24 hours/],
  ['a long task', 'tasks: { t: { timeout: 200h, flow: {} } }', /7 days/],
  ['too many tries', 'tasks: { t: { flow: { s: { type: script, script: x, retry: { max_attempts: 11 } } } } }', /from 1 to 10/],
  ['a long delay', 'tasks: { t: { flow: { s: { type: script, script: x, retry: { delay: 2h } } } } }', /at most 3600/],
  ['sequential without a loop', 'tasks: { t: { flow: { s: { type: script, script: x, sequential: true } } } }', /^warning .*sequential/],
  ['a retry of an approval', 'tasks: { t: { flow: { s: { type: approval, message: x, retry: {} } } } }', /^warning .*retry means nothing/],
  ['an unknown input type', 'tasks: { t: { flow: {}, input: { a: { type: blob } } } }', /^error tasks.t.input.a: .*connection type/],
  ['many secrets in one', 'tasks: { t: { flow: {}, input: { a: { type: string, multiple: true, secret: true, options: [a] } } } }', /do not go together/],
  ['a default that is no option', 'tasks: { t: { flow: {}, input: { a: { type: string, options: [a], default: b } } } }', /^warning .*not among/],
  ['a trigger without its task', 'triggers: { w: { type: webhook, name: w, task: gone } }', /there is no task 'gone'/],
  ['a webhook with an odd name', 'tasks: { t: { flow: {} } }\ntriggers: { w: { type: webhook, name: "a/b", task: t } }', /name of a webhook/],
  ['a zone that is none', 'tasks: { t: { flow: {} } }\ntriggers: { w: { type: scheduler, cron: "* * * * *", timezone: Mars, task: t } }', /time zone/],
  ['an event source that feeds itself', 'tasks: { t: { flow: {} } }\ntriggers: { w: { type: event_source, task: t, target_task: t } }', /two tasks/],
  ['a connection without its type', 'connections: { c: { type: gone } }', /no connection type 'gone'/],
  [
    'a connection without a required field',
    'connection_types: { db: { host: { type: string, required: true } } }\nconnections: { c: { type: db } }',
    /'host' is required/,
  ],
  ['a connection with a field too many', 'connection_types: { db: {} }\nconnections: { c: { type: db, x: 1 } }', /^warning .*no field 'x'/],
  ['a connection type with a taken name', 'connection_types: { string: {} }', /cannot name a connection type/],
  ['a secret with an odd name', 'secrets: { "a-b": x }', /^error secrets.a-b:/],
  ['an empty secret', 'secrets: { a: { b: "" } }', /^error secrets.a.b: is empty/],
  ['names that templates cannot tell apart', 'tasks: { a-b: { flow: {} }, a_b: { flow: {} } }', /^error tasks: .*same name/],
  ['what the loader left out', 'tasks: [', /^warning : Skipping 'a.yaml'/],
]

describe('an author hears of', () => {
  it.each(cases)('%s', (_what, yaml, problem) => {
    expect(problems(yaml)).toEqual(expect.arrayContaining([expect.stringMatching(problem)]))
  })
})

describe('a good workspace', () => {
  it('has no problems', () => {
    const good = `
secrets: { key: word }
actions:
  say: { type: script, script: "echo {{ input.line }}", env: { KEY: "{{ secret.key }}" }, input: { line: { type: string } } }
tasks:
  build:
    timeout: 7h
    input: { names: { type: string, multiple: true, options: [a, b], default: [a] } }
    flow:
      first: { action: say, input: { line: hi }, retry: { max_attempts: 2, delay: 1m } }
      each: { type: script, script: "echo {{ each.item }}", depends_on: [first], for_each: "{{ input.names | json_encode() }}", sequential: true, when: "{{ first.output }}" }
on_error: [{ action: say }]
triggers: { nightly: { type: scheduler, cron: "0 3 * * *", timezone: Europe/Oslo, task: build } }
`
    expect(problems(good)).toEqual([])
  })
})
