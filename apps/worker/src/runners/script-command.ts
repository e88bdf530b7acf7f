/** From an action's specification to the command that runs it (strom-worker.md §8, §8.1). */
import { accessSync, constants } from 'node:fs'
import { delimiter, join, resolve, sep } from 'node:path'
import { RunError } from '../runner.js'

export type ScriptCommand =
  | { readonly kind: 'direct'; readonly program: string; readonly args: readonly string[] }
  /** The code is written to a file with this extension first; its path follows `before`. */
  | {
      readonly kind: 'file'
      readonly code: string
      readonly extension: string
      readonly program: string
      readonly before: readonly string[]
      readonly after: readonly string[]
    }

interface Language {
  readonly extension: string
  readonly interpreters: readonly (readonly string[])[]
}

const languages: Readonly<Record<string, Language>> = {
  python: { extension: '.py', interpreters: [['uv', 'run'], ['python3'], ['python']] },
  javascript: { extension: '.js', interpreters: [['bun', 'run'], ['node']] },
  typescript: {
    extension: '.ts',
    interpreters: [
      ['bun', 'run'],
      ['deno', 'run'],
    ],
  },
  go: { extension: '.go', interpreters: [['go', 'run']] },
}
const aliases: Readonly<Record<string, string>> = { js: 'javascript', ts: 'typescript' }

export interface ScriptSpec {
  readonly code: string | null
  readonly file: string | null
  readonly language: string
  readonly interpreter: string | null
  readonly args: readonly string[]
  readonly dependencies: readonly string[]
}

/** Reads both eras: `script`/`source`, and before 0.6.3 `cmd` (inline) with `script` (a file) for the type `shell`. */
export function readScriptSpec(actionType: string, spec: Readonly<Record<string, unknown>>): ScriptSpec {
  const text = (key: string) => (typeof spec[key] === 'string' && spec[key] !== '' ? (spec[key] as string) : null)
  const texts = (key: string) => (Array.isArray(spec[key]) ? spec[key].filter(one => typeof one === 'string') : [])
  const old = actionType === 'shell' && text('source') === null && (text('cmd') !== null || text('script') !== null)
  const code = old ? text('cmd') : text('script')
  const file = old ? text('script') : text('source')
  if (code === null && file === null) throw new RunError("Action spec must contain 'script' or 'source'")
  const language = text('language') ?? 'shell'
  return {
    code,
    file: code === null ? file : null,
    language: aliases[language] ?? language,
    interpreter: text('interpreter'),
    args: texts('args'),
    dependencies: texts('dependencies'),
  }
}

export function scriptCommand(spec: ScriptSpec, baseDir: string, path: string | undefined): ScriptCommand {
  if (spec.language === 'shell' && spec.interpreter === null) return shellCommand(spec, baseDir)
  const language = languages[spec.language]
  if (!language && spec.interpreter === null) throw new RunError(`unknown language '${spec.language}'; known are shell, ${Object.keys(languages).join(', ')}`)
  const [program, ...before] = spec.interpreter !== null ? [spec.interpreter] : findInterpreter(spec.language, language?.interpreters ?? [], path)
  if (program === undefined) throw new RunError(`no interpreter for '${spec.language}'`)
  const extension = language?.extension ?? '.sh'
  if (spec.code !== null)
    return { kind: 'file', code: spec.code, extension, program, before: [...before, ...withDependencies(program, spec)], after: spec.args }
  return { kind: 'direct', program, args: [...before, ...withDependencies(program, spec), inside(baseDir, spec.file ?? ''), ...spec.args] }
}

function shellCommand(spec: ScriptSpec, baseDir: string): ScriptCommand {
  if (spec.code === null) return { kind: 'direct', program: inside(baseDir, spec.file ?? ''), args: spec.args }
  return { kind: 'direct', program: 'sh', args: spec.args.length > 0 ? ['-c', spec.code, 'sh', ...spec.args] : ['-c', spec.code] }
}

function withDependencies(program: string, spec: ScriptSpec): readonly string[] {
  return program === 'uv' ? spec.dependencies.flatMap(name => ['--with', name]) : []
}

/** The command that installs dependencies for interpreters that do not take them themselves; null when none is needed. */
export function installCommand(program: string, dependencies: readonly string[]): readonly string[] | null {
  if (dependencies.length === 0) return null
  if (program === 'python3' || program === 'python') return [program, '-m', 'pip', 'install', '-q', ...dependencies]
  if (program === 'bun') return ['bun', 'install', ...dependencies]
  if (program === 'node') return ['npm', 'install', '--no-save', ...dependencies]
  return null
}

function findInterpreter(language: string, candidates: readonly (readonly string[])[], path: string | undefined): readonly string[] {
  const found = candidates.find(([program]) => program !== undefined && onPath(program, path))
  if (found) return found
  throw new RunError(`no interpreter for ${language} on this worker's PATH; tried ${candidates.map(([program]) => program).join(', ')}`)
}

function onPath(program: string, path: string | undefined): boolean {
  return (path ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}

/** A file of the workspace, which it may not leave. */
function inside(baseDir: string, file: string): string {
  const path = resolve(baseDir, file)
  if (path !== baseDir && !path.startsWith(baseDir + sep)) throw new RunError(`the script file '${file}' is outside of the workspace`)
  return path
}
