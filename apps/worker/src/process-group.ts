/**
 * A process and everything it started. The child leads its own process group; descendants that left the group (setsid)
 * are found through /proc before the first signal, so that nothing a step started outlives it.
 */
import { type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** TERM to all, then, unless it has ended within the grace, KILL. Resolves when the signals were sent and the child is gone. */
export async function endProcessGroup(child: ChildProcess, ended: Promise<void>, graceMs: number): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  const strays = descendantsOf(pid)
  signalAll(pid, strays, 'SIGTERM')
  const timer = setTimeout(() => signalAll(pid, [...strays, ...descendantsOf(pid)], 'SIGKILL'), graceMs)
  await ended
  clearTimeout(timer)
  // The leader is gone; whoever of its group ignored TERM goes now.
  signalAll(pid, strays, 'SIGKILL')
}

function signalAll(leader: number, strays: readonly number[], signal: NodeJS.Signals): void {
  for (const target of [-leader, ...strays]) {
    try {
      process.kill(target, signal)
    } catch {
      // Gone already.
    }
  }
}

/** All processes below `root`, by their parents as /proc tells; none where there is no /proc. */
export function descendantsOf(root: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const [pid, parent] of parents()) children.set(parent, [...(children.get(parent) ?? []), pid])
  const found: number[] = []
  const queue = [...(children.get(root) ?? [])]
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    found.push(pid)
    queue.push(...(children.get(pid) ?? []))
  }
  return found
}

function* parents(): Iterable<[pid: number, parent: number]> {
  let names: string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return
  }
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue
    try {
      // "pid (command) state parent …": the command may contain blanks and brackets, so read from the last one.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      yield [Number(name), parent]
    } catch {
      // Ended while we looked.
    }
  }
}
