// Processes under measurement: started on free ports in folders of their own, looked at through /proc, always ended.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

export const ticksPerSecond = 100

const killers = new Set()
process.once('exit', () => {
  for (const kill of killers) kill('SIGKILL')
})

/** `talks`: it and we exchange messages. */
export function start(command, args, { env = {}, cwd, quiet = true, talks = false } = {}) {
  const stdio = ['ignore', 'pipe', quiet ? 'ignore' : 'inherit', ...(talks ? ['ipc'] : [])]
  const child = spawn(command, args, { env: { ...process.env, ...env }, cwd, stdio, detached: true })
  // A peer may be a wrapper round the real program: the whole group is stopped, also when we die.
  const kill = signal => {
    try {
      process.kill(-1 * Number(child.pid), signal)
    } catch {
      // Gone already.
    }
  }
  killers.add(kill)
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.stdout.resume()
  return {
    pid: child.pid,
    child,
    /** The first line of its output that matches. */
    line: pattern =>
      new Promise((resolve, reject) => {
        let text = ''
        child.stdout.setEncoding('utf8').on('data', chunk => {
          text += chunk
          const match = pattern.exec(text)
          if (match) resolve(match)
        })
        void ended.then(code => reject(new Error(`${command} ended with ${code} before it was ready: ${text.slice(-500)}`)))
      }),
    async stop() {
      if (child.exitCode !== null) return
      kill('SIGTERM')
      const late = setTimeout(() => kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(late)
      kill('SIGKILL')
      killers.delete(kill)
    },
  }
}

/** Seconds of processor time that a process has used so far, its threads included. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Resident memory of a process in megabytes. */
export function residentMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}

/** `stop` answers the most it was, MB. */
export function watchResident(pid) {
  let most = residentMb(pid)
  const timer = setInterval(() => {
    most = Math.max(most, residentMb(pid))
  }, 50)
  return {
    stop() {
      clearInterval(timer)
      return Math.max(most, residentMb(pid))
    },
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
