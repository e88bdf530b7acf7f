import { expect, test } from 'vitest'
import * as generators from './generators.js'

const { generate, generateInlineTask, generateWaitTask, taskGenMapper } = generators

test('names what has no name, and refers to it by that name', () => {
  const { name, taskReferenceName } = generateWaitTask()
  expect(name).toMatch(/^wait__task_\w+$/)
  expect(taskReferenceName).toBe(`${name}_ref`)
  expect(generateWaitTask({ name: 'mine' }).taskReferenceName).toBe('mine_ref')
})

test('what is given stays', () => {
  expect(generateWaitTask({ inputParameters: { duration: '1 s' } }).inputParameters).toEqual({ duration: '1 s' })
  expect(generators.generateEventTask({ sink: 'conductor:x' }).sink).toBe('conductor:x')
})

test('a function that returns a function becomes the script of an inline task', () => {
  const { inputParameters } = generateInlineTask({ inputParameters: { expression: () => 'function () { return 1 }' } })
  expect(inputParameters).toEqual({ evaluatorType: 'javascript', expression: '(function () { return 1 })();' })
  expect(generateInlineTask().inputParameters).toEqual({ value: '${workflow.input.value}', evaluatorType: 'javascript', expression: 'true' })
})

test('puts a join behind a fork that goes on, and none behind one that is last or has one', () => {
  const types = (...given: string[]) => taskGenMapper(given.map(type => ({ type }))).map(({ type }) => type)
  expect(types('FORK_JOIN', 'WAIT')).toEqual(['FORK_JOIN', 'JOIN', 'WAIT'])
  expect(types('FORK_JOIN', 'JOIN', 'WAIT')).toEqual(['FORK_JOIN', 'JOIN', 'WAIT'])
  expect(types('FORK_JOIN_DYNAMIC')).toEqual(['FORK_JOIN_DYNAMIC'])
})

test('a type without a generator keeps its word, and a task without a type is a worker’s', () => {
  const [simple, human, custom] = taskGenMapper([{ type: 'SIMPLE', name: 'a' }, { type: 'HUMAN' }, {}])
  expect(simple).toMatchObject({ type: 'SIMPLE', name: 'a', taskReferenceName: 'a_ref', inputParameters: {} })
  expect(human?.type).toBe('HUMAN')
  expect(custom?.type).toBe('CUSTOM')
})

test('completes tasks at every depth', () => {
  const { tasks } = generate({
    tasks: [{ type: 'SWITCH', decisionCases: { a: [{ type: 'DO_WHILE', loopOver: [{ type: 'FORK_JOIN', forkTasks: [[{ type: 'WAIT' }]] }] }] } }],
  })
  const inner = tasks[0]?.decisionCases?.['a']?.[0]?.loopOver?.[0]?.forkTasks?.[0]?.[0]
  expect(inner).toMatchObject({ type: 'WAIT', inputParameters: {}, name: expect.any(String) })
})

test('a workflow gets the defaults of the original', () => {
  expect(generate({})).toMatchObject({
    name: 'NewWorkflow_3nxbi',
    version: 1,
    schemaVersion: 2,
    restartable: true,
    timeoutPolicy: 'ALERT_ONLY',
    timeoutSeconds: 0,
  })
  expect(generate({ name: 'mine', version: 3 })).toMatchObject({ name: 'mine', version: 3, tasks: [] })
})
