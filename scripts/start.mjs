// `npm start`: sets the clone up, then runs `busbar dev` (server, two workers, the samples) until Ctrl-C.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root, setup } from './setup.mjs'

setup()
const child = spawn(process.execPath, [join(root, 'apps', 'cli', 'dist', 'main.js'), 'dev', ...process.argv.slice(2)], { stdio: 'inherit' })
// A Ctrl-C in a terminal reaches the child by itself; signals sent to this process alone are passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (process.stdin.isTTY && signal === 'SIGINT' ? undefined : child.kill(signal)))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
