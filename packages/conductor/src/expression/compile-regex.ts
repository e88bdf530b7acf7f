/**
 * Regular expressions of path filters (`@.name =~ /a.*b/i`). They come from definitions and are run while deciding, so
 * they must not be able to take exponential time, as JavaScript's own could. This is the classic simulation of all
 * alternatives at once (Thompson): time is the length of the text times the size of the pattern, whatever they are.
 * Its price: no look-around, no back-references, no possessive or atomic groups; such a pattern is no filter at all.
 * Only whole texts are matched, as Java's `matches` does, so greedy and lazy repetition are the same.
 */
import { expressionLimits } from './limits.js'
import { type Assertion, parseRegex, type RegexNode } from './parse-regex.js'

/** What may still be spent; who runs out of it gives up. */
export interface Fuel {
  left: number
}

export type Matcher = (text: string, fuel: Fuel) => boolean

/** Null when the pattern is not understood or is too large. */
export function compileRegex(pattern: string, flags: string): Matcher | null {
  const node = parseRegex(pattern, flags)
  if (node === null) return null
  const program: Instruction[] = []
  if (!emit(node, program)) return null
  program.push({ op: 'match' })
  return (text, fuel) => run(program, text, fuel)
}

type Instruction =
  | { readonly op: 'char'; readonly test: (char: string) => boolean }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  /** Goes on at both. */
  | { readonly op: 'split'; readonly a: number; b: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'match' }

/** False when the program grows too large. */
function emit(node: RegexNode, program: Instruction[]): boolean {
  if (program.length > expressionLimits.regexSizeMax) return false
  switch (node.kind) {
    case 'char':
      program.push({ op: 'char', test: node.test })
      return true
    case 'assert':
      program.push({ op: 'assert', assertion: node.assertion })
      return true
    case 'sequence':
      return node.of.every(each => emit(each, program))
    case 'either':
      return emitEither(node.of, program)
    case 'repeat':
      return emitRepeat(node, program)
  }
}

function emitEither(branches: readonly RegexNode[], program: Instruction[]): boolean {
  const [first, ...rest] = branches
  if (first === undefined) return true
  if (rest.length === 0) return emit(first, program)
  return emitOptional(
    program,
    () => emit(first, program),
    () => emitEither(rest, program),
  )
}

/** `split` to a first part, and to what comes instead of it. */
function emitOptional(program: Instruction[], part: () => boolean, instead: () => boolean): boolean {
  const split = { op: 'split' as const, a: program.length + 1, b: 0 }
  program.push(split)
  if (!part()) return false
  const jump = program.length
  program.push({ op: 'jump', to: 0 })
  split.b = program.length
  if (!instead()) return false
  program[jump] = { op: 'jump', to: program.length }
  return true
}

function emitRepeat(node: RegexNode & { kind: 'repeat' }, program: Instruction[]): boolean {
  for (let i = 0; i < node.min; i++) if (!emit(node.of, program)) return false
  if (node.max === null) {
    const start = program.length
    const split = { op: 'split' as const, a: start + 1, b: 0 }
    program.push(split)
    if (!emit(node.of, program)) return false
    program.push({ op: 'jump', to: start })
    split.b = program.length
    return true
  }
  for (let i = node.min; i < node.max; i++) {
    const optional = emitOptional(
      program,
      () => emit(node.of, program),
      () => true,
    )
    if (!optional) return false
  }
  return true
}

function run(program: readonly Instruction[], text: string, fuel: Fuel): boolean {
  let threads = new Set<number>()
  follow(program, 0, text, 0, threads)
  for (let at = 0; at < text.length; ) {
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0)
    at += char.length
    const next = new Set<number>()
    for (const pc of threads) {
      const instruction = program[pc]
      fuel.left -= 1
      if (instruction?.op === 'char' && instruction.test(char)) follow(program, pc + 1, text, at, next)
    }
    if (next.size === 0 || fuel.left < 0) return false
    threads = next
  }
  return threads.has(program.length - 1)
}

/** Adds to `threads` every instruction that can be reached from `start` without reading a character. */
function follow(program: readonly Instruction[], start: number, text: string, at: number, threads: Set<number>): void {
  const open = [start]
  for (let pc = open.pop(); pc !== undefined; pc = open.pop()) {
    if (threads.has(pc)) continue
    threads.add(pc)
    const instruction = program[pc]
    if (instruction?.op === 'jump') open.push(instruction.to)
    else if (instruction?.op === 'split') open.push(instruction.b, instruction.a)
    else if (instruction?.op === 'assert' && holds(instruction.assertion, text, at)) open.push(pc + 1)
  }
}

function holds(assertion: Assertion, text: string, at: number): boolean {
  switch (assertion) {
    case 'textStart':
      return at === 0
    case 'textEnd':
      return at === text.length
    case 'lineStart':
      return at === 0 || text[at - 1] === '\n'
    case 'lineEnd':
      return at === text.length || text[at] === '\n'
    case 'wordEdge':
      return isWord(text[at - 1]) !== isWord(text[at])
    case 'noWordEdge':
      return isWord(text[at - 1]) === isWord(text[at])
  }
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /\w/.test(char)
}
