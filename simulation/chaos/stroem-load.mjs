// Strøm's clients under fire: they execute flows, and workers on /worker's wire run the steps. The steps' scripts print
// their result, which the real shell worker runs and the scripted worker reads, so both come to the same output.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const step = (name, more = '') => `
      ${name}:
        type: script
        input: { key: "{{ input.key }}" }
        retry: { max_attempts: 10, delay: 1s }${more}
        script: |
          echo 'OUTPUT: {"said": "{{ input.key }}/${name}"}'`

const flows = `tasks:
  chain:
    input:
      key: { type: string, required: true }
    flow:${step('first')}${step('second', '\n        depends_on: [first]')}
  fan:
    input:
      key: { type: string, required: true }
    flow:
      each:
        type: script
        for_each: [1, 2, 3]
        input: { key: "{{ input.key }}" }
        retry: { max_attempts: 10, delay: 1s }
        script: |
          echo 'OUTPUT: {"said": "{{ input.key }}/each"}'${step('last', '\n        depends_on: [each]')}
`

/** The steps of each flow that must have completed. */
export const stepsOf = { chain: ['first', 'second'], fan: ['each[0]', 'each[1]', 'each[2]', 'last'] }

export function writeFlows(folder) {
  mkdirSync(join(folder, '.workflows'), { recursive: true })
  writeFileSync(join(folder, '.workflows', 'chaos.yaml'), flows)
}

export async function executor({ wire, records, quota, chance, name }) {
  for (let number = 1; await quota.next(); number++) {
    const key = `${name}-${number}`
    const flow = chance.oneOf(['chain', 'fan'])
    try {
      const { job_id: id } = await wire.call('POST', `/api/workspaces/chaos/tasks/${flow}/execute`, { input: { key } })
      records.started(id, { dialect: 'stroem', name: flow, key, number })
      quota.acknowledged()
    } catch (error) {
      quota.giveBack()
      records.startsLost += 1
      records.unlessLost(error)
    }
    await sleep(chance.between(20, 90))
  }
}

/** Speaks the worker's wire. After a lost connection it is a new worker: what it held is given up with its old name. */
export async function scriptedWorker({ wire, records, load, workers, chance, name, paused }) {
  let id = null
  let beaten = 0
  while (workers.isOn) {
    if (paused()) {
      await sleep(100)
      continue
    }
    try {
      id ??= await register(wire, name)
      if (Date.now() - beaten > 2_000) {
        await wire.call('POST', '/worker/heartbeat', { worker_id: id }, { asWorker: true })
        beaten = Date.now()
      }
      const claim = { worker_id: id, capabilities: ['script'], tags: [], exclusive: false, wait_secs: 1 }
      const work = await wire.call('POST', '/worker/jobs/claim', claim, { asWorker: true })
      if (work?.job_id) await runStep({ wire, records, load, chance }, id, work)
    } catch (error) {
      records.unlessLost(error)
      id = null
      await sleep(50)
    }
  }
}

async function register(wire, name) {
  const body = { name, capabilities: ['script'], tags: [], exclusive: false, version: '0.0.0' }
  return (await wire.call('POST', '/worker/register', body, { asWorker: true })).worker_id
}

const failedOnce = new Set()

async function runStep({ wire, records, load, chance }, id, work) {
  const at = `/worker/jobs/${work.job_id}/steps/${encodeURIComponent(work.step_name)}`
  const key = `${work.job_id} ${work.step_name}`
  await wire.call('POST', `${at}/start`, { worker_id: id }, { asWorker: true })
  const line = { ts: new Date().toISOString(), stream: 'stdout', line: 'one line' }
  await wire.call('POST', `/worker/jobs/${work.job_id}/logs`, { step_name: work.step_name, lines: [line] }, { asWorker: true })
  const isFailing = load.isOn && !failedOnce.has(key) && chance.happens(0.08)
  if (isFailing) failedOnce.add(key)
  const body = isFailing ? { exit_code: 1, output: null, error: 'failed on purpose' } : { exit_code: 0, output: outputOf(work.action_spec.script), error: null }
  const send = async () => {
    const acknowledged = records.reporting(key, { isSuccess: !isFailing, output: body.output })
    await wire.insist('POST', `${at}/complete`, body, { asWorker: true })
    acknowledged()
  }
  await send()
  if (!isFailing && load.isOn && chance.happens(0.1)) await send()
}

function outputOf(script) {
  return JSON.parse(/OUTPUT: (\{.*\})/.exec(script)[1])
}
