import { describe, expect, it } from 'vitest'
import { type ConductorDefinition, everyTask, listsIn, operatorOf, type Task, type Workflow } from './conductor-definition.js'
import { conductorDefinition, depthMax } from './conductor-writer.js'
import { Random } from './random.js'
import { brokenProgram, brokenScript, jqPrograms, lambdaOf, objectScript, preparedEvaluator, scalarScripts, smallValues } from './scripts.js'
import { type Outcome, play } from './world.js'

const seed = 4
const runs = 300
/** So many executions of every operator are enough to see that it is still drawn. */
const runsLeast = 4

const operators = [
  'DECISION',
  'DECISION expression',
  'DO_WHILE',
  'DO_WHILE items',
  'DO_WHILE items keepLastN',
  'DO_WHILE keepLastN',
  'DYNAMIC',
  'DYNAMIC INLINE',
  'EXCLUSIVE_JOIN',
  'FORK_JOIN',
  'FORK_JOIN_DYNAMIC forkTaskName',
  'FORK_JOIN_DYNAMIC forkTaskType',
  'FORK_JOIN_DYNAMIC forkTaskWorkflow',
  'FORK_JOIN_DYNAMIC plan',
  'FORK_JOIN_DYNAMIC tasks',
  'HUMAN',
  'INLINE graaljs',
  'INLINE javascript',
  'INLINE value-param',
  'JOIN',
  'JSON_JQ_TRANSFORM',
  'LAMBDA',
  'NOOP',
  'SET_VARIABLE',
  'SIMPLE',
  'START_WORKFLOW',
  'SUB_WORKFLOW',
  'SUB_WORKFLOW inline',
  'SWITCH graaljs',
  'SWITCH javascript',
  'SWITCH value-param',
  'TERMINATE',
  'WAIT',
]

/** With what is nested in workflows that are written where they are started. */
function tasksOf({ tasks }: Workflow): readonly Task[] {
  return everyTask(tasks).flatMap(task => [task, ...inner(task).flatMap(tasksOf)])
}

function inner(task: Task): Workflow[] {
  return task.type === 'SUB_WORKFLOW' && task.subWorkflowParam.workflowDefinition ? [task.subWorkflowParam.workflowDefinition] : []
}

function depthOf(tasks: readonly Task[]): number {
  const lists = tasks.flatMap(task => [...listsIn(task), ...inner(task).map(workflow => workflow.tasks)]).filter(list => list.length > 0)
  return Math.max(0, ...lists.map(list => 1 + depthOf(list)))
}

/** The operators of which at least one ran to its end. */
function completedIn({ scene, completed }: Outcome): Set<string> {
  const { root, child } = scene.definition as ConductorDefinition
  const names = new Set([...completed].map(key => key.replace(/__\d+$/, '')))
  return new Set([root, child].flatMap(tasksOf).flatMap(task => (names.has(task.taskReferenceName) ? [operatorOf(task)] : [])))
}

describe('workflows of all operators', () => {
  it(`end as the rules say in ${runs} runs, in which every operator and every bad habit of workers occurs`, { timeout: 120_000 }, async () => {
    const outcomes: Outcome[] = []
    for (let run = 1; run <= runs; run++) outcomes.push(await play({ seed, run, dialect: 'conductor', servers: run % 10 === 0 ? 3 : 1 }))
    expect(outcomes.filter(({ problem }) => problem !== null).map(({ problem }) => problem)).toEqual([])
    const all = outcomes.map(completedIn)
    const often = operators.filter(operator => all.filter(completed => completed.has(operator)).length >= runsLeast)
    expect(often).toEqual(operators)
    expect([...new Set(all.flatMap(completed => [...completed]))].sort()).toEqual(operators)
    for (const occurrence of ['late', 'duplicate', 'progress', 'oldFence', 'answer'] as const)
      expect(
        outcomes.reduce((sum, { occurred }) => sum + occurred[occurrence], 0),
        occurrence,
      ).toBeGreaterThan(0)
  })

  it('are played again exactly', async () => {
    for (let run = 1; run <= 10; run++) {
      const [first, second] = [await play({ seed, run, dialect: 'conductor' }), await play({ seed, run, dialect: 'conductor' })]
      expect(second.events).toEqual(first.events)
    }
  })

  it('are nested to their full depth in one of ten', () => {
    const depths = Array.from({ length: 500 }, (_, run) => depthOf(conductorDefinition(new Random(seed, run)).root.tasks))
    expect(Math.max(...depths)).toBe(depthMax)
    expect(depths.filter(depth => depth === depthMax).length).toBeGreaterThan(50)
  })
})

describe('the scripts of random workflows', () => {
  it('mean to the sandbox what the model says', async () => {
    const evaluator = await preparedEvaluator()
    const ask = async (language: 'javascript' | 'jq', code: string, value: (typeof smallValues)[number]) => {
      const [answer] = await evaluator.evaluate([{ language, code, input: { value } }], { now: 0, chance: 0 } as Parameters<typeof evaluator.evaluate>[1])
      return answer?.ok ? answer.value : 'broken'
    }
    for (const value of smallValues) {
      for (const script of [...scalarScripts, objectScript]) {
        expect(await ask('javascript', script.code, value), script.code).toEqual(script.means(value))
        expect(await ask('javascript', `function scriptFun(){${lambdaOf(script)}} scriptFun();`, value), script.code).toEqual(script.means(value))
      }
      for (const { code, results } of jqPrograms) expect(await ask('jq', code, value), code).toEqual(results(value))
      expect(await ask('javascript', brokenScript.code, value)).toBe('broken')
      expect(await ask('jq', brokenProgram.code, value)).toBe('broken')
    }
  })

  it('do not lead out of the values that were prepared', () => {
    for (const value of smallValues)
      for (const { means, isSmall } of [...scalarScripts, ...jqPrograms]) if (isSmall) expect(smallValues).toContain(means(value))
  })
})
