// pg-boss: a queue in PostgreSQL. An execution is one job: sent, fetched in a batch, handled, completed in a batch.
import { Arrivals } from './arrivals.mjs'

export async function openPgBoss(load, { url, workers }) {
  const { PgBoss } = await load('pg-boss')
  const boss = new PgBoss({ connectionString: url, max: 20, useListenNotify: true, application_name: 'peer' })
  boss.on('error', error => console.error(error))
  await boss.start()
  const handled = new Arrivals()
  const begun = new Arrivals()
  // Woken by NOTIFY, so that polling is the safety net only; fetching goes on without a pause while batches are full.
  const work = { batchSize: 64, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }
  await boss.createQueue('one', { notify: true })
  await boss.createQueue('polled')
  await boss.createQueue('chain', { notify: true })
  if (workers === 0) {
    for (const queue of ['one', 'polled'])
      await boss.work(queue, { ...work, localConcurrency: 4 }, async jobs => {
        for (const { id } of jobs) handled.arrive(id)
      })
    await boss.work('chain', { ...work, batchSize: 1 }, async ([job]) => begun.arrive(job.id))
  }
  // Workers that wait for something to do, of twenty kinds.
  for (let n = 0; n < workers; n++) {
    const queue = `idle_${n % 20}`
    await boss.createQueue(queue, { notify: true })
    await boss.work(queue, { pollingIntervalSeconds: 2 }, async () => {})
  }
  return {
    /** NOTIFY takes a lock of the whole database server at each commit, so without it more may be sent, and each waits longer. */
    async one(way) {
      await handled.of(await boss.send(way === 'polled' ? 'polled' : 'one', {}))
    },
    async many(count) {
      const ids = await boss.insert(
        'one',
        Array.from({ length: count }, () => ({ data: {} })),
        { returnId: true },
      )
      await Promise.all(ids.map(id => handled.of(id)))
    },
    /** A step hands over to the next by sending its job. */
    async handOvers(count) {
      const times = []
      for (let n = 0; n < count; n++) {
        const at = performance.now()
        await begun.of(await boss.send('chain', {}))
        times.push(performance.now() - at)
      }
      return times
    },
    close: () => boss.stop({ graceful: false }),
  }
}
