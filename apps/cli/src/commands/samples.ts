/** The samples that `busbar dev` runs, and the worker that does the tasks of the sample workflow. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const folder = new URL('../../../../examples/', import.meta.url)
const place = (path: string) => fileURLToPath(new URL(path, folder))

export const samples = {
  correlationId: 'busbar-dev',
  workflow: {
    name: 'greeting',
    file: 'examples/workflows/greeting.json',
    path: place('workflows/greeting.json'),
    input: { name: 'Ada', languages: ['en', 'no', 'de'] },
  },
  flow: { name: 'hello', file: 'examples/flows', input: { name: 'Ada' } },
  flowsFolder: place('flows'),
  workerFile: place('hello-worker/worker.mjs'),
} as const

export interface SampleWorker {
  stop(): Promise<void>
}

/** A process of its own, as users' workers are. */
export async function startSampleWorker(serverUrl: string): Promise<SampleWorker> {
  const child = spawn(process.execPath, [samples.workerFile], {
    env: { ...process.env, BUSBAR_URL: serverUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  })
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  // Should this process die without stopping it, its worker must not go on alone.
  process.once('exit', () => child.kill('SIGKILL'))
  return {
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await gone
      clearTimeout(late)
    },
  }
}
