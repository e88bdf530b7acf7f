/** A process to be killed: commits executions and says on its output, line by line, what was acknowledged. */
import { writeSync } from 'node:fs'
import { instant, newExecutionId } from '@busbar/kernel'
import { openSqliteStore } from '../sqlite/index.js'
import { at, commit, newView, openWaiting, start, worker } from '../testing/fixtures.js'

const [path, round] = process.argv.slice(2)
if (path === undefined || round === undefined) throw new Error('usage: committer <database> <round>')

const store = await openSqliteStore(path)
const lanes = Array.from({ length: 8 }, (_, lane) => work(lane))
await Promise.all(lanes)

async function work(lane: number): Promise<void> {
  for (let turn = 0; ; turn++) {
    const id = newExecutionId(instant(start + turn), { high12: Number(round), low38: lane })
    const view = newView(0, { id })
    openWaiting(view)
    view.lease(1, worker('w'), start)
    await commit(store, view)
    writeSync(1, `opened ${id}\n`)
    view.close(1, 'completed', { kind: 'worker', worker: worker('w'), fence: 1 }, at(1), { output: turn })
    view.setStatus('completed', at(1))
    await commit(store, view)
    writeSync(1, `closed ${id}\n`)
  }
}
