// DBOS: workflows as functions whose steps are recorded in PostgreSQL. An execution is one workflow of one step, run by the
// process that starts it: no worker has to hear of it.
export async function openDbos(load, { url, workers }) {
  const { DBOS } = await load('@dbos-inc/dbos-sdk')
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, systemDatabasePoolSize: 20, logLevel: 'error', executorID: `bench-${process.pid}` })
  const workflow = steps =>
    DBOS.registerWorkflow(
      async () => {
        for (let n = 0; n < steps; n++) await DBOS.runStep(async () => n, { name: 'step' })
        return 'done'
      },
      { name: `of_${steps}` },
    )
  const [ofOne, ofTen] = [workflow(1), workflow(10)]
  await DBOS.launch()
  // Workers that wait for something to do: twenty queues, each process takes from all.
  if (workers > 0) for (let n = 0; n < 20; n++) await DBOS.registerQueue(`idle_${n}`, { workerConcurrency: Math.ceil(workers / 20) })
  const run = async target => (await DBOS.startWorkflow(target)()).getResult()
  return {
    one: () => run(ofOne),
    async handOvers(count) {
      const times = []
      for (let n = 0; n < count; n += 9) {
        let at = performance.now()
        await run(ofOne)
        const one = performance.now() - at
        at = performance.now()
        await run(ofTen)
        // Nine steps more than the other: their difference is nine hand-overs.
        times.push((performance.now() - at - one) / 9)
      }
      return times
    },
    close: () => DBOS.shutdown(),
  }
}
