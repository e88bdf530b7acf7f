/** Plays a scenario: a definition, and what happens to its job, as data. */
import { type ExecutionId, isRefusal, type JsonObject } from '@busbar/kernel'
import { expect } from 'vitest'
import { stringify } from 'yaml'
import { loadWorkspace } from '../definition/load-workspace.js'
import { jobToDetail } from '../wire/job-detail.js'
import { World } from './world.js'

export interface Scenario {
  readonly title: string
  /** The YAML of a workspace. */
  readonly workspace: JsonObject
  readonly task: string
  readonly input?: JsonObject
  readonly events: readonly Event[]
}

type Event =
  /** A worker claims, and must get this step. `take`: it begins at once; null: it gets nothing. */
  | { readonly claim: string }
  | { readonly take: string | null; readonly script?: string; readonly input?: JsonObject }
  | { readonly complete: string; readonly output?: JsonObject; readonly job?: number }
  | { readonly fail: string; readonly error?: string; readonly job?: number }
  | { readonly pass: string }
  | { readonly cancel: 'job'; readonly refused?: string }
  | { readonly approve: string; readonly input?: JsonObject; readonly refused?: string }
  | { readonly reject: string; readonly reason?: string; readonly refused?: string }
  /** The worker gives a sign of life. */
  | { readonly beat: string }
  | { readonly release: string }
  /** No worker is there any more that could run a step. */
  | { readonly dismiss: 'workers' }
  | Expectation

interface Expectation {
  readonly see: {
    readonly job?: string
    /** All of these steps, by name, with status, or with some of their fields. */
    readonly steps?: Record<string, string | JsonObject>
    readonly output?: JsonObject | null
    readonly started?: boolean
  }
  /** Which job: the first is 1, those it started follow. */
  readonly job?: number
  /** The lines of the server since the last look. */
  readonly says?: readonly string[]
}

const worker = 'w1'

export function playScenario(scenario: Scenario, options: { readonly forgetful: boolean }): void {
  const loaded = loadWorkspace([{ path: '.workflows/scenario.yaml', text: stringify(scenario.workspace) }], { name: 'lab' })
  if ('error' in loaded) throw new Error(loaded.error)
  const world = new World(loaded.workspace, options)
  const id = world.start(scenario.task, scenario.input ?? {})
  if (isRefusal(id)) throw new Error(id.message)
  for (const [index, event] of scenario.events.entries()) {
    try {
      playEvent(world, id, event)
    } catch (error) {
      if (error instanceof Error) error.message = `event ${index + 1} ${JSON.stringify(event)}: ${error.message}`
      throw error
    }
  }
}

function playEvent(world: World, first: ExecutionId, event: Event): void {
  const jobAt = (number = 1) => [...world.views.keys()][number - 1] ?? expect.unreachable(`no job ${number}`)
  const answer = (reply: unknown, refused: string | undefined) => {
    if (refused === undefined) expect(reply).not.toMatchObject({ kind: 'refusal' })
    else expect(reply).toMatchObject({ kind: 'refusal', message: refused })
  }
  const report = (id: ExecutionId, step: string, exitCode: number, output: JsonObject | null, error: string | null) =>
    answer(world.send(id, { kind: 'complete', step, exitCode, output, error }), undefined)

  if ('claim' in event) expect(world.claim(worker)?.step).toBe(event.claim)
  else if ('take' in event) {
    const taken = world.claim(worker)
    expect(taken?.step ?? null).toBe(event.take)
    if (taken === null) return
    if (event.script !== undefined) expect(taken.work['action_spec']).toMatchObject({ script: event.script })
    if (event.input !== undefined) expect(taken.work['input']).toEqual(event.input)
    world.send(taken.execution, { kind: 'begin', step: taken.step, worker: worker as never })
  } else if ('complete' in event) report(jobAt(event.job), event.complete, 0, event.output ?? null, null)
  else if ('fail' in event) report(jobAt(event.job), event.fail, 1, null, event.error ?? 'broken')
  else if ('pass' in event) world.pass(milliseconds(event.pass))
  else if ('cancel' in event) answer(world.send(first, { kind: 'cancel', by: 'tester' }), event.refused)
  else if ('beat' in event) world.sign(event.beat)
  else if ('dismiss' in event) world.dismiss()
  else if ('release' in event) answer(world.send(first, { kind: 'release', step: event.release, worker: worker as never }), undefined)
  else if ('approve' in event || 'reject' in event) {
    const step = 'approve' in event ? event.approve : event.reject
    const given =
      'approve' in event ? { approved: true, input: event.input ?? null, reason: null } : { approved: false, input: null, reason: event.reason ?? null }
    answer(world.send(first, { kind: 'approve', step, ...given, by: 'tester' }), event.refused)
  } else look(world, jobAt(event.job), event)
}

function look(world: World, id: ExecutionId, { see, says }: Expectation): void {
  const detail = jobToDetail(world.view(id), { secrets: () => ({}), connections: () => ({}) })
  if (see.job !== undefined) expect(detail['status']).toBe(see.job)
  if ('output' in see) expect(detail['output']).toEqual(see.output)
  if (see.started !== undefined) expect(detail['started_at'] !== null).toBe(see.started)
  if (see.steps) {
    const rows = new Map((detail['steps'] as JsonObject[]).map(row => [row['step_name'], row]))
    const found = Object.fromEntries([...rows].map(([name, row]) => [name, typeof see.steps?.[String(name)] === 'object' ? row : row['status']]))
    expect(found).toMatchObject(see.steps)
    expect(new Set(rows.keys())).toEqual(new Set(Object.keys(see.steps)))
  }
  const lines = world.notes.splice(0).map(note => note.text)
  if (says) expect(lines).toEqual(says)
}

function milliseconds(text: string): number {
  const [, count, unit] = /^(\d+)(s|m|h)$/.exec(text) ?? expect.unreachable(`'${text}' is no time such as 30s`)
  return Number(count) * { s: 1000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h']
}
