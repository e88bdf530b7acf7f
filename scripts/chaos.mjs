// `npm run chaos`: a real server killed at random under load.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root, setup } from './setup.mjs'

setup()
const { status } = spawnSync(process.execPath, [join(root, 'simulation', 'chaos', 'main.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' })
process.exit(status ?? 1)
