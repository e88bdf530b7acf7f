// A worker: it does the tasks of workflows/greeting.json, several at a time, until it is told to stop.
//
//   BUSBAR_URL=http://localhost:8080 node examples/hello-worker/worker.mjs
//
import { ConductorClient, WorkerHost } from '@busbar/sdk'

/** @type {Record<string, (name: string) => string>} */
const hello = {
  en: name => `Hello, ${name}!`,
  no: name => `Hei, ${name}!`,
  de: name => `Guten Tag, ${name}!`,
  fr: name => `Bonjour, ${name} !`,
}

const pause = (/** @type {number} */ ms) => new Promise(resolve => setTimeout(resolve, ms))

/** @type {import('@busbar/sdk').TaskWorker[]} */
const workers = [
  {
    taskDefName: 'say_hello',
    // One turn of the loop: the first greets in the first language, the second in the second…
    execute: async ({ iteration = 1, inputData = {} }, { log }) => {
      const language = inputData.languages[iteration - 1]
      await pause(150)
      log(`turn ${iteration}: thinking in "${language}"`)
      return { outputData: { greeting: (hello[language] ?? hello.en)(inputData.name) } }
    },
  },
  {
    taskDefName: 'look_outside',
    // A thrown error would fail the task, and the server would try again.
    execute: async ({ inputData = {} }) => {
      await pause(250)
      return { outputData: { weather: inputData.name.length % 2 === 0 ? 'rain' : 'sun' } }
    },
  },
  {
    taskDefName: 'write_card',
    execute: async ({ inputData = {} }) => {
      const turns = Object.keys(inputData.turns).filter(key => key !== 'iteration')
      const greetings = turns.map(turn => inputData.turns[turn].say_hello.greeting)
      return { outputData: { card: [...greetings, inputData.advice].join(' ') } }
    },
  },
]

const client = new ConductorClient({ serverUrl: process.env.BUSBAR_URL ?? 'http://localhost:8080' })
const host = new WorkerHost(client, workers, { options: { concurrency: 4, batchPollingTimeout: 1000 } })
host.startPolling()

// Lets what runs run to its end; then nothing holds the program.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void host.stopPolling())
