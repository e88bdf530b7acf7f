import { isRefusal } from '@busbar/kernel'
import { expect, it } from 'vitest'
import type { ConductorView } from '../decide/task.js'
import { simple, sub, taskDef, workflow } from '../testing/build.js'
import { evaluate, mustHold } from '../testing/run-scenarios.js'
import { World } from '../testing/world.js'
import { taskToWire } from '../wire/task.js'

it('a child that ends with a child gives that one’s id to expressions, and is itself shown on the wire', () => {
  const world = new World({ evaluate, onCommit: mustHold })
  world.defineTask(taskDef('c'))
  world.define(workflow('leaf', [simple('c')]))
  world.define(workflow('mid', [sub('m', 'leaf')]))
  world.define(workflow('w', [sub('r', 'mid'), simple('a', { of: '${r.output.subWorkflowId}' })]))
  const root = world.start({ name: 'w', input: {} })
  if (isRefusal(root)) return expect.unreachable(root.message)
  const named = (name: string): ConductorView => [...world.views.values()].find(view => view.execution.label.name === name) ?? expect.unreachable(name)
  const leaf = named('leaf')
  const attempt = [...leaf.attempts()][0] ?? expect.unreachable('no task')
  const more = { reason: null, worker: 'w', callbackAfterSeconds: 0, extendLease: false, subWorkflowId: null, logs: [] }
  world.send(leaf.id, { kind: 'update', attempt: attempt.id, status: 'COMPLETED', output: { n: 1 }, ...more })
  const [r, a] = [...named('w').attempts()]
  if (!r || !a) return expect.unreachable('the parent went on')
  expect(a.data.input).toEqual({ of: leaf.id })
  expect(taskToWire(named('w'), r)['outputData']).toEqual({ n: 1, subWorkflowId: named('mid').id })
})
