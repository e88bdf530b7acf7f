/** Runs a script as a process group of its own in the workspace's folder (strom-worker.md §8.1, §9). */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { LineSplitter } from '../lines.js'
import { endProcessGroup } from '../process-group.js'
import { RunError, type Runner, type RunRequest, type RunResult } from '../runner.js'
import { installCommand, readScriptSpec, type ScriptCommand, type ScriptSpec, scriptCommand } from './script-command.js'

const lineCharactersMax = 64 * 1024
const ownVariables = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'USER', 'SHELL', 'LC_ALL']

/** `worker` is the worker's own environment; steps see a short list of it and what the configuration passes on. */
export function shellRunner(worker: NodeJS.ProcessEnv, passed: readonly string[]): Runner {
  const inherited: Record<string, string> = {}
  for (const name of [...ownVariables, ...passed]) {
    const value = worker[name]
    if (value !== undefined) inherited[name] = value
  }
  return { run: request => run(request, inherited) }
}

async function run(request: RunRequest, inherited: Readonly<Record<string, string>>): Promise<RunResult> {
  const { step, workspaceDir } = request
  const spec = readScriptSpec(step.actionType, step.actionSpec)
  const environment = { ...inherited, ...stepVariables(step.actionSpec), ...request.environment }
  const command = scriptCommand(spec, libraryDir(workspaceDir, step.actionName), environment['PATH'])
  await installDependencies(command, spec, request, environment)
  if (command.kind === 'direct') return spawned(command.program, command.args, request, environment)
  const file = join(workspaceDir, `_stroem_script_${randomUUID()}${command.extension}`)
  try {
    await writeFile(file, command.code, { mode: 0o700 })
    return await spawned(command.program, [...command.before, file, ...command.after], request, environment)
  } finally {
    await rm(file, { force: true })
  }
}

/** Files of a library's action lie below its own folder. */
function libraryDir(workspaceDir: string, actionName: string): string {
  const dot = actionName.indexOf('.')
  return dot > 0 && !actionName.startsWith('_inline:') ? join(workspaceDir, '_libraries', actionName.slice(0, dot)) : workspaceDir
}

function stepVariables(spec: Readonly<Record<string, unknown>>): Record<string, string> {
  const found: Record<string, string> = {}
  const given = spec['env']
  if (typeof given !== 'object' || given === null) return found
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string') continue
    if (value.startsWith('ref+')) throw new RunError(`the variable ${name} is a secret reference (ref+…), which this worker cannot resolve yet`)
    found[name] = value
  }
  return found
}

async function installDependencies(command: ScriptCommand, spec: ScriptSpec, request: RunRequest, environment: Record<string, string>): Promise<void> {
  if (spec.code === null) return
  const [program, ...args] = installCommand(command.program, spec.dependencies) ?? []
  if (program === undefined) return
  const tail: string[] = []
  const quiet: RunRequest = { ...request, onLine: (_, line) => tail.push(line) > 20 && tail.shift() }
  const { exitCode } = await spawned(program, args, quiet, environment)
  if (exitCode !== 0) throw new RunError(`Dependency installation failed (exit code ${exitCode}): ${tail.join('\n')}`)
}

async function spawned(program: string, args: readonly string[], request: RunRequest, env: Record<string, string>): Promise<RunResult> {
  request.signal.throwIfAborted()
  const child = spawn(program, args, { cwd: request.workspaceDir, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const exit = new Promise<number>((resolve, reject) => {
    child.once('error', error => reject(new RunError(`could not run ${program}: ${error.message}`)))
    child.once('close', code => resolve(code ?? -1))
  })
  read(child.stdout, line => request.onLine('stdout', line), request.room)
  read(child.stderr, line => request.onLine('stderr', line), request.room)
  const stop = () => void end(child, ended, request.killGraceMs)
  request.signal.addEventListener('abort', stop, { once: true })
  try {
    return { exitCode: await exit }
  } finally {
    request.signal.removeEventListener('abort', stop)
  }
}

/** After the kill nobody may keep the pipes open: a stray that survived in another session would hold the step for ever. */
async function end(child: ChildProcess, ended: Promise<void>, graceMs: number): Promise<void> {
  const giveUp = setTimeout(() => {
    child.stdout?.destroy()
    child.stderr?.destroy()
  }, graceMs + 1000)
  await endProcessGroup(child, ended, graceMs)
  clearTimeout(giveUp)
}

/** Bytes that are no UTF-8 become replacement characters. Reading pauses while the log has no room. */
function read(stream: Readable, onLine: (line: string) => void, room: () => Promise<void> | null): void {
  const lines = new LineSplitter(lineCharactersMax, onLine)
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    lines.push(text)
    const wait = room()
    if (!wait) return
    stream.pause()
    void wait.then(() => stream.resume())
  })
  stream.on('end', () => lines.end())
}
