// `npm run bench`: measures the built server beside a peer.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root, setup } from './setup.mjs'

setup()
const { status } = spawnSync(process.execPath, [join(root, 'benchmarks', 'main.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' })
process.exit(status ?? 1)
