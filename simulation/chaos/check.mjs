// The clients' records against what the server says, and at last against its database.
import { isDeepStrictEqual } from 'node:util'
import { expectations } from './conductor-load.mjs'
import { stepsOf } from './stroem-load.mjs'

const readersMax = 16

/** Every acknowledged start, report and definition; problems go into the records. */
export async function checkServer({ wire, records }) {
  const waiting = [...records.starts]
  const checkedTasks = new Set()
  const reader = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [id, start] = next
      try {
        if (start.dialect === 'conductor') await checkWorkflow({ wire, records, checkedTasks }, id, start)
        else await checkJob({ wire, records, checkedTasks }, id, start)
      } catch (error) {
        records.problem(`the acknowledged start ${start.key} (${start.name} ${id}): ${error.message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: readersMax }, reader))
  await checkStrangers({ wire, records, checkedTasks })
  await checkDefinitions({ wire, records })
  await checkQueues({ wire, records })
}

// ── Conductor ──

async function checkWorkflow({ wire, records, checkedTasks }, id, start) {
  const workflow = await wire.call('GET', `/api/workflow/${id}?includeTasks=true`)
  const wrong = text => records.problem(`${start.name} ${id} (${start.key}): ${text}`)
  if (workflow.status !== 'COMPLETED') return wrong(`expected COMPLETED, found ${workflow.status} (${workflow.reasonForIncompletion ?? 'no reason'})`)
  if (workflow.correlationId !== start.key) wrong(`has the correlation id ${workflow.correlationId}`)
  sameEnd({ wrong, records }, id, { status: workflow.status, endedAt: workflow.endTime, output: workflow.output })
  for (const task of workflow.tasks) {
    checkedTasks.add(task.taskId)
    checkTask({ wrong, records }, task)
  }
  const completed = workflow.tasks.filter(task => task.status === 'COMPLETED' && task.workerId)
  for (const reference of expectations[start.name].references) {
    const found = completed.filter(task => task.referenceTaskName === reference)
    if (found.length !== 1) wrong(`the task ${reference} completed ${found.length} times`)
    else if (found[0].outputData.value !== `${start.key}/${reference}`) wrong(`the task ${reference} has the output ${JSON.stringify(found[0].outputData)}`)
  }
  checkOutput({ wrong }, start, workflow, completed)
}

function checkOutput({ wrong }, start, workflow, completed) {
  const given = reference => completed.find(task => task.referenceTaskName === reference)?.outputData
  const { child, doubled, turns, ...rest } = workflow.output
  const expected = expectations[start.name]
  if (expected.turns !== undefined && turns !== expected.turns) wrong(`turned ${turns} times, expected ${expected.turns}`)
  if (expected.hasChild && child?.value !== `${start.key}/one`) wrong(`the child's output is ${JSON.stringify(child)}`)
  if (expected.isDoubled && doubled !== start.number * 2) wrong(`doubled ${start.number} to ${doubled}`)
  for (const reference of expected.told) {
    const { value, nonce } = given(reference) ?? {}
    if (!isDeepStrictEqual(rest[reference], { value, nonce }))
      wrong(`its output says ${JSON.stringify(rest[reference])} where the task ${reference} said ${JSON.stringify({ value, nonce })}`)
  }
}

/**
 * What a task ended with was sent by a worker, or its response time-out came first. A report that was acknowledged
 * either counted, or came when the task had ended before.
 */
function checkTask({ wrong, records }, task) {
  const reports = records.reports.get(task.taskId) ?? []
  const counted = ({ status, output }) => status === task.status && isDeepStrictEqual(output, task.outputData)
  const name = `the task ${task.referenceTaskName} ${task.taskId}`
  if (task.workerId && ['COMPLETED', 'FAILED'].includes(task.status) && !reports.some(counted))
    wrong(`${name} is ${task.status} with ${JSON.stringify(task.outputData)}, which no worker sent`)
  for (const report of reports) {
    if (report.ackedAt === null || counted(report) || (task.endTime > 0 && task.endTime <= report.ackedAt)) continue
    wrong(
      `${name}: ${report.status} with ${JSON.stringify(report.output)} was acknowledged at ${report.ackedAt}, found ${task.status} with ${JSON.stringify(task.outputData)} at ${task.endTime}`,
    )
  }
}

/** Tasks of executions whose start was not acknowledged, and of children: their workers were told "done" all the same. */
async function checkStrangers({ wire, records, checkedTasks }) {
  const rest = [...records.reports.keys()].filter(id => !id.includes(' ') && !checkedTasks.has(id))
  const reader = async () => {
    for (let id = rest.pop(); id; id = rest.pop()) {
      const wrong = text => records.problem(text)
      try {
        checkTask({ wrong, records }, await wire.call('GET', `/api/tasks/${id}`))
      } catch (error) {
        if (records.reports.get(id).some(({ ackedAt }) => ackedAt !== null)) records.problem(`a task with an acknowledged report: ${error.message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: readersMax }, reader))
}

async function checkDefinitions({ wire, records }) {
  await Promise.all(
    [...records.definitions].map(name =>
      wire.call('GET', `/api/metadata/workflow/${name}`).catch(error => records.problem(`an acknowledged definition: ${error.message}`)),
    ),
  )
}

async function checkQueues({ wire, records }) {
  for (const [queue, size] of Object.entries(await wire.call('GET', '/api/tasks/queue/all')))
    if (size > 0) records.problem(`the queue ${queue} still holds ${size} tasks`)
}

// ── Strøm ──

async function checkJob({ wire, records }, id, start) {
  const job = await wire.call('GET', `/api/jobs/${id}`)
  const wrong = text => records.problem(`${start.name} ${id} (${start.key}): ${text}`)
  if (job.status !== 'completed')
    return wrong(
      `expected completed, found ${job.status}: ${JSON.stringify(job.steps.map(({ step_name: step, status, error_message: error }) => ({ step, status, error })))}`,
    )
  sameEnd({ wrong, records }, id, { status: job.status, endedAt: job.completed_at, output: job.output })
  for (const name of stepsOf[start.name]) {
    const found = job.steps.filter(step => step.step_name === name)
    const expected = { said: `${start.key}/${name.replace(/\[.*/, '')}` }
    if (found.length !== 1) wrong(`the step ${name} is there ${found.length} times`)
    else if (found[0].status !== 'completed' || !isDeepStrictEqual(found[0].output, expected))
      wrong(`the step ${name} is ${found[0].status} with ${JSON.stringify(found[0].output)}, expected ${JSON.stringify(expected)}`)
  }
}

function sameEnd({ wrong, records }, id, end) {
  const seen = records.seenEnded.get(id)
  if (seen && !isDeepStrictEqual(seen, end)) wrong(`a client saw it ended as ${JSON.stringify(seen)}, and now it is ${JSON.stringify(end)}`)
}

// ── The database ──

/** After the servers have stopped: nothing open, nothing twice, no letter undelivered, and the file itself is whole. */
export async function checkFile(path, records) {
  // The built driver by its place: the simulation's own package only knows the store's port.
  const { openDatabase } = await import(new URL('../../packages/store/dist/sqlite/driver.js', import.meta.url).href)
  const database = openDatabase(path)
  const rows = sql => database.prepare(sql).all()
  const integrity = rows('PRAGMA integrity_check').map(row => row.integrity_check)
  if (!isDeepStrictEqual(integrity, ['ok'])) records.problem(`PRAGMA integrity_check says ${integrity.slice(0, 5).join('; ')}`)
  const found = await checkRows(rows, records)
  database.close()
  return found
}

/** `rows`: the rows of a statement that both databases understand. */
export async function checkRows(rows, records) {
  const count = async from => Number((await rows(`SELECT count(*) AS count FROM ${from}`))[0].count)
  const none = async (what, from) => {
    const found = await count(from)
    if (found > 0) records.problem(`the database holds ${found} ${what}`)
  }
  await none('executions that have not ended', "executions WHERE status IN ('running', 'paused')")
  await none('executions that did not complete', "executions WHERE status NOT IN ('running', 'paused', 'completed')")
  await none('open attempts', "attempts WHERE state <> 'closed'")
  await none('messages that were not delivered', 'messages')
  await none('attempts with two children', '(SELECT 1 FROM executions WHERE parent IS NOT NULL GROUP BY parent HAVING count(*) > 1) AS twins')
  const keys = "SELECT 1 FROM executions WHERE dialect = 'conductor' AND parent IS NULL GROUP BY handle HAVING count(*) > 1"
  await none('keys started twice', `(${keys}) AS twice`)
  const kept = new Set((await rows('SELECT name FROM definitions')).map(({ name }) => name))
  for (const name of records.definitions) if (!kept.has(name)) records.problem(`the database has lost the acknowledged definition ${name}`)
  const roots = await count('executions WHERE parent IS NULL')
  const most = records.starts.size + records.startsLost
  if (roots < records.starts.size || roots > most) records.problem(`${roots} executions were started, expected from ${records.starts.size} to ${most}`)
  return { executions: roots, unacknowledged: roots - records.starts.size }
}
