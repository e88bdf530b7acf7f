// `npm run simulate`: random executions on a false clock and a failing store.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root, setup } from './setup.mjs'

setup()
const { status } = spawnSync(process.execPath, [join(root, 'simulation', 'dist', 'main.js'), ...process.argv.slice(2)], { stdio: 'inherit' })
process.exit(status ?? 1)
