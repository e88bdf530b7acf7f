// graphile-worker: a queue in PostgreSQL. An execution is one job: added, fetched and completed in batches.
import { Arrivals } from './arrivals.mjs'

export async function openGraphileWorker(load, { url, workers }) {
  const { Logger, makeWorkerUtils, run } = await load('graphile-worker')
  const handled = new Arrivals()
  // What its documentation measures itself with.
  const batches = { concurrentJobs: 24, maxPoolSize: 25, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
  const idle = { concurrentJobs: workers, maxPoolSize: 10, localQueue: { size: workers } }
  const runner = await run({
    noHandleSignals: true,
    preset: { worker: { ...(workers > 0 ? idle : batches), connectionString: url, logger: new Logger(() => () => {}) } },
    taskList: {
      bench(_payload, { job }) {
        handled.arrive(job.id)
      },
    },
  })
  const utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: 10 })
  const add = async () => (await runner.addJob('bench', {})).id
  return {
    async one() {
      await handled.of(await add())
    },
    async many(count) {
      const jobs = await utils.addJobs(Array.from({ length: count }, () => ({ identifier: 'bench', payload: {} })))
      await Promise.all(jobs.map(job => handled.of(job.id)))
    },
    async handOvers(count) {
      const times = []
      for (let n = 0; n < count; n++) {
        const at = performance.now()
        await handled.of(await add())
        times.push(performance.now() - at)
      }
      return times
    },
    close: () => Promise.all([runner.stop(), utils.release()]),
  }
}
