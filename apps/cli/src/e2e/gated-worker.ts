/**
 * A worker process that uses the SDK and does as it is told: it says which task it took, holds it until it hears
 * `go <task>` on its input, reports its own name as the result, and says that the report was answered.
 */
import { createInterface } from 'node:readline'
import { ConductorClient, noopLogger, type TaskResult, WorkerHost } from '@busbar/sdk'

const [url = '', type = '', name = ''] = process.argv.slice(2)
const gates = new Map<string, () => void>()
const opened = new Set<string>()

createInterface(process.stdin).on('line', line => {
  const task = line.replace(/^go /, '')
  opened.add(task)
  gates.get(task)?.()
})

function passed(task: string): Promise<void> {
  return new Promise(resolve => {
    if (opened.has(task)) resolve()
    else gates.set(task, resolve)
  })
}

const client = new ConductorClient({ serverUrl: url })
const taskResource = {
  batchPoll: (...request: Parameters<typeof client.taskResource.batchPoll>) => client.taskResource.batchPoll(...request),
  updateTask: async (result: TaskResult) => {
    const answer = await client.taskResource.updateTask(result)
    if (result.status === 'COMPLETED') console.log(`told ${result.taskId}`)
    return answer
  },
}
const worker = {
  taskDefName: type,
  execute: async ({ taskId = '' }: { readonly taskId?: string }) => {
    console.log(`took ${taskId}`)
    await passed(taskId)
    return { status: 'COMPLETED' as const, outputData: { by: name } }
  },
}
new WorkerHost({ taskResource, speaksToBusbar: true }, [worker], { logger: noopLogger, options: { workerID: name } }).startPolling()
console.log('ready')
