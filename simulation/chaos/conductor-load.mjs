// Conductor's clients under fire: they register definitions, start executions, look at them, poll tasks and report.
import { setTimeout as sleep } from 'node:timers/promises'

const task = (name, reference, inputParameters = {}) => ({
  name,
  taskReferenceName: reference,
  type: 'SIMPLE',
  inputParameters: { key: '${workflow.input.key}', ...inputParameters },
})
const said = reference => ({ value: `\${${reference}.output.value}`, nonce: `\${${reference}.output.nonce}` })
const branches = ['left', 'middle', 'right']
const tenBranches = Array.from({ length: 10 }, (_, index) => `branch_${index}`)
const turns = ['turn__1', 'turn__2', 'turn__3']

const fork = names => [
  { name: 'fork', taskReferenceName: 'fork', type: 'FORK_JOIN', forkTasks: names.map(name => [task('chaos_branch', name)]) },
  { name: 'join', taskReferenceName: 'join', type: 'JOIN', joinOn: names },
]
const loop = {
  name: 'loop',
  taskReferenceName: 'loop',
  type: 'DO_WHILE',
  loopCondition: "$.loop['iteration'] < 3",
  loopOver: [task('chaos_turn', 'turn')],
}
const child = {
  name: 'child',
  taskReferenceName: 'child',
  type: 'SUB_WORKFLOW',
  inputParameters: { key: '${workflow.input.key}' },
  subWorkflowParam: { name: 'chaos_one', version: 1 },
}

const workflows = [
  { name: 'chaos_one', tasks: [task('chaos_step', 'one')], outputParameters: { one: said('one') } },
  { name: 'chaos_fork', tasks: fork(branches), outputParameters: Object.fromEntries(branches.map(branch => [branch, said(branch)])) },
  { name: 'chaos_loop', tasks: [loop], outputParameters: { turns: '${loop.output.iteration}' } },
  { name: 'chaos_parent', tasks: [child, task('chaos_step', 'after')], outputParameters: { child: '${child.output.one}', after: said('after') } },
  {
    name: 'chaos_all',
    tasks: [...fork(tenBranches), loop, child, task('chaos_again', 'again')],
    outputParameters: {
      ...Object.fromEntries([...tenBranches, 'again'].map(name => [name, said(name)])),
      child: '${child.output.one}',
      turns: '${loop.output.iteration}',
    },
  },
  {
    name: 'chaos_inline',
    tasks: [
      {
        name: 'double',
        taskReferenceName: 'double',
        type: 'INLINE',
        inputParameters: { evaluatorType: 'javascript', number: '${workflow.input.number}', expression: '(function () { return $.number * 2 })()' },
      },
      task('chaos_step', 'last', { doubled: '${double.output.result}' }),
    ],
    outputParameters: { doubled: '${double.output.result}', last: said('last') },
  },
]

export const workflowNames = workflows.map(({ name }) => name)
/** Its first try always fails. */
export const failingType = 'chaos_again'
export const taskTypes = ['chaos_step', 'chaos_branch', 'chaos_turn', failingType]

/** Work that is lost with a connection comes back after its response time-out, and as often as it takes. */
const taskDefinition = (name, responseTimeoutSeconds) => ({
  name,
  ownerEmail: 'chaos@example.com',
  retryCount: 100,
  retryLogic: 'FIXED',
  retryDelaySeconds: 0,
  timeoutSeconds: 0,
  responseTimeoutSeconds,
  timeoutPolicy: 'RETRY',
})
const workflowDefinition = workflow => ({ schemaVersion: 2, version: 1, ownerEmail: 'chaos@example.com', timeoutSeconds: 0, ...workflow })

/**
 * What a whole execution has: the references of its workers' tasks, each completed exactly once; those whose words are in
 * its output; and whether it turned, had a child, and doubled its number.
 */
export const expectations = {
  chaos_one: { references: ['one'], told: ['one'] },
  chaos_fork: { references: branches, told: branches },
  chaos_loop: { references: turns, told: [], turns: 3 },
  chaos_parent: { references: ['after'], told: ['after'], hasChild: true },
  chaos_all: { references: [...tenBranches, ...turns, 'again'], told: [...tenBranches, 'again'], turns: 3, hasChild: true },
  chaos_inline: { references: ['last'], told: ['last'], isDoubled: true },
}

export async function registerConductor({ wire, responseTimeoutSeconds = 1 }) {
  const definitions = taskTypes.map(name => taskDefinition(name, responseTimeoutSeconds))
  await wire.insist('POST', '/api/metadata/taskdefs', definitions)
  await wire.insist('PUT', '/api/metadata/workflow', workflows.map(workflowDefinition))
}

/** Registers definitions of ever new names. */
export async function definer({ wire, records, load, chance, name }) {
  for (let number = 1; load.isOn; number++) {
    const definition = `chaos_${name}_${number}`
    try {
      await wire.call('PUT', '/api/metadata/workflow', [workflowDefinition({ name: definition, tasks: [task('chaos_step', 'never')] })])
      records.definitions.add(definition)
    } catch (error) {
      records.unlessLost(error)
    }
    await sleep(chance.between(20, 120))
  }
}

/** Starts executions, each under a key of its own, and never asks twice for the same one. */
export async function starter({ wire, records, quota, chance, name, menu = workflowNames }) {
  for (let number = 1; await quota.next(); number++) {
    const key = `${name}-${number}`
    const workflow = chance.oneOf(menu)
    try {
      const id = await wire.call('POST', '/api/workflow', { name: workflow, version: 1, correlationId: key, input: { key, number } })
      records.started(id, { dialect: 'conductor', name: workflow, key, number })
      quota.acknowledged()
    } catch (error) {
      quota.giveBack()
      records.startsLost += 1
      records.unlessLost(error)
    }
    await sleep(chance.between(5, 35))
  }
}

/** Looks at acknowledged executions while the server lives and dies: each must be there, and an end is an end. */
export async function watcher({ wire, records, load, chance }) {
  while (load.isOn) {
    await sleep(chance.between(5, 25))
    const ids = [...records.starts.keys()]
    const id = ids.length > 0 ? ids[Math.max(0, ids.length - chance.between(1, 60))] : undefined
    if (id === undefined) continue
    const { dialect } = records.starts.get(id)
    const path = dialect === 'conductor' ? `/api/workflow/${id}?includeTasks=false` : `/api/jobs/${id}`
    try {
      const { status, endTime, completed_at: completedAt, output } = await wire.call('GET', path)
      if (endTime || completedAt) records.seenEnded.set(id, { status, endedAt: endTime || completedAt, output })
    } catch (error) {
      records.unlessLost(error)
    }
  }
}

/** A worker of one type. It loses connections, drops tasks as if it were killed, fails first tries and answers twice. */
export async function conductorWorker({ wire, records, load, workers, chance, name, type }) {
  const inHand = new Set()
  while (workers.isOn) {
    const hangUp = new AbortController()
    const timer = load.isOn && chance.happens(0.05) ? setTimeout(() => hangUp.abort(), chance.between(1, 300)) : null
    try {
      const path = `/api/tasks/poll/batch/${type}?workerid=${name}&count=${chance.between(1, 8)}&timeout=500`
      for (const polled of await wire.call('GET', path, undefined, { signal: hangUp.signal })) {
        if (load.isOn && chance.happens(0.02)) continue
        const one = work({ wire, records, load, chance, name }, polled).finally(() => inHand.delete(one))
        inHand.add(one)
      }
    } catch (error) {
      records.unlessLost(error)
      await sleep(30)
    } finally {
      clearTimeout(timer)
    }
  }
  await Promise.all(inHand)
}

let nonces = 0

async function work({ wire, records, load, chance, name }, polled) {
  const isFailing = polled.retryCount === 0 && (polled.taskDefName === failingType || (load.isOn && chance.happens(0.08)))
  const answer = () => ({ value: `${polled.inputData.key}/${polled.referenceTaskName}`, nonce: ++nonces })
  const report = status => ({ isSuccess: status === 'COMPLETED', status, output: status === 'COMPLETED' ? answer() : { nonce: ++nonces } })
  const send = made =>
    reportTask({ wire, records }, polled, name, made).catch(error => {
      records.unlessLost(error)
    })
  const first = send(report(isFailing ? 'FAILED' : 'COMPLETED'))
  if (!load.isOn || !chance.happens(0.1)) return first
  // The second answer says something else: at most one of them may count.
  if (chance.happens(0.5)) await first
  await Promise.all([first, send(report('COMPLETED'))])
}

/** Sent again until it is acknowledged, as workers do. */
async function reportTask({ wire, records }, polled, worker, { isSuccess, status, output }) {
  const body = { workflowInstanceId: polled.workflowInstanceId, taskId: polled.taskId, workerId: worker, status, outputData: output }
  const giveUpAt = Date.now() + 10_000
  for (;;) {
    const acknowledged = records.reporting(polled.taskId, { isSuccess, status, output })
    try {
      await wire.call('POST', '/api/tasks', body)
      acknowledged()
      return
    } catch (error) {
      if (error.name !== 'Lost' || Date.now() > giveUpAt) throw error
      await sleep(30)
    }
  }
}
