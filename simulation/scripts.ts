/**
 * The scripts of random workflows, each with its meaning told anew, and what the real sandbox answers to them. It is asked
 * before a run begins, for every value that can occur: what takes real time inside a run would give it another order each
 * time it is played.
 */
import type { Evaluation, Evaluator } from '@busbar/engine'
import { inlineEvaluator } from '@busbar/engine/testing'
import type { Answer, Json } from '@busbar/kernel'
import { Violation } from './ledger.js'

/** What the numbers, conditions and gaps of a random workflow can be. Scripts on them must not lead out of them. */
export type Small = number | boolean | null
export const smallValues: readonly Small[] = [null, true, false, -1, 0, 1, 2, 3]

export const broken = Symbol('broken')

export interface Script {
  readonly code: string
  /** For jq: the first of its results. */
  readonly means: (value: Small) => Json | typeof broken
  /** Its value is one of the small ones, so that others can go on with it. */
  readonly isSmall: boolean
}

/** Of `$.value`. The first three are simple enough for the dialect's own interpreter. */
export const scalarScripts: readonly Script[] = [
  { code: '$.value', means: value => value, isSmall: true },
  { code: '$.value > 0', means: value => Number(value) > 0, isSmall: true },
  { code: '($.value + 1) % 3', means: value => (Number(value) + 1) % 3, isSmall: true },
  { code: '(function () { return $.value === 1 ? 2 : $.value })()', means: value => (value === 1 ? 2 : value), isSmall: true },
  { code: '[2, 0, 1].indexOf($.value)', means: value => [2, 0, 1].indexOf(value as number), isSmall: true },
  { code: '[$.value][1]', means: () => null, isSmall: true },
]
export const objectScript: Script = { code: '({ a: $.value, list: [1, $.value] })', means: value => ({ a: value, list: [1, value] }), isSmall: false }
export const brokenScript: Script = { code: '$.missing.deep', means: () => broken, isSmall: true }
const javaScripts = [...scalarScripts, objectScript, brokenScript]

/** `results`: all that the program gives. */
export interface Program extends Script {
  readonly results: (value: Small) => readonly Json[]
}

export const jqPrograms: readonly Program[] = [
  program('.value', value => [value], true),
  program('if .value == 1 then 0 else 1 end', value => [value === 1 ? 0 : 1], true),
  program('2, .value', value => [2, value], true),
  program('empty', () => [], true),
  program('{ a: .value, list: [1, .value] }', value => [{ a: value, list: [1, value] }], false),
]
export const brokenProgram: Script = { code: 'error("no")', means: () => broken, isSmall: true }

function program(code: string, results: (value: Small) => readonly Json[], isSmall: boolean): Program {
  return { code, results, means: value => results(value)[0] ?? null, isSmall }
}

export function scriptOf(code: string): Script {
  const found = [...javaScripts, ...jqPrograms, brokenProgram].find(script => script.code === code)
  if (found === undefined) throw new Error(`no script reads '${code}'`)
  return found
}

/** The body of a function, as a LAMBDA has it. */
export function lambdaOf({ code }: Script): string {
  return `return ${code};`
}

export function scriptOfLambda(body: string): Script {
  return scriptOf(body.slice('return '.length, -1))
}

// ── The sandbox ──

/** The same for all runs of the process. */
let prepared: Promise<Evaluator> | null = null

export function preparedEvaluator(): Promise<Evaluator> {
  prepared ??= prepare()
  return prepared
}

async function prepare(): Promise<Evaluator> {
  const sandbox = inlineEvaluator()
  const known = new Map<string, Answer>()
  for (const run of everyRun()) {
    const [answer] = await sandbox.evaluate([run], { now: 0, chance: 0 } as Parameters<Evaluator['evaluate']>[1])
    if (answer) known.set(keyOf(run), answer)
  }
  const answerTo = (run: Evaluation): Answer => {
    const answer = known.get(keyOf(run))
    if (answer === undefined) throw new Violation(`a script went to the sandbox that nobody prepared: ${keyOf(run)}`)
    return answer
  }
  return { evaluate: runs => new Promise(resolve => resolve(runs.map(answerTo))), stop: () => Promise.resolve() }
}

function everyRun(): Evaluation[] {
  // The dialect makes a function of a LAMBDA's body.
  const functions = javaScripts.map(script => `function scriptFun(){${lambdaOf(script)}} scriptFun();`)
  const codes = [...javaScripts.map(({ code }) => code), ...functions]
  const programs = [...jqPrograms, brokenProgram].map(({ code }) => code)
  return smallValues.flatMap(value => [
    ...codes.map((code): Evaluation => ({ language: 'javascript', code, input: { value } })),
    ...programs.map((code): Evaluation => ({ language: 'jq', code, input: { value } })),
  ])
}

function keyOf({ language = 'javascript', code, input }: Evaluation): string {
  const value = typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as { readonly value?: Json }).value : undefined
  return `${language} ${code} ${JSON.stringify(value ?? null)}`
}

/** Where no definition has a script. */
export const noScripts: Evaluator = {
  evaluate: runs => Promise.reject(new Violation(`a script went to the sandbox: ${runs[0]?.code ?? ''}`)),
  stop: () => Promise.resolve(),
}
