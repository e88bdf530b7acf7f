/** One run of PostgreSQL's postmaster, and the guard that lets nothing outlive the test, whatever becomes of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { RunAs } from './postgres-binaries.js'

export interface PostgresRun {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  readonly runAs: RunAs
  readonly guard: Guard
}

const saidMax = 8_000

export class PostgresProcess {
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #said = ''
  #isOver = false

  constructor({ command, args, folder, runAs, guard }: PostgresRun) {
    // In a group of its own: an interrupt at the terminal is for the test.
    const child = spawn(command, args, { ...runAs, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.#child = child
    guard.watch(child.pid ?? null)
    this.ended = new Promise(resolve => {
      const end = (): void => {
        this.#isOver = true
        guard.watch(null)
        resolve()
      }
      child.once('exit', end)
      child.once('error', error => {
        this.#hear(error.message)
        end()
      })
    })
    for (const output of [child.stdout, child.stderr]) output?.on('data', chunk => this.#hear(String(chunk)))
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The end of what it wrote, for messages. */
  get said(): string {
    return this.#said.trim()
  }

  async kill(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    this.#child.kill(signal)
    await this.ended
  }

  #hear(text: string): void {
    this.#said = (this.#said + text).slice(-saidMax)
  }
}

/**
 * A shell that waits on a pipe. When the pipe ends without a farewell, which the operating system sees to however this
 * process dies, it kills the postmaster (whose children notice by themselves) and removes the folder.
 */
export class Guard {
  readonly #shell: ChildProcess

  constructor(folder: string) {
    const script = `
      trap '' INT TERM HUP
      postmaster=none
      while read -r word; do
        if [ "$word" = farewell ]; then exit 0; fi
        postmaster=$word
      done
      if [ "$postmaster" != none ]; then kill -9 "$postmaster"; sleep 1; fi
      rm -rf "$1"
    `
    this.#shell = spawn('/bin/sh', ['-c', script, 'sh', folder], { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    this.#shell.once('error', () => {})
    this.#shell.stdin?.on('error', () => {})
  }

  watch(pid: number | null): void {
    this.#say(pid === null ? 'none' : String(pid))
  }

  dismiss(): void {
    this.#say('farewell')
    this.#shell.stdin?.end()
  }

  #say(word: string): void {
    const { stdin } = this.#shell
    if (stdin?.writable) stdin.write(`${word}\n`)
  }
}
