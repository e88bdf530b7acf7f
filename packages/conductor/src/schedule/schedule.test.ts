import { type ExecutionId, isRefusal, type JsonObject } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { simple, workflow } from '../testing/build.js'
import { mustHold } from '../testing/run-scenarios.js'
import { World } from '../testing/world.js'
import { scheduleRequest } from './schedule.js'
import type { Schedule } from './schedule-types.js'

const hourMs = 3_600_000

function scheduleOf(more: Partial<Schedule> = {}): Schedule {
  const crons = [{ expression: '0 0 * * * ?', zone: 'UTC' }]
  return { name: 's', crons, catchesUp: false, isPaused: false, request: { name: 'w', input: { k: 1 } }, shown: {}, createdAt: 0, updatedAt: 0, ...more }
}

function scheduled(
  schedule: Schedule,
  world = new World({ onCommit: mustHold }),
): { readonly world: World; readonly id: ExecutionId; readonly started: () => readonly JsonObject[] } {
  world.define(workflow('w', [simple('a')]))
  const id = world.start(scheduleRequest(schedule))
  if (isRefusal(id)) throw new Error(id.message)
  const started = () => [...world.views.values()].filter(view => view.id !== id).map(view => view.brief.input)
  return { world, id, started }
}

describe('a schedule', () => {
  it('starts its workflow once at each of its times, and says so in the input', () => {
    const { world, id, started } = scheduled(scheduleOf())
    const first = world.now + hourMs
    world.advance(3 * hourMs)
    world.reload(id)
    world.advance(0)
    expect(started()).toHaveLength(3)
    expect(started()[0]).toMatchObject({ k: 1, _startedByScheduler: 's', _scheduledTime: first, _executedTime: first, _schedulerCron: '0 0 * * * ? UTC' })
    expect(world.view(id).state.scheduled?.runs.map(run => run.workflowId)).toEqual([...world.views.keys()].filter(one => one !== id))
  })

  it('makes up for one missed time, or for all of them when it catches up', () => {
    for (const [catchesUp, count] of [
      [false, 1],
      [true, 5],
    ] as const) {
      const { world, id, started } = scheduled(scheduleOf({ catchesUp }))
      world.now = (world.now + 5 * hourMs + 1) as World['now']
      world.fireDue()
      expect(started()).toHaveLength(count)
      world.reload(id)
      world.advance(hourMs)
      expect(started()).toHaveLength(count + 1)
    }
  })

  it('catches up with more than one decision may start', () => {
    const crons = [{ expression: '0 * * * * ?', zone: 'UTC' }]
    // What is left is news: deciding again goes on.
    const { world, started } = scheduled(scheduleOf({ crons, catchesUp: true }), new World())
    world.now = (world.now + 5 * hourMs) as World['now']
    for (let turn = 0; turn < 4; turn++) world.fireDue()
    expect(started()).toHaveLength(300)
  })

  it('starts nothing while it is paused, before it begins, and after it ends', () => {
    const { world, id, started } = scheduled(scheduleOf({ isPaused: true }))
    world.advance(2 * hourMs)
    expect(started()).toHaveLength(0)
    world.send(id, { kind: 'changeSchedule', change: { kind: 'resume' } })
    world.advance(2 * hourMs)
    expect(started()).toHaveLength(2)
    const window = { startsAt: world.now + 2 * hourMs, endsAt: world.now + 4 * hourMs }
    world.send(id, { kind: 'changeSchedule', change: { kind: 'replace', schedule: scheduleOf(window) } })
    world.advance(10 * hourMs)
    expect(started()).toHaveLength(5)
  })

  it('runs each of its expressions by itself', () => {
    const crons = [
      { expression: '0 0 * * * ?', zone: 'UTC' },
      { expression: '0 30 * * * ?', zone: 'Asia/Kolkata' },
    ]
    const { world, started } = scheduled(scheduleOf({ crons }))
    world.advance(2 * hourMs)
    expect(started().map(input => input['_schedulerCron'])).toEqual([
      '0 0 * * * ? UTC',
      '0 30 * * * ? Asia/Kolkata',
      '0 0 * * * ? UTC',
      '0 30 * * * ? Asia/Kolkata',
    ])
  })

  it('notes what could not be started, and goes on', () => {
    const { world, id, started } = scheduled(scheduleOf({ request: { name: 'nobody', input: {} } }))
    world.advance(hourMs)
    expect(started()).toHaveLength(0)
    expect(world.view(id).state.scheduled?.runs[0]).toMatchObject({ workflowId: null, reason: 'No such workflow defined. name=nobody, version=null' })
    world.define(workflow('nobody', [simple('a')]))
    world.advance(hourMs)
    expect(started()).toHaveLength(1)
  })
})
