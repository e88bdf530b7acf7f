// A worker process as users write them, with the SDK. It says on its output what it sends and what was acknowledged:
// `sent|acked <task> <time> <report as JSON>`. Lines to a pipe are written before the next statement runs, so what it said
// before it was killed is known.
import { writeSync } from 'node:fs'
import { ConductorClient, noopLogger, WorkerHost } from '@busbar/sdk'

const { url, name, types, failingType, concurrency } = JSON.parse(process.argv[2])
const client = new ConductorClient({ serverUrl: `${url}/api` })
let nonces = 0

const execute = async task => {
  const { key } = task.inputData
  const outputData = { value: `${key}/${task.referenceTaskName}`, nonce: `${name} ${process.pid} ${++nonces}` }
  if (task.taskDefName === failingType && task.retryCount === 0) return { status: 'FAILED', outputData, reasonForIncompletion: 'the first try fails' }
  return { status: 'COMPLETED', outputData }
}

const taskResource = {
  batchPoll: (...request) => client.taskResource.batchPoll(...request),
  updateTask: async result => {
    if (result.status === 'IN_PROGRESS') return client.taskResource.updateTask(result)
    const report = JSON.stringify({ status: result.status, output: result.outputData })
    say('sent', result.taskId, report)
    const answer = await client.taskResource.updateTask(result)
    say('acked', result.taskId, report)
    return answer
  },
}

function say(what, task, report) {
  let rest = Buffer.from(`${what} ${task} ${Date.now()} ${report}\n`)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

const workers = types.map(taskDefName => ({ taskDefName, concurrency, execute }))
const host = new WorkerHost({ taskResource, speaksToBusbar: true }, workers, { logger: noopLogger, options: { workerID: name } })
host.startPolling()
