/** What must not grow with the size of an execution, counted: rows written for a step, and attempts that are kept. */
import { type ExecutionId, isRefusal, type JsonObject } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { join, loop, simple, sub, task, workflow } from '../testing/build.js'
import { evaluate } from '../testing/run-scenarios.js'
import { World } from '../testing/world.js'

/** A world that counts. */
class Counted {
  commits = 0
  rows = 0
  removed = 0
  messages = 0
  asked = 0
  readonly world = new World({
    evaluate: (code, input) => {
      this.asked += 1
      return evaluate(code, input)
    },
    onChanges: ({ attempts, removed, sent }) => {
      this.commits += 1
      this.rows += attempts.length
      this.removed += removed.length
      this.messages += sent.length
    },
  })

  start(name: string, input: JsonObject = {}): ExecutionId {
    const id = this.world.start({ name, input })
    if (isRefusal(id)) throw new Error(id.message)
    return id
  }

  /** The rows that one answer writes, with all that follows from it. */
  answer(id: ExecutionId, reference: string, output: JsonObject = {}): number {
    const before = this.rows
    this.world.send(id, { kind: 'updateByReference', reference, status: 'COMPLETED', output, worker: null })
    return this.rows - before
  }
}

describe('a dynamic fork of 10,000 branches', () => {
  it('writes one row for each that ends, and looks at its join once at the end', () => {
    const branches = 10_000
    const counted = new Counted()
    const dynamic = { dynamicForkTasksParam: 'tasks', dynamicForkTasksInputParamName: 'inputs' }
    const inputParameters = { tasks: '${workflow.input.tasks}', inputs: '${workflow.input.inputs}' }
    counted.world.define(workflow('w', [task('f', 'FORK_JOIN_DYNAMIC', { inputParameters, ...dynamic }), join('j')]))
    const tasks = Array.from({ length: branches }, (_, n) => simple(`b${n}`, {}, { name: 'b' }))
    const id = counted.start('w', { tasks, inputs: {} })
    for (let guard = 0; counted.world.view(id).size < branches + 2 && guard < 50; guard++) counted.world.fireDue()
    const view = counted.world.view(id)
    expect(view.size).toBe(branches + 2)
    // Every row was written once, and those of a decision that took several commits no more than twice.
    expect(counted.rows).toBeLessThanOrEqual(branches + 2 + 50)
    let written = 0
    for (let n = 0; n < branches - 1; n++) written += counted.answer(id, `b${n}`)
    expect(written).toBeLessThanOrEqual(branches + 10)
    expect(counted.answer(id, `b${branches - 1}`)).toBeLessThanOrEqual(3)
    expect(view.status).toBe('completed')
  }, 60_000)
})

describe('a loop of 10,000 iterations', () => {
  const iterations = 10_000
  const play = (more: JsonObject) => {
    const counted = new Counted()
    counted.world.define(workflow('w', [loop('l', `$.l.iteration < ${iterations}`, [simple('a')], more)]))
    const id = counted.start('w')
    const view = counted.world.view(id)
    let most = 0
    let kept = 0
    for (let n = 1; n <= iterations; n++) {
      const rows = counted.answer(id, `a__${n}`, { n })
      if (n > 10) most = Math.max(most, rows)
      kept = Math.max(kept, view.size)
    }
    expect(view.status).toBe('completed')
    return { most, kept, counted }
  }

  it('writes as many rows for the last as for the first', () => {
    const { most, kept } = play({})
    expect(most).toBeLessThanOrEqual(3)
    expect(kept).toBe(iterations + 1)
  }, 60_000)

  it('keeps only the last ones when it is told to', () => {
    const { most, kept, counted } = play({ inputParameters: { keepLastN: 3 } })
    expect(most).toBeLessThanOrEqual(3)
    expect(kept).toBeLessThanOrEqual(6)
    expect(counted.removed).toBeGreaterThan(iterations - 10)
  }, 60_000)
})

describe('a chain of 1,000 children', () => {
  it('costs each link the same: its commits, rows and messages', () => {
    const links = 1_000
    const counted = new Counted()
    for (let n = 0; n < links; n++) counted.world.define(workflow(`c${n}`, [sub('s', `c${n + 1}`)]))
    counted.world.define(workflow(`c${links}`, [simple('a')]))
    const root = counted.start('c0')
    const last = [...counted.world.views.values()].at(-1)
    expect(counted.world.views.size).toBe(links + 1)
    expect(counted.rows).toBeLessThanOrEqual(2 * links + 1)
    counted.answer(last?.id ?? root, 'a')
    expect(counted.world.view(root).status).toBe('completed')
    expect([...counted.world.views.values()].every(view => view.isTerminal)).toBe(true)
    expect(counted.rows).toBeLessThanOrEqual(4 * links + 4)
    expect(counted.commits).toBeLessThanOrEqual(4 * links + 4)
    expect(counted.messages).toBeLessThanOrEqual(4 * links)
  }, 60_000)
})
