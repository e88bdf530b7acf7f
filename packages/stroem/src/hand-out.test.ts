import { isRefusal } from '@busbar/kernel'
import { describe, expect, test } from 'vitest'
import type { Workspace } from './definition/types.js'
import { script, step, task, workspace } from './testing/definitions.js'
import { World } from './testing/world.js'
import { forLegacyWorker } from './wire/claim-answer.js'

function claimed(given: Partial<Workspace>, input = {}) {
  const world = new World(workspace(given))
  const id = world.start('main', input)
  if (isRefusal(id)) return expect.unreachable(id.message)
  return { world, id, work: world.claim('w1')?.work ?? null }
}

const input = (fields: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      {
        ...{ type: 'string', name: null, description: null, required: false, secret: false, default: value as never, options: null },
        ...{ allowCustom: false, multiple: false, order: null },
      },
    ]),
  )

describe('handOut', () => {
  test('gives a worker all it needs, rendered', () => {
    const { work, id } = claimed(
      {
        actions: {
          run: script({ script: 'echo {{ input.who }}', args: ['{{ input.n }}'], env: { WHO: '{{ input.who }}' }, input: input({ n: 3, who: null }) }),
        },
        tasks: { main: task({ 'first-step': step({ input: { who: 'dear {{ input.name }}' }, timeoutSecs: 60 }) }) },
      },
      { name: 'Ida' },
    )
    expect(work).toEqual({
      workspace: 'lab',
      job_id: id,
      task_name: 'main',
      step_name: 'first-step',
      action_name: 'run',
      action_type: 'script',
      action_image: null,
      action_spec: {
        type: 'script',
        script: 'echo dear Ida',
        args: ['3'],
        env: { WHO: 'dear Ida' },
        runner: 'local',
        input: { n: { type: 'string', default: 3 }, who: { type: 'string' } },
      },
      input: { who: 'dear Ida', n: 3 },
      runner: 'local',
      timeout_secs: 60,
      revision: 'r1',
    })
  })

  test('fields that the step leaves out come from the job, then from the action', () => {
    const given = {
      actions: { run: script({ input: input({ a: 'action', b: 'action', c: 'action' }) }) },
      tasks: { main: task({ s: step({ input: { a: 'step' } }) }) },
    }
    expect(claimed(given, { a: 'job', b: 'job', c: null, d: 'job' }).work?.['input']).toEqual({ a: 'step', b: 'job', c: 'action' })
  })

  test('structure survives where a template is nothing but a reference', () => {
    const given = {
      tasks: { main: task({ s: step({ input: { list: '{{ input.list }}', text: 'n={{ input.n }}', n: '{{ input.n }}', raw: [1, '{{ input.n }}'] } }) }) },
    }
    expect(claimed(given, { list: [1, { a: 2 }], n: 5 }).work?.['input']).toEqual({ list: [1, { a: 2 }], text: 'n=5', n: '5', raw: [1, '{{ input.n }}'] })
  })

  test('an action for containers waits for a worker with that ability', () => {
    const docker = {
      ...{ type: 'docker' as const, name: null, description: null, input: {}, output: null, retry: null, tags: [], image: 'tool:{{ input.tag }}' },
      ...{ cmd: 'run', command: null, entrypoint: null, env: null },
    }
    const world = new World(workspace({ actions: { run: docker }, tasks: { main: task({ s: step({ input: { tag: '7' } }) }) } }))
    world.start('main')
    expect(world.claim('w1', { abilities: ['script'], tags: [], exclusive: false })).toBeNull()
    expect(world.claim('w1', { abilities: ['docker'], tags: [], exclusive: false })?.work).toMatchObject({
      action_type: 'docker',
      action_image: 'tool:7',
      runner: 'none',
    })
  })

  test('a worker from before the script type gets the same work in its own words', () => {
    const { work } = claimed({ tasks: { main: task({ s: step() }) } })
    expect(forLegacyWorker(work ?? {})).toMatchObject({ action_type: 'shell', action_spec: { type: 'shell', cmd: 'true' } })
  })
})
