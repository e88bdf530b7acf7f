import { isRefusal } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { simple, workflow } from '../testing/build.js'
import { World } from '../testing/world.js'

describe('a termination', () => {
  it('starts the failure workflow only when it is told to', () => {
    const world = new World()
    world.define(workflow('w', [simple('a')], { failureWorkflow: 'mend' }))
    world.define(workflow('mend', [simple('m')]))
    const mends = () => [...world.views.values()].filter(view => view.execution.label.name === 'mend').length
    const [first, second] = [world.start({ name: 'w' }), world.start({ name: 'w' })]
    if (isRefusal(first) || isRefusal(second)) throw new Error('not started')
    world.send(first, { kind: 'terminate', reason: null })
    expect(mends()).toBe(0)
    world.send(second, { kind: 'terminate', reason: 'mend it', startsFailureWorkflow: true })
    expect(mends()).toBe(1)
  })
})
