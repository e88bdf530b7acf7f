// Every store and number of servers, side by side: most of each run is waiting for the time-outs that the cases play.
import { spawn } from 'node:child_process'

const runs = [
  ['--store', 'sqlite'],
  ['--store', 'postgres'],
  ['--store', 'postgres', '--servers', '3'],
]

/** The exit code for all of them. What each says is shown when it has ended, whole. */
export async function playAll(program, { only, listed, keep }) {
  const more = ['--only', only, ...(listed ? ['--listed'] : []), ...(keep ? ['--keep'] : [])]
  const codes = await Promise.all(runs.map(run => play(program, run, more)))
  return codes.every(code => code === 0) ? 0 : 1
}

function play(program, run, more) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...run, ...more], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const output of [child.stdout, child.stderr])
      output.setEncoding('utf8').on('data', text => {
        said += text
      })
    child.once('error', reject)
    child.once('close', code => {
      console.log(`── ${run.filter(word => !word.startsWith('--')).join(', ')}${run.length > 2 ? ' servers' : ''} ──\n${said.trimEnd()}`)
      resolve(code)
    })
  })
}
