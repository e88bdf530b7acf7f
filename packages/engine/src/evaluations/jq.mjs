/**
 * jq, compiled to WebAssembly, beside QuickJS in the threads of the sandbox. The same rules hold (see sandbox.mjs):
 *
 * J1. Text in, text out; each program starts jq anew, nothing of one run is seen by the next.
 * J2. The module's own maximum (256 MiB) bounds its memory, the heap of the thread what it prints.
 * J3. After an abort or an overflow the instance is thrown away: it may be broken.
 * J4. jq cannot be interrupted from within: the watchdog of the pool kills the thread.
 * J5. The clock of jq (`now`) shows the time of the decision. Its environment and its files are made up by the module.
 */
import { loadJq } from 'jq-wasm'
import { atTime } from './at-time.mjs'

/** @import { Jq } from 'jq-wasm' */
/** @import { Run, TextAnswer } from './sandbox.mjs' */

const codeCharsMax = 65_536
const runsPerInstanceMax = 1_000
/** A run with more input leaves a large heap behind, which is not kept. */
const inputCharsKept = 1_048_576
/** What the original's dialect has and jq 1.8 dropped. */
const prelude = 'def leaf_paths: paths(scalars);\n'

/** @type {{ jq: Jq, runs: number } | null} */
let instance = null

/**
 * The answer is the list of all results. Never throws for what the program does.
 * @param {Run} run
 * @returns {Promise<TextAnswer>}
 */
export async function runJq(run) {
  if (run.code.length > codeCharsMax) return failure('limit', `the program has ${run.code.length} characters, the most is ${codeCharsMax}`)
  instance ??= { jq: await loadJq(), runs: 0 }
  const used = instance
  used.runs += 1
  if (used.runs >= runsPerInstanceMax || run.inputText.length > inputCharsKept) instance = null
  try {
    const isOld = run.code.includes('leaf_paths')
    const { stdout, stderr, exitCode } = quietly(() => atTime(run.now, () => used.jq.raw(run.inputText, isOld ? prelude + run.code : run.code, ['-c'])))
    return exitCode === 0 ? success(stdout, run.outputCharsMax) : failure('error', explained(stderr, isOld ? 1 : 0))
  } catch {
    instance = null
    return failure('limit', 'the program exceeded what the sandbox can hold (memory or depth)')
  }
}

/**
 * @param {string} stdout one result a line
 * @param {number} charsMax
 * @returns {TextAnswer}
 */
function success(stdout, charsMax) {
  if (stdout.length > charsMax) return failure('limit', `the result has ${stdout.length} characters as JSON, the most is ${charsMax}`)
  const text = `[${stdout.trimEnd().replaceAll('\n', ',')}]`
  // jq keeps the spelling of a number: one that no double holds would be read back as infinite.
  if (/\d[eE]\+?\d{3}/.test(text) && !isFinite(JSON.parse(text))) return failure('error', 'a number of the result is too large')
  return { ok: true, text }
}

/** @param {unknown} value */
function isFinite(value) {
  /** @type {unknown[]} */
  const rest = [value]
  while (rest.length > 0) {
    const one = rest.pop()
    if (typeof one === 'number' && !Number.isFinite(one)) return false
    if (typeof one === 'object' && one !== null) rest.push(...Object.values(one))
  }
  return true
}

/**
 * The first line without the name of the program and of its input.
 * @param {string} stderr
 * @param {number} linesBefore
 */
function explained(stderr, linesBefore) {
  const [first = ''] = stderr.split('\n').filter(line => !line.startsWith('["DEBUG:",'))
  const said = first.replace(/^jq: error(?: \(at [^)]*\))?(?: \(not a string\))?:? ?/, '')
  return said
    .replace(/ at <top-level>, line (\d+), column (\d+):$/, (_, line, column) => ` (line ${Number(line) - linesBefore}, column ${column})`)
    .slice(0, 1024)
}

/**
 * The module writes a line to the console when it aborts.
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
function quietly(work) {
  const { error, warn } = console
  console.error = console.warn = () => {}
  try {
    return work()
  } finally {
    console.error = error
    console.warn = warn
  }
}

/**
 * @param {'error' | 'limit'} why
 * @param {string} message
 * @returns {TextAnswer}
 */
function failure(why, message) {
  return { ok: false, why, message, line: null }
}
