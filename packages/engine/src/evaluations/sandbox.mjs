/**
 * The sandbox: QuickJS compiled to WebAssembly. Another engine on another heap, without one function of the host.
 *
 * X1. Each run has a runtime of its own: nothing of one run is seen by the next.
 * X2. Text in, text out. No value of the guest is walked by the host, and its length is checked before it is copied.
 * X3. The maximum of the WebAssembly memory is the real limit of memory; the limit of the runtime only gives a better message.
 * X4. After anything that is no error value of the guest (an abort, an overflow of the host's stack) the whole instance
 *     is thrown away: it may be broken.
 * X5. The guest has no clock and no chance of its own: QuickJS asks the host's `Date.now` for both (the time of `Date`,
 *     the seed of `Math.random`), which is set for the length of the run.
 * X6. Time is limited from within by the interrupt handler, and from outside by the watchdog of the pool, because loops
 *     inside built-ins do not ask the handler.
 */
import quickjs from '@jitl/quickjs-wasmfile-release-sync'
import { newQuickJSWASMModuleFromVariant, newVariant, Scope } from 'quickjs-emscripten-core'
import { atTime } from './at-time.mjs'
import { prelude } from './guest.mjs'

/** @import { Answer } from '@busbar/kernel' */
/** @import { QuickJSContext, QuickJSHandle, QuickJSSyncVariant, QuickJSWASMModule } from 'quickjs-emscripten-core' */

/**
 * @typedef {object} Run
 * @property {'javascript' | 'jq'} language
 * @property {string} code
 * @property {string} inputText
 * @property {number} now epoch milliseconds that `Date` shows
 * @property {number} seed of `Math.random`: a whole number above 0
 * @property {number} deadlineMs
 * @property {number} outputCharsMax
 */

/**
 * An answer whose value is still JSON text: the host parses it.
 * @typedef {{ ok: true, text: string } | { ok: false, why: 'error' | 'timeout' | 'limit', message: string, line: number | null }} TextAnswer
 */

/** 64 KiB pages: 16 MiB to begin with, 128 MiB at most. */
const memoryPages = { initial: 256, maximum: 2048 }
const heapBytesMax = 64 * 1024 * 1024
const guestStackBytesMax = 256 * 1024
const runsPerInstanceMax = 1_000
const fileName = 'expression.js'
const codeCharsMax = 65_536
const limitMessages = ['InternalError: out of memory', 'InternalError: stack overflow', 'RangeError: the result has ']

/** The package declares the types of its CommonJS entry only; its ES module exports the variant itself. */
const variant = /** @type {QuickJSSyncVariant} */ (/** @type {unknown} */ (quickjs))

/** @type {{ module: QuickJSWASMModule, memory: WebAssembly.Memory, runs: number } | null} */
let instance = null

async function freshInstance() {
  const memory = new WebAssembly.Memory(memoryPages)
  const module = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmMemory: memory }))
  return { module, memory, runs: 0 }
}

/**
 * Runs the code in a runtime of its own. Never throws for what the code does.
 * @param {Run} run
 * @returns {Promise<TextAnswer>}
 */
export async function runInSandbox(run) {
  if (run.code.length > codeCharsMax) return failure('limit', `the code has ${run.code.length} characters, the most is ${codeCharsMax}`)
  instance ??= await freshInstance()
  const used = instance
  used.runs += 1
  try {
    const answer = runOn(used.module, run)
    if (used.runs >= runsPerInstanceMax || used.memory.buffer.byteLength > heapBytesMax) instance = null
    return answer
  } catch {
    instance = null
    return failure('limit', 'the code exceeded what the sandbox can hold (memory or depth)')
  }
}

/**
 * @param {QuickJSWASMModule} module
 * @param {Run} run
 * @returns {TextAnswer}
 */
function runOn(module, run) {
  const runtime = module.newRuntime()
  let isLate = false
  let isWhole = false
  try {
    runtime.setMemoryLimit(heapBytesMax)
    runtime.setMaxStackSize(guestStackBytesMax)
    const deadline = performance.now() + run.deadlineMs
    runtime.setInterruptHandler(() => (isLate ||= performance.now() > deadline))
    const context = atTime(run.seed, () => runtime.newContext())
    const answer = atTime(run.now, () => Scope.withScope(scope => runIn(scope, context, run)))
    context.dispose()
    isWhole = true
    return isLate && !answer.ok ? failure('timeout', `the code ran longer than ${run.deadlineMs} ms`) : answer
  } finally {
    // After an exception of the host, freeing the runtime would abort the module: the whole instance goes instead (X4).
    if (isWhole) runtime.dispose()
  }
}

/**
 * @param {Scope} scope
 * @param {QuickJSContext} context
 * @param {Run} run
 * @returns {TextAnswer}
 */
function runIn(scope, context, run) {
  const around = scope.manage(context.unwrapResult(context.evalCode(prelude, 'prelude.js', { type: 'global' })))
  const inputText = scope.manage(context.newString(run.inputText))
  const outputMax = scope.manage(context.newNumber(run.outputCharsMax))
  const prepared = scope.manage(context.callFunction(around, context.global, inputText, outputMax))
  if (prepared.error) return failure('limit', 'the input is too deep or too large for the sandbox')
  const show = scope.manage(context.getProp(prepared.value, 0))
  const explain = scope.manage(context.getProp(prepared.value, 1))
  const result = scope.manage(context.evalCode(run.code, fileName, { type: 'global' }))
  if (result.error) return explained(scope, context, explain, result.error)
  const shown = scope.manage(context.callFunction(show, context.undefined, result.value))
  if (shown.error) return explained(scope, context, explain, shown.error)
  return { ok: true, text: context.getString(shown.value) }
}

/**
 * @param {Scope} scope
 * @param {QuickJSContext} context
 * @param {QuickJSHandle} explain
 * @param {QuickJSHandle} error
 * @returns {TextAnswer}
 */
function explained(scope, context, explain, error) {
  const told = scope.manage(context.callFunction(explain, context.undefined, error))
  if (told.error) return failure('error', 'the code threw something that cannot be shown')
  /** @type {{ message: string, stack: string }} */
  const { message, stack } = JSON.parse(context.getString(told.value))
  const line = /expression\.js:(\d+)/.exec(stack)?.[1]
  const isLimit = limitMessages.some(limit => message.startsWith(limit))
  return { ok: false, why: isLimit ? 'limit' : 'error', message: inUsualWords(message), line: line === undefined ? null : Number(line) }
}

/**
 * As other engines say it: scripts and people go by these words.
 * @param {string} message
 */
function inUsualWords(message) {
  return message
    .replace(/^TypeError: cannot (read|set) property/, 'TypeError: Cannot $1 property')
    .replace(/^ReferenceError: '(.+)' is not defined$/, 'ReferenceError: $1 is not defined')
}

/**
 * @param {'error' | 'timeout' | 'limit'} why
 * @param {string} message
 * @returns {TextAnswer}
 */
function failure(why, message) {
  return { ok: false, why, message, line: null }
}
