/** Programs of the built `busbar` command under test, and what to ask the server beside them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url))
const waitMs = 30_000

export interface Running {
  /** The first match in its output, now or later. */
  line(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends the signal; the exit code when it has ended. */
  stop(signal: NodeJS.Signals): Promise<number | null>
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<number | null>
}

export function busbar(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(BUSBAR|STROEM)_|^FORCE_COLOR$/.test(name))
  const child = spawn(process.execPath, [main, ...args], { env: { ...Object.fromEntries(inherited), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
  const output = collected(child)
  return {
    ended,
    line: pattern => output.first(pattern, ended),
    signal: name => void child.kill(name),
    stop: name => {
      child.kill(name)
      return ended
    },
  }
}

function collected(child: ChildProcess): { first(pattern: RegExp, ended: Promise<unknown>): Promise<RegExpExecArray> } {
  let text = ''
  let look = () => {}
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      look()
    })
  }
  return {
    first: (pattern, ended) =>
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`no ${pattern} in:\n${text}`))
        const timer = setTimeout(fail, waitMs)
        look = () => {
          const match = pattern.exec(text)
          if (match === null) return
          clearTimeout(timer)
          resolve(match)
        }
        look()
        void ended.then(() => {
          clearTimeout(timer)
          fail()
        })
      }),
  }
}

/** Asks until the answer is as wished; fails with the last answer when it takes too long. */
export async function eventually<T>(ask: () => T | Promise<T>, isWished: (answer: T) => boolean): Promise<T> {
  const giveUpAt = performance.now() + waitMs
  for (;;) {
    const answer = await ask()
    if (isWished(answer)) return answer
    if (performance.now() > giveUpAt) throw new Error(`still not as expected after ${waitMs / 1000} s: ${JSON.stringify(answer).slice(0, 2_000)}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** A zombie that waits for its parent counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
